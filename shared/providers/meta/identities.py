"""WhatsApp's ids of persons: a number, a business-scoped user id, or a user id of the parent business."""

import re
from collections.abc import Sequence

from .events import Person
from .wire import MOST_PERSON_ID, Wire

_USER_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}", re.ASCII)
_PARENT_USER_ID = re.compile(r"[A-Z]{2}\.ENT\.[A-Za-z0-9]{1,128}", re.ASCII)


def is_user_id(text: str) -> bool:
    """Return whether the text is a business-scoped id of either form; check before parsing it as a phone number.

    `EG.` and digits would parse as a phone number.
    """
    return _USER_ID.fullmatch(text) is not None or _PARENT_USER_ID.fullmatch(text) is not None


def is_known(person: Person) -> bool:
    """Return whether the person has an id, and not only a name of their own choice."""
    return bool(person.wa_id or person.user_id or person.parent_user_id or person.scoped_id)


def person_from(ids: Sequence[str | None], profiles: Sequence[Wire]) -> Person:
    """Return the person of all these ids, classified by form, because a user id may replace an expected number.

    The profile is the one that shares an id; or the only one, if there are no ids at all.
    """
    found = _ids_by_kind(ids)
    profile = _profile(found, profiles)
    if profile is None:
        return Person(**found)
    profile_ids = _ids_by_kind([profile.text("wa_id"), profile.text("user_id"), profile.text("parent_user_id")])
    return Person(**{**profile_ids, **found}, name=profile.text("profile", "name"), username=_username(profile))


def _ids_by_kind(ids: Sequence[str | None]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in ids:
        if text is None or len(text) > MOST_PERSON_ID:
            continue
        if _PARENT_USER_ID.fullmatch(text):
            found.setdefault("parent_user_id", text)
        elif _USER_ID.fullmatch(text):
            found.setdefault("user_id", text)
        else:
            found.setdefault("wa_id", text.removeprefix("+"))
    return found


def _profile(ids: dict[str, str], profiles: Sequence[Wire]) -> Wire | None:
    known_ids = set(ids.values())
    for profile in profiles:
        profile_ids = {profile.text("wa_id"), profile.text("user_id"), profile.text("parent_user_id")}
        if known_ids & profile_ids:
            return profile
    return profiles[0] if len(profiles) == 1 and not known_ids else None


def _username(profile: Wire) -> str | None:
    """Return the username without its leading @."""
    username = profile.text("profile", "username") or profile.text("username")
    return (username or "").removeprefix("@") or None
