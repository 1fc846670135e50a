"""The Model Context Protocol over HTTP POST, in both of its eras: a pure dispatch core, and how tools are declared.

Owns no table. Knows no HTTP framework and no tool of ours: a function gives it a registry of tools and resources, and a
runner that carries them out. Calls the kernel alone.
"""
