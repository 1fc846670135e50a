"""CSV of /rest/v1: what a customer wrote is text to a spreadsheet too."""

import csv
import io

import pytest

pytestmark = pytest.mark.anyio
CSV = {"Accept": "text/csv"}
RETURNED = {**CSV, "Prefer": "return=representation"}
FORMULAS = [
    '=HYPERLINK("https://example.com","x")',
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1,2)",
    "\t=1",
    "\r=1",
    '=a,"b"\n=c',
    "＝1+1",
]
PLAIN = [
    "Mona",
    "a=b",
    'say "=1", or not',
    "منى",
    " x",
    "'quoted'",
    "C:\\=1",
    "a\n=b",
    "-",
    "12",
    "-12.5",
    "+201012345678",
]


async def cells(rest, as_, path):
    answer = await rest("GET", path, as_=as_, headers=CSV)
    assert answer.status_code == 200, answer.text
    return [row[0].replace("\\\\", "\\") for row in csv.reader(io.StringIO(answer.text, newline=""))][1:]


async def test_a_formula_is_text_and_every_other_value_is_as_it_was(rest, org):
    values = FORMULAS + PLAIN
    for value in values:
        made = await rest("POST", "customers", as_=org.owner, json={"first_name": "Mona", "notes": value})
        assert made.status_code == 201, made.text
    found = set(await cells(rest, org.owner, "customers?select=notes&limit=100"))
    assert found == {f"'{value}" for value in [*FORMULAS, "-"]} | set(PLAIN) - {"-"}


async def test_numbers_phones_and_nulls_stay_in_their_columns(rest, org):
    row = {"first_name": "=1", "phone_number": "+201012345678", "tags": ["=1", "b"], "company": 'A, "B"'}
    assert (await rest("POST", "customers", as_=org.owner, json=row)).status_code == 201
    path = "customers?select=first_name,last_name,phone_number,email,tags,company,notes"
    answer = await rest("GET", path, as_=org.owner, headers=CSV)
    names, told = csv.reader(io.StringIO(answer.text, newline=""))
    assert names == path.partition("=")[2].split(",")
    assert told == ["'=1", "", "+201012345678", "", "{=1,b}", 'A, "B"', ""]


async def test_results_of_calls_and_writes_are_guarded_too(rest, org):
    headers = {**CSV, "Prefer": "return=representation"}
    answer = await rest("POST", "labels?select=name", as_=org.owner, json={"name": "=1"}, headers=headers)
    assert answer.text == "name\n'=1"
    assert (await rest("GET", "labels?name=eq.none", as_=org.owner, headers=CSV)).text == "\n"


async def test_a_value_is_written_as_postgres_writes_it_in_a_row(rest, org):
    row = {"first_name": "Mona", "notes": 'a,"b"\\c', "tags": [], "metadata": {"a": '-1"'}, "company": "-1e5"}
    assert (await rest("POST", "customers", as_=org.owner, json=row)).status_code == 201
    path = "customers?select=notes,tags,metadata,company,last_name,orders(id)"
    answer = await rest("GET", path, as_=org.owner, headers=CSV)
    told = '"a,""b""\\\\c",{},"{""a"": ""-1\\\\""""}",-1e5,,[]'
    assert answer.text == f"notes,tags,metadata,company,last_name,orders\n{told}"
    item = await rest("POST", "items?select=is_active", as_=org.owner, json={"name": "Cup"}, headers=RETURNED)
    assert item.text == "is_active\nt"


async def test_columns_of_one_name_and_of_long_names_keep_their_places(rest, org):
    row = {"first_name": "=1", "last_name": "Adel"}
    assert (await rest("POST", "customers", as_=org.owner, json=row)).status_code == 201
    twice = await rest("GET", "customers?select=orders:first_name,orders(id)", as_=org.owner, headers=CSV)
    assert twice.text == "orders,orders\n'=1,[]"
    long = "ن" * 40
    answer = await rest("GET", f"customers?select={long}:first_name,last_name", as_=org.owner, headers=CSV)
    assert answer.text == f"{long[:31]},last_name\n'=1,Adel"
