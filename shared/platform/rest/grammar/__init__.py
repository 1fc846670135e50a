"""The query string's grammar: a recursive descent over one parameter at a time, into the types of `query`.

Owns nothing; looks no name up. Raises PGRST100 with the place and what was expected there.
"""
