"""What mails say: every kind in every language, whatever stands in an address."""

import pytest

from shared.platform.accounts.mail.templates import LANGUAGES, MailKind, Values, fill, language_of


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", MailKind)
def test_every_mail_says_why_and_carries_code_and_link(kind, language):
    link = None if kind is MailKind.REAUTHENTICATION else "https://nexus.example/verify?a=1&b=2"
    values = Values("nexus.example", "mona@example.com", "new&improved@example.com", "123456", link)
    subject, text, html = fill(kind, values, language=language)
    assert subject
    assert "123456" in text
    assert "123456" in html
    assert "nexus.example" in text
    assert (link or "") in text
    assert not link or 'href="https://nexus.example/verify?a=1&amp;b=2"' in html
    assert "new&improved" not in html
    assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in html
    assert "{" not in subject + text


@pytest.mark.parametrize(
    ("metadata", "accepted", "language"),
    [
        ({}, "", "en"),
        ({}, "fr", "en"),
        ({}, "fr-FR, ar-EG;q=0.8, en;q=0.5", "ar"),
        ({"locale": "ar_EG"}, "en", "ar"),
        ({"language": "English"}, "ar", "en"),
        ({"lang": "ar"}, "", "ar"),
        ({"locale": None}, "ar", "ar"),
        ({"locale": ["x"]}, "", "en"),
    ],
)
def test_the_person_s_choice_comes_before_the_browser_s(metadata, accepted, language):
    assert language_of(metadata, accepted) == language
