-- As 0097 says, for the rows that were there before it.
alter table public.items validate constraint sku_has_at_most_2000_bytes_when_folded;
