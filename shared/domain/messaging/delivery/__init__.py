"""The delivery of messages: the intent, the call between two transactions, and the outcome, which may be unknown.

Owns message_deliveries, channel_paces and chat_paces; reads chats, channel_accounts and channel_identities; writes
messages through functions of the database. Calls providers.meta, media, channels, attachments, conversations and inbox.
"""
