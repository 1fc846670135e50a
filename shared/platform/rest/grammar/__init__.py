"""The grammar of the query string: a recursive descent over one parameter at a time, into the types of `query`.

Owns nothing and looks up no name. Raises PGRST100 with the position and what was expected there.
"""
