"""PyJWT, loaded at its first use, without the module of certificates, which takes 9 of its 24 ms.

PyJWT imports that module for every token, and uses it only where a key is a shared secret.
"""

from typing import TYPE_CHECKING

from .lazy_import import defer_import, lazy_import

__all__ = ["jwt"]

if TYPE_CHECKING:
    import jwt
else:
    defer_import("cryptography.x509")
    jwt = lazy_import("jwt")
