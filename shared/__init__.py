"""The library every function stands on; its rooms and their order are in ARCHITECTURE.md."""
