"""The contacts of a shop: names in both scripts, invalid numbers and addresses."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from . import words
from .records import Contact, ContactLabel, Label, Order
from .scene import Scene
from .shops import SHOP
from .words import Word

ARABIC_SHARE = 0.62
KNOWN_NAME = (Word("ياسمين", "Yasmin"), Word("عبد الرحمن", "Abdel Rahman"))
"""The first contact of the Cairo shop; the name is unique there."""
KNOWN_CONTACT_ID = SHOP.id("contact", 0)
_ARABIC_DIGITS = str.maketrans("0123456789", "".join(chr(0x660 + digit) for digit in range(10)))
_VIP_ORDERS, _CHURNED_DAYS = 4, 45

Choices = dict[str, UUID]
"""Ids of an organization's journey stages, or of its lead sources, by name."""


def make_contacts(scene: Scene, sources: Choices) -> list[Contact]:
    """Return contacts without their final stage, which depends on their orders."""
    names = [(first, last) for first in words.FIRST_NAMES for last in words.LAST_NAMES if first.latin != last.latin]
    chosen = scene.dice.sample(names, scene.shop.contacts)
    if scene.shop is SHOP:
        chosen[0] = KNOWN_NAME
    return [_contact(scene, sources, number, name) for number, name in enumerate(chosen)]


def stage_contacts(contacts: Sequence[Contact], orders: Sequence[Order], stages: Choices, now: datetime) -> None:
    """Set stages: buyers are customers, frequent ones VIPs, and those without an order for long are lost."""
    bought: dict[UUID, list[datetime]] = {}
    for order in orders:
        bought.setdefault(order.customer_id, []).append(order.created_at)
    for number, contact in enumerate(contacts):
        times = bought.get(contact.id, [])
        contact.journey_stage_id = stages[_stage(number, times, now)]
        contact.customer_score = min(100, 20 * len(times) + number % 15)
        if times:
            contact.created_at = min(contact.created_at, min(times) - timedelta(hours=2))
            contact.updated_at = contact.last_contact = max(times)


def make_labels(scene: Scene) -> list[Label]:
    shop, at = scene.shop, scene.opened
    return [
        Label(shop.id("label", name), shop.organization_id, name, color, at, at) for name, color in words.LABELS.items()
    ]


def label_contacts(scene: Scene, contacts: Sequence[Contact], labels: Sequence[Label]) -> list[ContactLabel]:
    dice = scene.dice
    return [
        ContactLabel(scene.shop.organization_id, contact.id, label.id, contact.created_at)
        for contact in dice.sample(list(contacts), len(contacts) // 4)
        for label in dice.sample(list(labels), dice.choice((1, 1, 2)))
    ]


def _contact(scene: Scene, sources: Choices, number: int, name: tuple[Word, Word]) -> Contact:
    shop, dice, now = scene
    arabic = number == 0 or dice.happens(ARABIC_SHARE)
    first, last = ((word.arabic if arabic else word.latin) for word in name)
    reached_by = dice.choices(("both", "phone", "email"), (60, 32, 8))[0]
    phone = shop.phones + number + 1 if reached_by != "email" else None
    created = now - timedelta(days=1) - dice.days(200)
    company = dice.choice(words.COMPANIES) if dice.happens(0.08) else None
    return Contact(
        id=shop.id("contact", number),
        organization_id=shop.organization_id,
        first_name=first,
        last_name=last,
        email=_address(name, number) if reached_by != "phone" else None,
        phone_number=f"+{phone}" if phone else None,
        phone_raw=_as_given(phone, arabic=arabic) if phone else None,
        company=company and (company.arabic if arabic else company.latin),
        address=_home(scene, arabic=arabic),
        journey_stage_id=shop.organization_id,
        lead_source_id=dice.choice(list(sources.values())),
        assigned_to=str(dice.choice(shop.staff)) if dice.happens(0.5) else None,
        customer_score=0,
        tags=dice.sample(words.TAGS, dice.choice((0, 0, 1, 2))),
        last_contact=None,
        next_follow_up=now + timedelta(days=dice.randint(1, 14)) if dice.happens(0.1) else None,
        notes=dice.choice(words.NOTES) if dice.happens(0.12) else None,
        created_at=created,
        updated_at=created,
    )


def _stage(number: int, times: list[datetime], now: datetime) -> str:
    if not times:
        return "prospect" if number % 3 == 0 else "lead"
    if len(times) >= _VIP_ORDERS:
        return "vip"
    return "churned" if max(times) < now - timedelta(days=_CHURNED_DAYS) else "customer"


def _address(name: tuple[Word, Word], number: int) -> str:
    first, last = (word.latin.lower().replace(" ", "") for word in name)
    return f"{first}.{last}.{number}@example.com"


def _as_given(phone: int, *, arabic: bool) -> str:
    """Return the number as people in Egypt write it: 0159 000 0001, often in Arabic digits."""
    local = f"0{phone % 10**10}"
    spaced = f"{local[:4]} {local[4:7]} {local[7:]}"
    return spaced.translate(_ARABIC_DIGITS) if arabic else spaced


def _home(scene: Scene, *, arabic: bool) -> dict[str, str]:
    shop, dice, _ = scene
    street, district, house = dice.choice(words.STREETS), dice.choice(shop.cities), dice.randint(1, 90)
    if arabic:
        return {
            "line1": f"{house} {street.arabic}",
            "line2": district.arabic,
            "city": shop.city.arabic,
            "country": "EG",
        }
    return {"line1": f"{house} {street.latin}", "line2": district.latin, "city": shop.city.latin, "country": "EG"}
