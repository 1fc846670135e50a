"""Tokens of channels: those that expire are renewed, and all are sealed again after a change of the key.

Changes channel_accounts of channels, of which this is a part. Calls the Graph API.
"""
