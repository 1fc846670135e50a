-- What a phone app that shares the number tells of its owner's contacts names people who never wrote to the business: what
-- was kept of it says how many they were, as what comes from now on.
alter table public.channel_events no force row level security;
update public.channel_events as told
set payload = jsonb_build_object('field', told.payload -> 'field', 'people',
  case when jsonb_typeof(told.payload #> '{details,state_sync}') = 'array'
    then jsonb_array_length(told.payload #> '{details,state_sync}') else 0 end)
where told.payload ->> 'field' = 'smb_app_state_sync' and told.payload ? 'details';
alter table public.channel_events force row level security;
