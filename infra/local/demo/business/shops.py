"""The demo shops: their size, products and people."""

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from . import words
from .records import fixed_id


class Product(NamedTuple):
    sku: str
    category: str
    price: int
    name: str


class Shop(NamedTuple):
    """A demo shop. `phones` is the first number of its contacts; no operator that we know of has the block +20 159."""

    key: str
    name: str
    plan: str
    domain: str
    agent: str | None
    warehouses: tuple[tuple[str, str], ...]
    cities: tuple[words.Word, ...]
    city: words.Word
    contacts: int
    orders: int
    chats: dict[str, int]
    phones: int

    def id(self, *parts: str | int) -> UUID:
        return fixed_id(self.key, *parts)

    @property
    def organization_id(self) -> UUID:
        return self.id("organization")

    def person_id(self, role: str) -> UUID:
        return self.id("person", role)

    @property
    def staff(self) -> tuple[UUID, ...]:
        """The people who deal with orders and customers."""
        return tuple(self.person_id(role) for role in self.roles)

    @property
    def roles(self) -> tuple[str, ...]:
        return ("owner", "admin", "member") if self.key == "shop" else ("owner",)


SHOP = Shop(
    key="shop",
    name="بيت القمرية · Bayt Qamariya",
    plan="growth",
    domain="demo.nexus.example",
    agent="Sales assistant",
    warehouses=(("Nasr City", "٨ شارع المخازن، مدينة نصر، القاهرة"), ("Maadi", "شارع ٩، المعادي، القاهرة")),
    cities=words.CAIRO,
    city=words.Word("القاهرة", "Cairo"),
    contacts=320,
    orders=230,
    chats={"whatsapp": 52, "facebook": 24, "instagram": 20},
    phones=201590000000,
)
WORKSHOP = Shop(
    key="workshop",
    name="ورشة سند · Warshet Sanad",
    plan="free",
    domain="workshop.nexus.example",
    agent=None,
    warehouses=(("Smouha", "سموحة، الإسكندرية"),),
    cities=words.ALEXANDRIA,
    city=words.Word("الإسكندرية", "Alexandria"),
    contacts=18,
    orders=12,
    # The free plan sends nothing, so nobody there has answered yet.
    chats={"whatsapp": 3},
    phones=201590500000,
)
SHOPS = (SHOP, WORKSHOP)


@cache
def products(shop_key: str) -> tuple[Product, ...]:
    with (Path(__file__).parent / "items.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["shop"] == shop_key]
    return tuple(
        Product(row["sku"], row["category"], int(row["price"]), f"{row['arabic']} · {row['english']}") for row in rows
    )
