-- Return how an order that was found is shown, and how close it comes to the query; one that was found by its
-- contact comes a little less close than the contact. For app.search, where Postgres puts the body in its place.
create or replace function app.show_order(organization uuid, order_id uuid, matched text, folded text)
returns table (title text, detail text, score double precision)
language sql stable
begin atomic
  select placed.order_number,
    concat_ws(' · ', placed.order_status::text, nullif(concat_ws(' ', buyer.first_name, buyer.last_name), '')),
    case matched
      when 'customer' then 0.9 * app.closeness(folded, 'exact',
        concat_ws(' ', buyer.first_name, buyer.last_name, buyer.company))
      else app.closeness(folded, matched, placed.order_number) end
  from public.orders as placed
  left join public.customers as buyer on buyer.organization_id = organization and buyer.id = placed.customer_id
  where placed.organization_id = organization and placed.id = show_order.order_id;
end;
