"""The files of messages: announced with the message, shown with it, taken back with it.

Owns message_media. Calls media.
"""
