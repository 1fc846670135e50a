"""Conversations with customers on outside channels.

Owns chats and messages; reads channel_accounts. Its folders own channels, deliveries, webhooks and files of messages.
Calls no other domain but media; contacts are found and made by functions of the database.
"""
