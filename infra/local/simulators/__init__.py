"""Simulators of vendors on loopback, so that every channel works without an account there."""
