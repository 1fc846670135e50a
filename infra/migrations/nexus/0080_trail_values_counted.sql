-- The personal values of the trail, which stand beside it since 0077, count as the trail does (0052).

create trigger count_trail after insert on public.audit_values
  for each row when (current_setting('request.jwt.claims', true) like '%"authenticated"%') execute function app.count_trail();
