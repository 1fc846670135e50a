-- Mail to people, written in the transaction that wants it sent; and when an address was last written to.

create table auth.outgoing_mail (
  id uuid primary key default gen_random_uuid(),
  sealed bytea,
  attempts integer not null default 0,
  available_at timestamptz not null default now(),
  sent_at timestamptz,
  last_error text,
  created_at timestamptz not null default now()
);
create index outgoing_mail_waiting_idx on auth.outgoing_mail (available_at) where sealed is not null;
create index outgoing_mail_created_at_idx on auth.outgoing_mail (created_at);
comment on table auth.outgoing_mail is 'Mails that wait for the job that sends them; sent ones are kept for a while to be counted.';
comment on column auth.outgoing_mail.sealed is 'The mail, encrypted: it holds a code that opens an account. Null once it was sent or given up.';

create table auth.mail_requests (
  digest text primary key,
  asked_at timestamptz not null default now()
);
create index mail_requests_asked_at_idx on auth.mail_requests (asked_at);
comment on table auth.mail_requests is 'When a mail of one kind to one address was last asked for, whether or not it has an account.';
comment on column auth.mail_requests.digest is 'HMAC of kind and address under the host''s pepper.';

grant select, insert, update, delete on auth.outgoing_mail, auth.mail_requests to supabase_auth_admin;
