"""Conversations with customers on outside channels.

Owns chats and messages; writes the outbox topic messages.send, which the sender carries to the channel.
Calls no other domain; the database joins chats to customers.
"""
