"""Who the people of conversations are: their ids come with what they write, their names are asked for by a job.

Owns channel_identities. Calls channels and the Graph API; contacts are named by a function of the database.
"""
