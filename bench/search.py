"""The speed of searches by a tenant with 100,000 contacts beside 200 tenants with 500: `python bench/search.py`.

Starts a Postgres of its own, fills it with invented Arabic and English names (nearly half are Mohamed, in one script or
the other), runs the same kinds of search for both kinds of tenant through the login role, and prints a table.
"""

# ruff: noqa: S311, SIM905  (names are made up, always the same, and read best as running text)

import argparse
import itertools
import json
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg

from infra.local.servers.services import embedded_services

LARGE = uuid.UUID(int=1)
SMALL = [uuid.UUID(int=100 + number) for number in range(200)]
LARGE_CONTACTS, SMALL_CONTACTS = 100_000, 500
ROUNDS = 4
ARABIC = (
    "محمد أحمد محمود مصطفى علي حسن حسين إبراهيم يوسف خالد عمر كريم طارق عمرو هشام ياسر وائل شريف سامح "
    "رامي فاطمة عائشة مريم سارة نور هبة منى دينا رانيا ياسمين هدى أمل سلمى نورهان آية إسراء إيمان شيماء "
    "مروة دعاء ريهام نهى لمياء عبد_الرحمن عبدالله"
).split()
ARABIC_LAST = (
    "السيد حسن علي إبراهيم محمد عبدالله محمود الشناوي المنصوري الحسيني فاروق منصور رمضان شحاتة سليمان "
    "عثمان صالح القاضي النجار الحداد العطار البنا الصياد الفقي الجمل البدوي المصري الشامي الغامدي العتيبي "
    "الدوسري القحطاني خليل عوض بركات"
).split()
ENGLISH = (
    "Mohamed Ahmed Mahmoud Mostafa Ali Hassan Hussein Ibrahim Youssef Khaled Omar Karim Tarek Amr Hesham "
    "Yasser Wael Sherif Fatma Aisha Mariam Sara Nour Heba Mona Dina Rania Yasmin Hoda Amal Salma Nourhan "
    "Aya Esraa Eman John Peter George Mina"
).split()
ENGLISH_LAST = (
    "Hassan Ali Ibrahim Farouk Mansour Ramadan Shehata Soliman Osman Saleh Elsayed El-Sayed Naggar Haddad "
    "Attar Banna Gamal Badawy Masry Shamy Ghamdi Otaibi Dosari Qahtani Khalil Awad Barakat Zaki Fahmy "
    "Smith Brown Wilson Garcia Khan"
).split()
ARABIC_SOUNDS = "با دا فا كا لا ما نا را سا تا وا يا شا خا".split()
ENGLISH_SOUNDS = "ba da fa ka la ma na ra sa ta wa".split()

Contact = tuple[uuid.UUID, str, str, str | None, str, str | None]


def contacts(organization: uuid.UUID, count: int) -> Iterator[Contact]:
    chance = random.Random(organization.int)
    for number in range(count):
        arabic = chance.random() < 0.6
        first, last, sounds = (
            (ARABIC, ARABIC_LAST, ARABIC_SOUNDS) if arabic else (ENGLISH, ENGLISH_LAST, ENGLISH_SOUNDS)
        )
        given = first[int(chance.paretovariate(0.9) - 1) % len(first)]
        rare = "".join(chance.choice(sounds) for _ in range(chance.randint(2, 4))).capitalize()
        given = given.replace("_", " ")
        family = chance.choice(last) if chance.random() < 0.7 else rare
        address = f"{chance.choice(ENGLISH)}.{rare if not arabic else number}{number}@example.com".lower()
        phone = f"+2010{(organization.int * 7_919_000 + number * 7) % 10**8:08d}"
        company = f"{rare} Trading" if chance.random() < 0.15 else None
        yield organization, given, family, address if chance.random() < 0.5 else None, phone, company


