-- Return the tokens by which an order is found.
create or replace function app.order_tokens(organization_id uuid, order_number text, awb_number text) returns bigint[]
language plpgsql immutable parallel safe cost 10000 set search_path = '' as $$
begin
  return app.search_tokens(organization_id, concat_ws(' ', order_number, awb_number), null);
end
$$;
grant execute on function app.order_tokens to authenticated, service_role;
