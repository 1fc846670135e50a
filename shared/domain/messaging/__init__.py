"""Conversations with customers on outside channels.

Owns chats and messages; reads channel_accounts. Its folders own deliveries, webhooks and files of messages.
Calls media, channels and, for phone numbers, customers; contacts are found and made by functions of the database.
"""
