"""Names of the people in conversations: their ids come with their messages, and a job asks the channel for the names.

Changes channel_identities of channels, of which this is a part.
"""
