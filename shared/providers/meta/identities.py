"""Which id of WhatsApp is which: a number, a business-scoped user id, or that of the parent business."""

import re
from collections.abc import Sequence

from .events import Person
from .wire import MOST_PERSON_ID, Wire

_USER_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}", re.ASCII)
_PARENT_USER_ID = re.compile(r"[A-Z]{2}\.ENT\.[A-Za-z0-9]{1,128}", re.ASCII)


def is_user_id(text: str) -> bool:
    """Business-scoped, of either form; ask before reading the text as a phone: `EG.` and digits parse as one."""
    return _USER_ID.fullmatch(text) is not None or _PARENT_USER_ID.fullmatch(text) is not None


def is_known(person: Person) -> bool:
    """Whether anything names them but what they call themselves."""
    return bool(person.wa_id or person.user_id or person.parent_user_id or person.scoped_id)


def person_from(ids: Sequence[str | None], profiles: Sequence[Wire]) -> Person:
    """Whom the ids name together: each is told by its form, for a user id may stand where a number is expected.

    A profile without an id in common is theirs only where it is the only one and no id was given at all.
    """
    found = _sorted(ids)
    profile = _profile(found, profiles)
    if profile is None:
        return Person(**found)
    theirs = _sorted([profile.text("wa_id"), profile.text("user_id"), profile.text("parent_user_id")])
    return Person(**{**theirs, **found}, name=profile.text("profile", "name"), username=_username(profile))


def _sorted(ids: Sequence[str | None]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in ids:
        if each is None or len(each) > MOST_PERSON_ID:
            continue
        if _PARENT_USER_ID.fullmatch(each):
            found.setdefault("parent_user_id", each)
        elif _USER_ID.fullmatch(each):
            found.setdefault("user_id", each)
        else:
            found.setdefault("wa_id", each.removeprefix("+"))
    return found


def _profile(ids: dict[str, str], profiles: Sequence[Wire]) -> Wire | None:
    named = set(ids.values())
    for profile in profiles:
        theirs = {profile.text("wa_id"), profile.text("user_id"), profile.text("parent_user_id")}
        if named & theirs:
            return profile
    return profiles[0] if len(profiles) == 1 and not named else None


def _username(profile: Wire) -> str | None:
    """Without the @ that comes with some."""
    told = profile.text("profile", "username") or profile.text("username")
    return (told or "").removeprefix("@") or None
