"""Mutation testing: one small fault at a time in a room of `shared`, and whether a test notices."""
