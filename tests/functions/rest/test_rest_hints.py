"""What a refusal of /rest/v1 tells: the columns, and what to call instead; every table and view, every verb."""

import re
from pathlib import Path

import psycopg
import pytest

from tests.schema.matrix import EXPECTED

pytestmark = pytest.mark.anyio
FUNCTIONS = {each.parent.name.replace("_", "-") for each in Path("functions").glob("*/main.py")}
JOBS_ONLY = "only the server's own jobs use this table"
VERBS = {"POST": "INSERT", "PATCH": "UPDATE", "GET": "SELECT"}


GRANTED = """
    SELECT attname::text FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND has_column_privilege(%s, attrelid, attnum, %s)
"""


@pytest.fixture(scope="module")
def columns(services, base_url):
    """`columns[table]`: the names of its columns by verb, those that callers have; under "all" every one."""
    with psycopg.connect(services.admin_url, autocommit=True) as database:

        def granted(table, role, privilege):
            return [name for (name,) in database.execute(GRANTED, [f"public.{table}", role, privilege])]

        return {
            table: {"all": granted(table, database.info.user, "SELECT")}
            | {verb: granted(table, "authenticated", privilege) for verb, privilege in VERBS.items()}
            for table in EXPECTED
        }


def says_what(hint, names):
    words = set(re.findall(r"[a-z0-9_-]+", hint or ""))
    return JOBS_ONLY in (hint or "") or words & {*names, *FUNCTIONS, *EXPECTED}


@pytest.mark.parametrize("table", sorted(EXPECTED))
async def test_each_refused_write_names_columns_or_a_function(rest, columns, org, table):
    who, names = org.person("owner"), columns[table]
    for method in ("POST", "PATCH"):
        refused = [name for name in names["all"] if name not in names[method]][:2]
        for column in refused:
            target = f"{table}?{names['all'][0]}=is.null" if method == "PATCH" else table
            answer = await rest(method, target, as_=who, json={column: None})
            told = answer.json()
            if told["code"] == "428C9":
                continue
            assert (answer.status_code in {403, 405}, told["code"] in {"42501", "55000"}) == (True, True), told
            assert says_what(told["hint"], names["all"]), (method, column, told)
            if names[method]:
                assert told["hint"].startswith(f"{column} cannot be written; "), told


@pytest.mark.parametrize("table", sorted(EXPECTED))
async def test_a_reading_of_every_column_shows_those_that_may_be_read(rest, columns, org, table):
    names, who = columns[table], org.agent("read")
    hidden = [name for name in names["all"] if name not in names["GET"]]
    for query in ("", "?select=*", f"?select={hidden[0]}" if hidden else ""):
        answer = await rest("GET", table + query, as_=who)
        if answer.status_code == 200:
            assert all(row.keys() == set(names["GET"]) for row in answer.json())
            assert query != f"?select={hidden[0]}" if hidden else True
            continue
        assert (answer.status_code, answer.json()["code"]) == (403, "42501")
        assert not names["GET"] or query.endswith(hidden[0])
        assert says_what(answer.json()["hint"], names["GET"]), answer.json()


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_403_for_a_whole_row_names_the_read_only_columns(rest, org, method):
    who = org.agent("write")
    made = await rest("POST", "labels", as_=who, json={"name": "vip"}, headers={"Prefer": "return=representation"})
    (row,) = made.json()
    target = f"labels?id=eq.{row['id']}" if method == "PUT" else "labels"
    sent = {"id": row["id"], "name": "best"}
    answer = await rest(method, target, as_=who, json=sent, headers={"Prefer": "resolution=merge-duplicates"})
    assert answer.status_code == 403
    assert answer.json()["hint"].startswith("id cannot be changed once written: "), answer.text
    whole = await rest("PATCH", f"labels?id=eq.{row['id']}", as_=who, json=row)
    refused = [name for name in sorted(row) if name not in {"name", "color"}]
    assert whole.json()["hint"].startswith(f"{', '.join(refused)} cannot be written; a change of labels may have: name")


async def test_403_for_a_row_of_another_organization_says_to_leave_it_out(rest, org, other_org):
    answer = await rest(
        "POST", "labels", as_=org.agent("write"), json={"name": "x", "organization_id": str(other_org.id)}
    )
    assert (answer.status_code, answer.json()["hint"][:27]) == (403, "leave organization_id out: ")