def fill(database: psycopg.Connection) -> dict[uuid.UUID, str]:
    """Fill both kinds of tenant, their contacts mixed in the heap; return the claims of a person of each kind."""
    claims = {}
    for organization in (LARGE, *SMALL):
        database.execute(
            "INSERT INTO organizations (id, name, plan_code) VALUES (%s, 'Bench', 'scale')", [organization]
        )
    # Counters and the audit trail are not measured.
    database.execute("SET session_replication_role = replica")
    sources = {LARGE: contacts(LARGE, LARGE_CONTACTS), **{small: contacts(small, SMALL_CONTACTS) for small in SMALL}}
    turns = [LARGE] * LARGE_CONTACTS + list(itertools.chain.from_iterable([small] * SMALL_CONTACTS for small in SMALL))
    random.Random(9).shuffle(turns)
    columns = "(organization_id, first_name, last_name, email, phone_number, company)"
    with database.cursor().copy(f"COPY customers {columns} FROM STDIN") as copy:
        for organization in turns:
            copy.write_row(next(sources[organization]))
    database.execute("SET session_replication_role = origin")
    for kind, column in (("phone", "phone_number"), ("email", "lower(email)")):
        database.execute(
            "INSERT INTO customer_identities (organization_id, customer_id, kind, value)"
            f" SELECT organization_id, id, '{kind}', {column} FROM customers WHERE {column} IS NOT NULL"
            " ON CONFLICT DO NOTHING"
        )
    for organization in (LARGE, SMALL[0]):
        [(person,)] = database.execute("INSERT INTO auth.users DEFAULT VALUES RETURNING id").fetchall()
        database.execute("INSERT INTO organization_members VALUES (%s, %s, 'owner')", [organization, person])
        metadata = {"organization_id": str(organization)}
        claims[organization] = json.dumps({"role": "authenticated", "sub": str(person), "app_metadata": metadata})
    database.execute("VACUUM ANALYZE")
    return claims


def questions(database: psycopg.Connection) -> list[str]:
    """Return names whole, misspelt and half, phones in two spellings and e-mail addresses of existing contacts."""
    chance, texts = (
        random.Random(4),
        ["محمد", "محمد السيد", "Mohmaed Farok", "عبدالرحمن", "Moh", "ORD-2026-001", "xyzzy"],
    )
    rows = database.execute("SELECT first_name, last_name, phone_number, email FROM customers ORDER BY id LIMIT 30")
    for first, last, phone, address in rows.fetchall():
        name = f"{first} {last}"
        spot = chance.randrange(1, len(name) - 1)
        texts += [name, last, name[:spot] + name[spot + 1 :], phone, "0" + phone[3:], *([address] if address else [])]
    return texts


def measure(database: psycopg.Connection, claims: str, sql: str) -> list[float]:
    database.execute("SELECT set_config('request.jwt.claims', %s, false)", [claims])
    times = []
    for question in questions(database):
        for turn in range(ROUNDS):
            started = time.perf_counter()
            database.execute(sql, {"query": question}, prepare=True).fetchall()
            if turn:
                times.append((time.perf_counter() - started) * 1000)
    return sorted(times)


STATEMENTS = {
    "nexus_search": "SELECT * FROM app.search(%(query)s, '{contact,order,item}', 10)",
    "nexus_list_contacts search": "SELECT id, first_name, last_name FROM customers"
    " WHERE id = ANY(ARRAY(SELECT app.contacts_named(%(query)s))) ORDER BY created_at DESC, id DESC LIMIT 26",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", help="URL of the owner of an empty, migrated database instead of an own server")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        if chosen.database:
            report(chosen.database)
            return
        with embedded_services(Path(directory)) as services:
            report(services.admin_url)


def report(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as database:
        started = time.perf_counter()
        claims = fill(database)
        [(size,)] = database.execute("SELECT pg_size_pretty(pg_relation_size('customers_search_idx'))").fetchall()
        print(f"filled in {time.perf_counter() - started:.0f} s; index {size}; {database.info.server_version}")
        database.execute("SET ROLE authenticated")
        print(
            "| statement | contacts | questions | p50 ms | p95 ms | worst ms |\n| --- | --- | --- | --- | --- | --- |"
        )
        for name, sql in STATEMENTS.items():
            medians = []
            for organization, count in ((SMALL[0], SMALL_CONTACTS), (LARGE, LARGE_CONTACTS)):
                times = measure(database, claims[organization], sql)
                medians.append(statistics.median(times))
                p95 = times[int(len(times) * 0.95)]
                print(f"| {name} | {count:,} | {len(times)} | {medians[-1]:.2f} | {p95:.2f} | {times[-1]:.2f} |")
            print(f"| {name} | ratio | | {medians[1] / medians[0]:.2f} | | |")


if __name__ == "__main__":
    main()
