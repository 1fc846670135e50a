"""All that this endpoint offers, in the order in which it is listed."""

from .registry import Registry

registry = Registry(tools=(), resources=())
