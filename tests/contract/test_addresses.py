"""Every field that takes an e-mail address or a phone number is read by the kernel, or says here why not."""

import importlib
import re
from collections.abc import Iterator

from pydantic import BaseModel

from infra.needs import ROOT

TAKES = re.compile(r"(^|_)(e?mail|phone|mobile)s?(_number)?$|_email$|_mail$")
READ = {
    "agent_register.Body.owner_email": "kernel.emails, and counted by mailbox",
    "auth.bodies.*.email": "accounts.credentials.spelling, by kernel.emails",
    "auth.bodies.*.new_email": "accounts.credentials.spelling, by kernel.emails",
    "auth.bodies.*.phone": "nothing: signing in by phone is switched off",
    "mcp_server.contacts.*.email": "kernel.emails and its twin app.clean_email",
    "mcp_server.contacts.*.phone": "kernel.phones",
    "delivery.requests.TemplateRequest.phone_number": "kernel.phones",
    "meta.contents.ContactCard.phones": "nothing: a card that is shown to the customer as it was written",
    "meta.contents.ContactCard.emails": "nothing: as its phones",
    "meta.contents.ContactPhone.phone": "nothing: as the card",
    "meta.contents.ContactEmail.email": "nothing: as the card",
}
"""By room, module, model and field; the star stands for every model of the module."""


def below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for each in model.__subclasses__():
        yield each
        yield from below(each)


def fields() -> set[str]:
    for folder in ("shared", "functions"):
        for path in (ROOT / folder).rglob("*.py"):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    found = set()
    for model in below(BaseModel):
        if model.__module__.startswith(("shared.", "functions.")):
            parts = [part for part in model.__module__.split(".") if part not in ("main", "tools")]
            place = ".".join(parts[-2:]).removeprefix("functions.")
            found |= {f"{place}.{model.__name__}.{name}" for name in model.model_fields if TAKES.search(name)}
    return found


def known(field: str) -> str:
    *place, _, name = field.split(".")
    starred = ".".join([*place, "*", name])
    return starred if starred in READ else field


def test_every_field_that_takes_an_address_or_number_is_read_by_the_kernel():
    assert {known(field) for field in fields()} == set(READ)
