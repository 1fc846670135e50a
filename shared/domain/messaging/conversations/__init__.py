"""Conversations and messages: who wrote what, on which channel, how long you may still reply, and who is assigned.

Changes the chats of messaging, of which this is a part; reads channel_accounts. Calls media.
"""
