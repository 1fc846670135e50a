"""The numbers and pages that an organization writes from: access, health, templates, people's names, and files.

Owns channel_accounts, message_templates and channel_identities. Calls the Graph API, and media for the files that come
by a channel; contacts are named by a function of the database.

Routines in infra/schema/routines/channels: channels_with_queue, move_channel_events, record_channel_event,
settle_channel_events.
"""
