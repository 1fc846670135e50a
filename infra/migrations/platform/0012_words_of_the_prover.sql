-- What somebody said of the person before the address was proved is theirs only if their own mail proves it; and mails of
-- different kinds do not end each other. The table is small and short-lived: its new key is checked at once.
-- squawk-ignore-file ban-drop-constraint, constraint-missing-not-valid, disallowed-unique-constraint

alter table auth.users add column metadata_claimed boolean not null default false;
comment on column auth.users.metadata_claimed is 'Whether the metadata were given by whoever made the account without proof, and not by the service.';

alter table auth.one_time_tokens
  add column user_metadata jsonb,
  drop constraint one_time_tokens_user_id_token_type_key,
  add constraint one_time_tokens_user_id_token_type_sent_for_key unique (user_id, token_type, sent_for);
comment on column auth.one_time_tokens.user_metadata is 'What the request for the mail said of the person; theirs if it is the first proof of the address.';
comment on table auth.one_time_tokens is 'Codes and links that were mailed: each opens one thing once, and a newer one of its mail replaces it.';
