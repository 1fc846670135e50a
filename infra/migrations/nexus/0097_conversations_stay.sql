-- Conversations and their messages are kept: with a conversation went the word of a customer who wants no marketing, and a
-- trail of what was said. A person is erased by contact-erase, a conversation put away by conversation-archive.
revoke delete on public.chats, public.messages from authenticated;
drop policy chats_delete on public.chats;
drop policy messages_delete on public.messages;

-- A fold may be eighteen times as long as what it folds, and an entry of an index has at most 2,704 bytes.
alter table public.items add constraint sku_has_at_most_2000_bytes_when_folded check (octet_length(sku_key) <= 2000) not valid;
