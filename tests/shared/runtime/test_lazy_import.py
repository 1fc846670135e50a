"""A module that is loaded when it is used."""

import subprocess
import sys

import pytest

from shared.runtime.lazy_import import lazy_import

DRIVER = """
import sys
from shared.runtime.postgres import errors, transaction
assert "psycopg_binary" not in sys.modules, "the driver was loaded"
try:
    raise errors.refusal(transaction.psycopg.OperationalError("gone"))
except errors.Unavailable:
    pass
assert "psycopg_binary" in sys.modules
"""
CERTIFICATES = """
import sys
from shared.runtime.jwt_library import jwt
assert "jwt.api_jwt" not in sys.modules, "PyJWT was loaded"
from cryptography.hazmat.primitives.asymmetric import ec
key = ec.generate_private_key(ec.SECP256R1())
token = jwt.encode({"sub": "a"}, key, algorithm="ES256")
assert jwt.decode(token, key.public_key(), algorithms=["ES256"]) == {"sub": "a"}
assert "cryptography.x509" not in sys.modules, "the module of certificates was loaded"
secret = "k" * 32
assert jwt.decode(jwt.encode({"sub": "b"}, secret), secret, algorithms=["HS256"]) == {"sub": "b"}
assert "cryptography.x509" in sys.modules
"""
DEFERRED = """
import sys
from shared.runtime.lazy_import import defer_import
defer_import("xml.etree")
from xml import etree
assert "xml.etree" not in sys.modules
import xml.etree.ElementTree
assert etree.ElementTree is xml.etree.ElementTree
defer_import("xml.etree")
assert xml.etree is sys.modules["xml.etree"]
"""


@pytest.mark.parametrize("check", [DRIVER, CERTIFICATES, DEFERRED], ids=["driver", "certificates", "any module"])
def test_a_module_is_loaded_when_something_of_it_is_needed(check):
    subprocess.run([sys.executable, "-c", check], check=True)


def test_a_loaded_module_is_the_same():
    assert lazy_import("subprocess") is subprocess


def test_a_missing_module_raises_at_once():
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        lazy_import("no_such_module")
