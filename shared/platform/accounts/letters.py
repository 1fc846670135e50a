"""A mail to one person: its one-time token, its link, its words."""

from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from shared.auth import tokens as access_tokens
from shared.kernel.errors import Refusal
from shared.runtime.postgres.transaction import Tx
from shared.runtime.settings import settings

from . import queries, redirects
from .mail import outbox, templates
from .mail.templates import Carried, Kind
from .models import Addressee, Landing, Visitor
from .proofs import flows, tokens
from .proofs.tokens import Code, Slot

_SLOTS = {
    Kind.SIGNUP: Slot.CONFIRMATION,
    Kind.INVITE: Slot.CONFIRMATION,
    Kind.MAGICLINK: Slot.RECOVERY,
    Kind.RECOVERY: Slot.RECOVERY,
    Kind.EMAIL_CHANGE_CURRENT: Slot.EMAIL_CHANGE_CURRENT,
    Kind.EMAIL_CHANGE_NEW: Slot.EMAIL_CHANGE_NEW,
    Kind.REAUTHENTICATION: Slot.REAUTHENTICATION,
}


class OtpDisabled(Refusal):
    status = 422
    code = "otp_disabled"
    default_message = "this host sends no mail: one-time passwords and links are switched off"


class Drawn(NamedTuple):
    """What a mail carries."""

    code: Code
    link: str


def is_possible() -> bool:
    return settings().mail_url is not None


def check_possible() -> None:
    """Refuse what would need a mail where none goes out.

    Raises:
        OtpDisabled.
    """
    if not is_possible():
        raise OtpDisabled


def draw(tx: Tx, addressee: Addressee, kind: Kind, landing: Landing) -> Drawn:
    """A new code and link, written with the transaction's next statement; those of its kind before it stop to work."""
    slot, link_type = _SLOTS[kind], _link_type(kind)
    if kind is Kind.MAGICLINK and not addressee.is_confirmed:
        # Who opens it confirms the address, which clients know as a sign-up.
        slot, link_type = Slot.CONFIRMATION, Kind.SIGNUP.value
    address = addressee.new_email if kind is Kind.EMAIL_CHANGE_NEW else addressee.email
    flow_state_id = flows.begin(tx, user_id=addressee.id, begun_with=landing.challenge, method=_method(kind))
    code = tokens.new(
        tx,
        user_id=addressee.id,
        address=address,
        slot=slot,
        sent_for=kind,
        flow_state_id=flow_state_id,
        user_metadata=addressee.data,
    )
    queries.update_mailed(tx, user_id=addressee.id, slot=slot, is_invited=kind is Kind.INVITE)
    query = urlencode({"token": code.token, "type": link_type, "redirect_to": landing.redirect_to})
    return Drawn(code, f"{access_tokens.issuer()}/verify?{query}")


def send(tx: Tx, visitor: Visitor, addressee: Addressee, kind: Kind, landing: Landing) -> None:
    """Draw them and put them into the mail, which goes out after the commit."""
    drawn = draw(tx, addressee, kind, landing)
    language = templates.language_of(addressee.user_metadata, visitor.languages)
    carried = Carried(
        site=urlsplit(redirects.site()).netloc,
        email=addressee.email,
        new_email=addressee.new_email,
        otp=drawn.code.otp,
        link=None if kind is Kind.REAUTHENTICATION else drawn.link,
    )
    filled = templates.fill(kind, carried, language=language)
    recipient = addressee.new_email if kind is Kind.EMAIL_CHANGE_NEW else addressee.email
    outbox.post(tx, recipient=recipient, subject=filled.subject, text=filled.text, html=filled.html, language=language)


def _link_type(kind: Kind) -> str:
    return "email_change" if kind in (Kind.EMAIL_CHANGE_CURRENT, Kind.EMAIL_CHANGE_NEW) else kind.value


def _method(kind: Kind) -> str:
    """As the session that the flow ends with tells it."""
    return "email/signup" if kind is Kind.SIGNUP else _link_type(kind)
