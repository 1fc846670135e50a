"""A conversation as those who answer it use it: its messages with their files, whose it is, whether it is over.

Changes the chats of messaging, of which this is a part. Calls attachments.
"""
