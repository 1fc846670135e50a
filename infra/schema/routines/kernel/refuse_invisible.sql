-- Refuse a text without a visible character. A text that was there before may stay until somebody writes another.
create or replace function app.refuse_invisible() returns trigger
language plpgsql set search_path = '' as $$
begin
  if tg_op = 'INSERT' or to_jsonb(new) -> tg_argv[0] is distinct from to_jsonb(old) -> tg_argv[0] then
    perform app.refuse(422, 'invisible_text',
      tg_argv[0] || ' has no visible character: write it with letters, digits or signs',
      jsonb_build_object('field', tg_argv[0]));
  end if;
  return new;
end
$$;
