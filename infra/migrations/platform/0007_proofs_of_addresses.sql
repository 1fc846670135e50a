-- Which addresses somebody has proved to read, and how often mails were asked for: by whom, and to whom.

alter table auth.users add column email_proven_at timestamptz;
comment on column auth.users.email_proven_at is 'When a mailed code or link was used, or the service vouched; an address may be confirmed without, where the host confirms by itself.';
-- An address that the host confirmed by itself was confirmed in the transaction that made the account.
update auth.users set email_proven_at = email_confirmed_at where email_confirmed_at > created_at;

alter table auth.mail_requests
  add column asked integer not null default 1,
  add column counted_from timestamptz not null default now();
comment on table auth.mail_requests is 'When a mail of one kind to one address was last asked for, whether or not it has an account; and how often mails were, to one mailbox and from one network.';
comment on column auth.mail_requests.digest is 'HMAC of what is counted under the host''s pepper.';
comment on column auth.mail_requests.asked is 'How often within an hour from counted_from.';

create table auth.familiar_networks (
  user_id uuid not null references auth.users (id) on delete cascade,
  network text not null,
  seen_at timestamptz not null default now(),
  primary key (user_id, network)
);
create index familiar_networks_seen_at_idx on auth.familiar_networks (seen_at);
comment on table auth.familiar_networks is 'Networks that an account has signed in from: what strangers try elsewhere does not keep its owner out there.';
grant select, insert, update, delete on auth.familiar_networks to supabase_auth_admin;
