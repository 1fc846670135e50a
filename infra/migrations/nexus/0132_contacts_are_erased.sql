-- A contact is not deleted but erased: with the row went all by which the rest of the person could be found.
revoke delete on public.customers from authenticated, service_role;
drop policy customers_delete on public.customers;
