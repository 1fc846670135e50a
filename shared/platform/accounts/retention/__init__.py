"""The deletion of old data of accounts, each kind after its own time.

Deletes of the tables that accounts, mail and proofs own. Calls them and runtime.
"""
