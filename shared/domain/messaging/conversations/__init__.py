"""Conversations and their messages: who wrote what, on which channel, how long you may still reply, and whose it is.

Changes the chats of messaging, of which this is a part; reads channel_accounts. Calls media.
"""
