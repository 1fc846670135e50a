-- The comments of these tables in plain words, as docs/schema.md shows them.
comment on table public.customer_labels is 'Which contact has which label.';
comment on table public.customer_identities is 'What identifies a contact: a phone number, an e-mail address or an account on a channel belongs to one contact.';
comment on table public.stock_movements is 'Every receipt, shipment, adjustment and transfer. Append only: correct a mistake with another movement.';
comment on table public.media is 'Files of conversations. media-link returns an address to read one; it is valid for minutes.';
comment on table public.channel_identities is 'The ids of a conversation''s person on its channel: a WhatsApp user may have no phone number.';
comment on table public.channel_paces is 'When the next message may leave a number or page. A sender locks the row while it plans its messages.';
comment on table public.message_deliveries is 'The delivery of each message that is sent from here, and its cost.';
comment on table public.channel_events is 'Events of a channel that are not messages: taps, hand-overs, news of the account and its templates, and events that are not understood yet.';
comment on table public.message_events is 'Events of a message after it was written: statuses, edits, deletions, reactions.';
comment on table public.set_aside is 'Work of the organization that could not be read or done, and will be tried again. No other work waits for it.';
