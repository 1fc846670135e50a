"""Answers of the Graph API, as types of ours."""

import msgspec

from shared.kernel.visible import is_visible

from .events import Person
from .faults import FaultKind, ProviderFault, classify
from .identities import is_user_id
from .wire import Wire, plain


class Sent(msgspec.Struct, frozen=True):
    """`status` is accepted, held_for_quality_assessment or paused; None on Messenger and Instagram.

    `recipient` holds the provider's ids of the recipient, which may differ from those in the request. A reaction on
    Messenger and Instagram is an action of the sender and has no id.
    """

    message_ids: tuple[str, ...]
    recipient: Person
    status: str | None

    @property
    def message_id(self) -> str | None:
        return next(iter(self.message_ids), None)


class MediaInfo(msgspec.Struct, frozen=True):
    """`sha256` is hexadecimal here, but base64 in webhooks."""

    id: str
    url: str
    mime_type: str | None
    sha256: str | None
    size: int | None


class RemoteTemplate(msgspec.Struct, frozen=True):
    """`status` is APPROVED, PENDING, REJECTED, PAUSED, DISABLED …; `components` are as they were defined."""

    id: str
    name: str
    language: str
    status: str
    category: str
    components: list[object]
    parameter_format: str = "POSITIONAL"
    quality: str | None = None


COEXISTING_PER_S = 20
RAISED_PER_S = 1000


class PhoneNumber(msgspec.Struct, frozen=True):
    """`coexists`: the number is also used in the phone app. `is_raised`: Meta has raised its throughput."""

    id: str
    display_phone_number: str | None
    verified_name: str | None
    quality: str | None
    coexists: bool
    is_raised: bool = False

    @property
    def messages_per_second(self) -> int | None:
        """The throughput that Meta allows this number; None is the usual throughput of a number."""
        if self.coexists:
            return COEXISTING_PER_S
        return RAISED_PER_S if self.is_raised else None


class InstagramAccount(msgspec.Struct, frozen=True):
    id: str
    username: str | None


class Page(msgspec.Struct, frozen=True):
    id: str
    name: str | None
    instagram: InstagramAccount | None


class Profile(msgspec.Struct, frozen=True):
    """The names of a person on Messenger or Instagram; only Messenger gives first and last name separately."""

    name: str | None
    first_name: str | None = None
    last_name: str | None = None
    username: str | None = None

    @property
    def display_name(self) -> str | None:
        """The name that the inbox shows; None if the channel gives none."""
        parts = " ".join(part for part in (self.first_name, self.last_name) if part)
        return self.name or parts or self.username


class Access(msgspec.Struct, frozen=True):
    """`expires_in` is in seconds; None if the token does not expire by time."""

    token: str
    expires_in: int | None

    def __repr__(self) -> str:
        return "Access(...)"


def sent_from(answer: Wire) -> Sent:
    """Read the answer to a message.

    Raises:
        ProviderFault: `unknown`, because a message whose answer has no id may have gone out.
    """
    if message_id := answer.text("message_id"):
        return Sent((message_id,), Person(scoped_id=answer.text("recipient_id")), None)
    messages = list(answer.elements("messages"))
    ids = tuple(message_id for message in messages if (message_id := message.text("id")))
    if not ids:
        raise ProviderFault(FaultKind.UNKNOWN, "Meta's answer names no message")
    to = next(answer.elements("contacts"), Wire(None))
    wa_id, user_id = to.text("wa_id"), to.text("user_id")
    if wa_id and is_user_id(wa_id):
        wa_id, user_id = None, wa_id
    return Sent(ids, Person(wa_id=wa_id, user_id=user_id), messages[0].text("message_status"))


def action_from(answer: Wire) -> Sent:
    """Read the answer to a sender's action, which has no id and no later status."""
    return Sent((), Person(scoped_id=answer.text("recipient_id")), None)


def media_from(answer: Wire) -> MediaInfo:
    media_id, url = answer.text("id"), answer.text("url")
    if media_id is None or url is None:
        raise ProviderFault(FaultKind.RETRY, "Meta's answer names no file", most_attempts=2)
    size = answer.number("file_size")
    return MediaInfo(media_id, url, answer.text("mime_type"), answer.text("sha256"), size)


def template_from(item: Wire) -> RemoteTemplate:
    components = plain(item.at("components").value)
    return RemoteTemplate(
        id=item.text("id") or "",
        name=item.text("name") or "",
        language=item.text("language") or "",
        status=item.text("status") or "",
        category=item.text("category") or "",
        components=components if isinstance(components, list) else [],
        parameter_format=item.text("parameter_format") or "POSITIONAL",
        quality=item.text("quality_score", "score"),
    )


def phone_from(item: Wire) -> PhoneNumber:
    return PhoneNumber(
        id=_id_of(item),
        display_phone_number=item.text("display_phone_number"),
        verified_name=item.text("verified_name"),
        quality=item.text("quality_rating"),
        coexists=item.flag("is_on_biz_app"),
        is_raised=item.text("throughput", "level") == "HIGH",
    )


def page_from(answer: Wire) -> Page:
    linked = answer.at("instagram_business_account")
    instagram = InstagramAccount(_id_of(linked), linked.text("username")) if linked else None
    return Page(_id_of(answer), answer.text("name"), instagram)


def instagram_from(answer: Wire) -> InstagramAccount:
    """Read the account by its `user_id`; its `id` is scoped to the app and appears in no webhook."""
    account_id = answer.text("user_id")
    if account_id is None:
        raise ProviderFault(FaultKind.RECONNECT, "Meta names no Instagram account for this token")
    return InstagramAccount(account_id, answer.text("username"))


def profile_from(answer: Wire) -> Profile:
    names = (_visible_name(answer.text(field)) for field in ("name", "first_name", "last_name", "username"))
    return Profile(*names)


def _visible_name(text: str | None) -> str | None:
    """Return the name with single spaces; None if it has no visible character."""
    return " ".join(text.split()) if text and is_visible(text) else None


def fault_of(error: Wire, retry_after_s: float | None) -> ProviderFault:
    """Return the fault of an error, classified by its code, because Meta changes titles and subcodes."""
    code = error.number("code")
    details = error.text("error_data", "details")
    message = ": ".join(part for part in (error.text("message"), details) if part) or "Meta gives no reason"
    if code is None:
        return ProviderFault(FaultKind.RETRY, message, most_attempts=2, retry_after_s=retry_after_s)
    verdict = classify(code, error.number("error_subcode"))
    return ProviderFault(
        verdict.kind, message, code=code, retry_after_s=retry_after_s, most_attempts=verdict.most_attempts
    )


def retry_after(header: str | None) -> float | None:
    """Return the seconds of a Retry-After header; None for a date, which Meta does not use."""
    return float(header) if header and header.isascii() and header.isdigit() else None


def _id_of(item: Wire) -> str:
    found = item.text("id")
    if found is None:
        raise ProviderFault(FaultKind.RECONNECT, "Meta names no account for this token")
    return found
