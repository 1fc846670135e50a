"""Stand-ins for vendors on loopback, so that every channel can be tried without an account there."""
