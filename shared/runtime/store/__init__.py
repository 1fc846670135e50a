"""The shared store: counters that every process sees, over one connection that speaks RESP."""
