"""The files of messages: fetched from the channel they came by, shown with the message, taken back with it.

Owns message_media. Calls media, channels and the Graph API.
"""
