-- A contact's numbers and accounts are looked up among the conversations of its organization by their value, so that the
-- cost grows neither with its conversations nor with its channels.
create index channel_identities_value_idx on public.channel_identities (organization_id, value);
