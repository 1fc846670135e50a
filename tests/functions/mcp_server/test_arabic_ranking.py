"""Who is asked for by a full Arabic name comes first among those who share the words of it."""

import pytest

NAMES = [
    "محمد أحمد",
    "محمد أحمد علي",
    "محمد أحمد علي حسن",
    "أحمد محمد",
    "أحمد محمد علي",
    "علي محمد أحمد",
    "علي أحمد محمد",
    "علي حسن",
    "حسن علي",
    "حسن علي محمد",
    "حسن محمد علي",
    "محمد علي حسن",
    "محمد حسن علي",
    "محمد حسن",
    "محمود أحمد",
    "محمود أحمد حسن",
    "أحمد محمود",
    "أحمد محمود علي",
    "فاطمة علي",
    "فاطمة علي محمد",
    "فاطمة الزهراء علي",
    "منى محمد علي",
    "منى علي محمد",
    "عبد الرحمن محمد",
    "عبد الرحمن محمد علي",
]


@pytest.fixture
def crowd(org, tenants):
    with tenants.database() as database:
        for name in NAMES:
            first, _, last = name.partition(" ")
            database.execute(
                "INSERT INTO customers (organization_id, first_name, last_name) VALUES (%s, %s, %s)",
                (org.id, first, last),
            )


async def test_the_full_name_comes_first_for_each_of_25(mcp, org, crowd):
    agent = org.agent()
    first = [(await mcp("nexus_search", {"query": name, "kinds": ["contact"]}, as_=agent))["data"][0] for name in NAMES]
    assert [each["title"] for each in first] == NAMES


async def test_another_spelling_of_the_name_has_the_same_rank(mcp, org, crowd):
    agent = org.agent()
    for spelt, name in (("محمّد احمد على حسن", NAMES[2]), ("فاطمه الزهراء علي", NAMES[20]), ("منى محمد على", NAMES[21])):
        found = await mcp("nexus_search", {"query": spelt, "kinds": ["contact"]}, as_=agent)
        assert found["data"][0]["title"] == name
