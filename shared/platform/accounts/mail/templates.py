"""Texts of mails in English and Arabic: a line with the reason, a code to type, a link to open."""

from enum import StrEnum
from html import escape
from typing import Any, NamedTuple


class MailKind(StrEnum):
    """The purpose of a mail, which is the `type` in its link; there, a change of address is `email_change`."""

    SIGNUP = "signup"
    INVITE = "invite"
    MAGICLINK = "magiclink"
    RECOVERY = "recovery"
    EMAIL_CHANGE_CURRENT = "email_change_current"
    EMAIL_CHANGE_NEW = "email_change_new"
    REAUTHENTICATION = "reauthentication"


class Text(NamedTuple):
    subject: str
    why: str
    """The reason, with placeholders {site}, {email} and {new_email}."""
    button: str | None
    """The text of the link; None for a mail with a code only."""


class Phrases(NamedTuple):
    code: str
    code_alone: str
    ignore: str


LANGUAGES = ("en", "ar")
_TEXTS: dict[str, dict[MailKind, Text]] = {
    "en": {
        MailKind.SIGNUP: Text(
            "Confirm your e-mail address", "Welcome to {site}. Confirm that {email} is yours.", "Confirm"
        ),
        MailKind.INVITE: Text("You have been invited", "You have been invited to {site}. Accept to begin.", "Accept"),
        MailKind.MAGICLINK: Text("Your sign-in link", "Sign in to {site} as {email}.", "Sign in"),
        MailKind.RECOVERY: Text(
            "Set a new password", "Somebody asked for a new password for {email} at {site}.", "Set it"
        ),
        MailKind.EMAIL_CHANGE_CURRENT: Text(
            "Confirm the change of your e-mail address",
            "Your address at {site} is to become {new_email} instead of {email}.",
            "Agree to the change",
        ),
        MailKind.EMAIL_CHANGE_NEW: Text(
            "Confirm your new e-mail address", "Confirm that {new_email} is your new address at {site}.", "Confirm"
        ),
        MailKind.REAUTHENTICATION: Text("Your confirmation code", "Confirm at {site} that it is you.", None),
    },
    "ar": {
        MailKind.SIGNUP: Text("تأكيد بريدك الإلكتروني", "مرحبا بك في {site}. أكد أن {email} هو عنوانك.", "تأكيد"),
        MailKind.INVITE: Text("وصلتك دعوة", "تمت دعوتك إلى {site}. اقبل الدعوة لتبدأ.", "قبول الدعوة"),
        MailKind.MAGICLINK: Text("رابط تسجيل الدخول", "سجل الدخول إلى {site} باسم {email}.", "تسجيل الدخول"),
        MailKind.RECOVERY: Text(
            "تعيين كلمة مرور جديدة", "طُلبت كلمة مرور جديدة للحساب {email} في {site}.", "تعيين كلمة المرور"
        ),
        MailKind.EMAIL_CHANGE_CURRENT: Text(
            "الموافقة على تغيير بريدك الإلكتروني",
            "سيصبح عنوانك في {site} هو {new_email} بدلا من {email}.",
            "الموافقة على التغيير",
        ),
        MailKind.EMAIL_CHANGE_NEW: Text(
            "تأكيد بريدك الإلكتروني الجديد", "أكد أن {new_email} هو عنوانك الجديد في {site}.", "تأكيد"
        ),
        MailKind.REAUTHENTICATION: Text("رمز التأكيد", "أكد في {site} أنك صاحب الحساب.", None),
    },
}
_PHRASES = {
    "en": Phrases(
        "Or type this code: {otp}", "Type this code: {otp}", "If you did not ask for this, ignore this mail."
    ),
    "ar": Phrases("أو اكتب هذا الرمز: {otp}", "اكتب هذا الرمز: {otp}", "إن لم تطلب ذلك فتجاهل هذه الرسالة."),
}


class Values(NamedTuple):
    """Values of a mail's placeholders; `link` is None for a mail with a code only."""

    site: str
    email: str
    new_email: str
    otp: str
    link: str | None


class MailText(NamedTuple):
    subject: str
    text: str
    html: str


def language_of(metadata: dict[str, Any], accepted: str) -> str:
    """Return the language of the person's metadata (`locale`, `language` or `lang`), or else of Accept-Language."""
    preferences = [str(metadata.get(name, "")) for name in ("locale", "language", "lang")]
    for preference in (*preferences, *accepted.split(",")):
        language = preference.strip()[:2].lower()
        if language in LANGUAGES:
            return language
    return LANGUAGES[0]


def fill(kind: MailKind, values: Values, *, language: str) -> MailText:
    """Return the mail's subject, text and HTML; nothing in them but the address comes from the person who signs up."""
    text, phrases, link = _TEXTS[language][kind], _PHRASES[language], values.link
    why = text.why.format(site=values.site, email=values.email, new_email=values.new_email)
    code = (phrases.code if link else phrases.code_alone).format(otp=values.otp)
    lines = [why, *([f"{text.button}: {link}"] if link else []), code, phrases.ignore]
    button = f'<p><a href="{escape(link)}">{escape(text.button or "")}</a></p>' if link else ""
    direction = "rtl" if language == "ar" else "ltr"
    html = (
        f'<!doctype html><html lang="{language}" dir="{direction}"><body>'
        f"<p>{escape(why)}</p>{button}<p>{escape(code)}</p><p>{escape(phrases.ignore)}</p></body></html>"
    )
    return MailText(text.subject, "\n\n".join(lines) + "\n", html)
