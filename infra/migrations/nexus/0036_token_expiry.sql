-- Access tokens that end by time: when they do, and when something is done about it.

alter table public.channel_accounts
  add column access_expires_at timestamptz,
  add column token_due_at timestamptz,
  add column token_failures integer not null default 0;
comment on column public.channel_accounts.access_expires_at is 'When the access token ends; null: not by time, or Meta has not said.';
comment on column public.channel_accounts.token_due_at is 'When the token is renewed, or the organization told that it ends; null: never.';
comment on column public.channel_accounts.token_failures is 'How often in a row Meta has refused to renew it.';
grant select (access_expires_at) on public.channel_accounts to authenticated;
-- squawk-ignore require-concurrent-index-creation
create index channel_accounts_token_due_idx on public.channel_accounts (token_due_at) where token_due_at is not null;

-- Tokens of Instagram Login last for 60 days, and nobody has asked about these yet.
update public.channel_accounts as account
set token_due_at = now()
where account.platform = 'instagram' and account.page_id is null and account.token_sealed is not null;

drop trigger audit on public.channel_accounts;
create trigger audit after insert or update or delete on public.channel_accounts
  for each row execute function
    app.audit('token_sealed', 'held_until', 'details', 'token_due_at', 'token_failures', 'standing_told_at');
