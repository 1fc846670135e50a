"""PyJWT, loaded at its first use, without the module of certificates, which it imports and none of our keys needs.

That module takes 9 of 24 ms, because it compiles patterns.
"""

from typing import TYPE_CHECKING

from .lazy_import import defer_import, lazy_import

__all__ = ["jwt"]

if TYPE_CHECKING:
    import jwt
else:
    defer_import("cryptography.x509")
    jwt = lazy_import("jwt")
