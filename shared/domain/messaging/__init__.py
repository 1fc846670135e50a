"""Conversations with customers on outside channels.

Owns chats and messages; reads channel_accounts. Its folders own deliveries, webhooks and files of messages.
Calls media, channels and, for phone numbers, customers; contacts are found and made by functions of the database.

Routines in infra/schema/routines/messaging: add_to_chat, announce_message, apply_earlier_events, begin_chat,
channels_with_queue, check_chat_assignee, check_contact_reachable, conversations_named, count_attachments,
count_attachments_removed, count_chat, count_outbound_messages, ensure_conversation, forget_shown_files,
forget_shown_messages, id_by_arrival, keep_given_name, keep_message_usage, known_by, link_contact, link_conversations,
link_conversations_of_identity, list_due_channels, list_reactions, mark_chat_read, mark_chat_unread, may_send,
merge_chats, move_channel_events, name_message, preview_of, queue_message, rank_by_watermarks, read_message,
receive_message, record_channel_event, record_message_event, record_watermark, settle_channel_events, settle_message,
show_changed_message, show_known_as, show_marketing_choice, show_message_in_chat, show_newest_message,
start_conversation, status_rank, sum_message_events, take_deliveries, take_delivery, take_from_channel.
"""
