"""Files of messages: announced, shown and deleted with their message.

Owns message_media. Calls media.
"""
