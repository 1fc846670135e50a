"""The numbers and pages that an organization writes from: their access, health, templates, and the people they know.

Owns channel_accounts, message_templates and channel_identities. Calls the Graph API, tenancy and runtime, and no other
domain; contacts are named by a function of the database.

Routines in infra/schema/routines/channels: channels_with_queue, move_channel_events, record_channel_event,
settle_channel_events.
"""
