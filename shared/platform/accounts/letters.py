"""A mail to one person: its one-time token, its link and its text."""

from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from shared.auth import tokens as access_tokens
from shared.kernel.errors import Refusal
from shared.runtime.postgres.transaction import Tx
from shared.runtime.settings import settings

from . import queries, redirects
from .mail import outbox, templates
from .mail.templates import MailKind, Values
from .models import Addressee, Landing, Visitor
from .proofs import flows, tokens
from .proofs.tokens import Code, Slot

_SLOTS = {
    MailKind.SIGNUP: Slot.CONFIRMATION,
    MailKind.INVITE: Slot.CONFIRMATION,
    MailKind.MAGICLINK: Slot.RECOVERY,
    MailKind.RECOVERY: Slot.RECOVERY,
    MailKind.EMAIL_CHANGE_CURRENT: Slot.EMAIL_CHANGE_CURRENT,
    MailKind.EMAIL_CHANGE_NEW: Slot.EMAIL_CHANGE_NEW,
    MailKind.REAUTHENTICATION: Slot.REAUTHENTICATION,
}


class OtpDisabled(Refusal):
    status = 422
    code = "otp_disabled"
    default_message = "this host sends no mail: one-time passwords and links are switched off"


class Proof(NamedTuple):
    """The code and the link of a mail, each of which proves that the person reads the address's mails."""

    code: Code
    link: str


def is_possible() -> bool:
    return settings().mail_url is not None


def check_possible() -> None:
    """Check that this host sends mail.

    Raises:
        OtpDisabled.
    """
    if not is_possible():
        raise OtpDisabled


def issue(tx: Tx, addressee: Addressee, kind: MailKind, landing: Landing) -> Proof:
    """Issue a code and a link, and end the earlier ones of the same kind, with the transaction's next statement."""
    slot, link_type = _SLOTS[kind], _link_type(kind)
    if kind is MailKind.MAGICLINK and not addressee.is_confirmed:
        # Opening the link confirms the address, which clients know as a sign-up.
        slot, link_type = Slot.CONFIRMATION, MailKind.SIGNUP.value
    address = addressee.new_email if kind is MailKind.EMAIL_CHANGE_NEW else addressee.email
    flow_state_id = flows.begin(tx, user_id=addressee.id, challenge=landing.challenge, method=_method(kind))
    code = tokens.new(
        tx,
        user_id=addressee.id,
        address=address,
        slot=slot,
        sent_for=kind,
        flow_state_id=flow_state_id,
        user_metadata=addressee.data,
    )
    queries.update_mailed(tx, user_id=addressee.id, slot=slot, is_invited=kind is MailKind.INVITE)
    query = urlencode({"token": code.token, "type": link_type, "redirect_to": landing.redirect_to})
    return Proof(code, f"{access_tokens.issuer()}/verify?{query}")


def send(tx: Tx, visitor: Visitor, addressee: Addressee, kind: MailKind, landing: Landing) -> None:
    """Issue a code and a link, and queue the mail that holds them; it goes out after the commit."""
    proof = issue(tx, addressee, kind, landing)
    language = templates.language_of(addressee.user_metadata, visitor.languages)
    values = Values(
        site=urlsplit(redirects.site()).netloc,
        email=addressee.email,
        new_email=addressee.new_email,
        otp=proof.code.otp,
        link=None if kind is MailKind.REAUTHENTICATION else proof.link,
    )
    text = templates.fill(kind, values, language=language)
    recipient = addressee.new_email if kind is MailKind.EMAIL_CHANGE_NEW else addressee.email
    outbox.post(tx, recipient=recipient, subject=text.subject, text=text.text, html=text.html, language=language)


def _link_type(kind: MailKind) -> str:
    return "email_change" if kind in (MailKind.EMAIL_CHANGE_CURRENT, MailKind.EMAIL_CHANGE_NEW) else kind.value


def _method(kind: MailKind) -> str:
    """Return the sign-in method that the session of the flow will name."""
    return "email/signup" if kind is MailKind.SIGNUP else _link_type(kind)
