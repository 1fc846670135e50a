"""What is forgotten of accounts, and after how long.

Deletes of the tables that accounts, mail and proofs own. Calls them and runtime.
"""
