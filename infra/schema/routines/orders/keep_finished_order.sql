-- Refuse to change what was shipped, delivered or cancelled, except for the steps that come after;
-- app.next_payment_statuses knows those of the payment. Cascades and our own functions may change it: a contact may be
-- merged or erased.
create or replace function app.keep_finished_order() returns trigger
language plpgsql set search_path = '' as $$
declare
  before jsonb := to_jsonb(old);
  may_change text[] := '{notes,refund_amount,payment_status,updated_at}';
  may_be_filled_in text[] := '{shopify_order_id,airtable_record_id}';
  frozen text[];
begin
  if current_user not in ('authenticated', 'service_role') then
    return new;
  end if;
  if old.order_status = 'shipped' then
    may_change := may_change || '{order_status,awb_number}';
  elsif old.order_status = 'delivered' then
    may_be_filled_in := array_append(may_be_filled_in, 'awb_number');
  end if;
  select array_agg(field.key order by field.key) into frozen
  from jsonb_each(to_jsonb(new)) as field
  where field.value is distinct from before -> field.key
    and field.key <> all (may_change)
    and not (field.key = any (may_be_filled_in) and before -> field.key = 'null')
    -- A step that is not legal is refused as one.
    and field.key <> 'order_status';
  if new.refund_amount < least(old.refund_amount, new.total_amount) then
    frozen := array_append(frozen, 'refund_amount');
  end if;
  if frozen is not null then
    perform app.refuse(409, 'order_finished',
      format('in a %s order these cannot change: %s. Instead: %s', old.order_status, array_to_string(frozen, ', '), (
        select string_agg(distinct app.instead_of_change(field, old.order_status), '; ') from unnest(frozen) as field
      )),
      jsonb_build_object('order_status', old.order_status, 'frozen', to_jsonb(frozen)));
  end if;
  return new;
end
$$;
