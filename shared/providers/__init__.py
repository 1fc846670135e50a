"""One room per outside API; each turns that API's wire form into types of its own and back.

Owns no tables; calls runtime and the API.
"""
