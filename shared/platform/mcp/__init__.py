"""The Model Context Protocol over HTTP POST, in both of its eras: a pure dispatch core, and declarations of tools.

Owns no table. Uses no HTTP framework and has no tools of its own: a function provides a registry of tools and
resources, and a runner that executes them. Calls the kernel only.
"""
