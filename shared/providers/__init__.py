"""Outside APIs, one room each, which converts the API's wire form into typed values and back.

Owns no tables; calls runtime and the API.
"""
