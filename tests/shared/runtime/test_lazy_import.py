"""A module that is loaded when it is used."""

import subprocess
import sys

import pytest

from shared.runtime.lazy_import import lazy_import

CHECK = """
import sys
from shared.runtime.postgres import errors, transaction
assert "psycopg_binary" not in sys.modules, "the driver was loaded"
try:
    raise errors.refusal(transaction.psycopg.OperationalError("gone"))
except errors.Unavailable:
    pass
assert "psycopg_binary" in sys.modules
"""


def test_the_driver_is_loaded_when_something_of_it_is_needed():
    subprocess.run([sys.executable, "-c", CHECK], check=True)


def test_what_is_loaded_already_is_the_same():
    assert lazy_import("subprocess") is subprocess


def test_a_missing_module_raises_at_once():
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        lazy_import("no_such_module")
