"""The tokens of channels: those that end by time are renewed, and all are sealed anew when the key has changed.

Changes channel_accounts of channels, of which this is a part. Calls the Graph API.
"""
