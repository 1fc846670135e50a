"""`nexus seed`: puts the demo business into the database once; a second run changes nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import psycopg

from infra.local.demo.business import queries
from infra.local.demo.business.insertion import insert_shop
from infra.local.demo.business.people import Access
from infra.local.demo.business.queries import Counts
from infra.local.demo.business.shops import SHOPS
from infra.local.secrets import Secrets
from shared.kernel.clock import utc_now

BCRYPT_COST = 10


class SeedReport(msgspec.Struct, frozen=True):
    """`created` is false if the demo business existed before; the counts are the present ones."""

    created: bool
    organizations: list[Counts]

    def __str__(self) -> str:
        return "; ".join(
            f"{counts.organization} ({counts.plan}): {counts.contacts} contacts, {counts.items} items, "
            f"{counts.orders} orders, {counts.conversations} conversations"
            for counts in self.organizations
        )


def seed(
    admin_url: str,
    secrets: Secrets,
    *,
    now: datetime | None = None,
    on_shop: Callable[[str], None] = lambda _: None,
) -> SeedReport:
    """Insert what is missing, each organization whole or not at all.

    Names, amounts and ids are the same everywhere; dates run up to `now`, the present hour by default.
    """
    at = (now or utc_now()).replace(minute=0, second=0, microsecond=0) - timedelta(minutes=5)
    with psycopg.connect(admin_url, autocommit=True, application_name="nexus seed") as database:
        present = queries.count_rows(database, organization_ids=_ids())
        if len(present) == len(SHOPS):
            return SeedReport(created=False, organizations=present)
        password_hash = _hashed(secrets.demo_password)
        access = Access(secrets.demo_email, password_hash, secrets.meta_app_secret, secrets.seals_now)
        for shop in SHOPS:
            with database.transaction():
                queries.lock_seed(database)
                if not queries.count_rows(database, organization_ids=[shop.organization_id]):
                    insert_shop(database, shop, access, at)
                    on_shop(shop.name)
        return SeedReport(created=True, organizations=queries.count_rows(database, organization_ids=_ids()))


def _ids() -> list[UUID]:
    return [shop.organization_id for shop in SHOPS]


def _hashed(password: str) -> str:
    import bcrypt  # noqa: PLC0415  a second run needs it not

    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(BCRYPT_COST)).decode()
