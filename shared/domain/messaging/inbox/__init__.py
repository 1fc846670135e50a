"""Webhooks of the channels: raw bodies are stored before the answer, and read in batches afterwards.

Owns webhook_inbox, message_events and channel_events; writes chats and messages through functions of the database, and
the outbox topics messages.received and channels.*. Calls providers.meta, channels, attachments and runtime.
"""
