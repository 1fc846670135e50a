"""Rules of e-mail addresses, passwords and metadata."""

import json
import re
from typing import Any

from shared.auth.passwords import HASH, MAX_BYTES, hash_secret
from shared.kernel import emails
from shared.kernel.errors import InvalidRequest, Refusal

SHORTEST_PASSWORD = 6
_LONGEST_EMAIL = 254
_EMAIL = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    r"(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*",
    re.ASCII,
)
_LONGEST_METADATA = 4000
"""The most characters of JSON: every access token holds the metadata, and a longer token is refused."""


class WeakPassword(Refusal):
    """`reasons` is a list: length."""

    status = 422
    code = "weak_password"
    default_message = f"the password needs at least {SHORTEST_PASSWORD} characters"


class MetadataTooLarge(Refusal):
    status = 422
    code = "metadata_too_large"
    default_message = "app_metadata and user_metadata are part of every token: store larger values elsewhere"


def spelling(text: str) -> str:
    """Return the one spelling by which accounts are found, of an address or any other text."""
    return emails.clean(text).lower()


def email_address(text: str) -> str:
    """Return the address in the one spelling by which accounts are found.

    Raises:
        InvalidRequest: the text is not an address.
    """
    address = spelling(text)
    if len(address) > _LONGEST_EMAIL or not _EMAIL.fullmatch(address):
        raise InvalidRequest("email is not an e-mail address")
    return address


async def hash_password(password: str, *, share: str = "") -> str:
    """Return the hash of an acceptable password; `share` names the client whose share of the threads does the work.

    Raises:
        WeakPassword: shorter than 6 characters.
        InvalidRequest: longer than 72 bytes, which is all that bcrypt reads, or with a NUL.
    """
    if len(password.encode()) > MAX_BYTES:
        raise InvalidRequest(f"the password is longer than {MAX_BYTES} bytes")
    if "\0" in password:
        raise InvalidRequest("the password contains a NUL character")
    if len(password) < SHORTEST_PASSWORD:
        raise WeakPassword(reasons=["length"])
    return await hash_secret(password, share=share)


def checked_hash(text: str) -> str:
    """Check a bcrypt hash of another system, and return it.

    Raises:
        InvalidRequest: another kind of hash, or one that would take too long to check.
    """
    if not HASH.fullmatch(text):
        raise InvalidRequest("password_hash is not a bcrypt hash of cost 4 to 12")
    return text


def check_metadata(*metadata: dict[str, Any]) -> None:
    """Check that an access token has room for the metadata.

    Raises:
        MetadataTooLarge.
    """
    length = sum(len(json.dumps(values)) for values in metadata)
    if length > _LONGEST_METADATA:
        raise MetadataTooLarge(limit=_LONGEST_METADATA, current=length)
