"""Who the people of conversations are: their ids come with what they write, and a job asks the channel for their names.

Changes channel_identities of channels, of which this is a part.
"""
