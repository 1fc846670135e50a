"""Nexus on one machine: the `nexus` command, the embedded servers, the demo business, and the local gateway.

Owns the data directory. Floors, from the top: commands, serve, gateway and demo, servers and simulators, settings.
"""
