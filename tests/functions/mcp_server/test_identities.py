"""A contact and an item are found as they are made: by any spelling of a phone, an e-mail address, an SKU."""

import uuid

import psycopg
import pytest

PHONES = [
    "01012345678",
    "+20 (0)10 1234 5678",
    "tel:+201012345678",
    "010–1234–5678",
    "010\u200e 1234\u202c 5678",
    "٠١٠ـ١٢٣٤ـ٥٦٧٨",
    "0020 10 1234 5678",
    "201012345678",
    "+2001012345678",
]
EMAILS = [
    "mona@example.com",
    "Mona@Example.com",
    "mailto:mona@example.com",
    "mona@example.com.",
    "mona\u200b@example\u200e.com",
    "\u202amona@example.com\u202c",
    "<mona@example.com>",
]
SKUS = [
    "TSHIRT-2024 M",
    "tshirt-2024 m",
    "TSHIRT-2024M",
    "TSHIRT-٢٠٢٤ M",
    "TSHIRT\u200f-2024  M",
    "ＴＳＨＩＲＴ-2024 m",
]
FORMS = [
    ("+5511987654321", "+551187654321"),
    ("+525512345678", "+5215512345678"),
    ("+5491123456789", "+541123456789"),
]


@pytest.fixture
def item(tenants):
    """Provide `item(org, sku)`: its id."""

    def insert(org, sku):
        with tenants.database() as database:
            row = database.execute(
                "INSERT INTO items (organization_id, name, sku, selling_price)"
                " VALUES (%s, 'Shirt', %s, 100) RETURNING id",
                (org.id, sku),
            ).fetchone()
        return str(row[0])

    return insert


@pytest.mark.parametrize("spelt", PHONES)
async def test_a_phone_is_looked_up_and_searched_as_it_is_created(mcp, org, other_org, spelt):
    agent = org.agent()
    made = await mcp("nexus_create_contact", {"first_name": "Mona", "phone": PHONES[0]}, as_=agent)
    await mcp("nexus_create_contact", {"first_name": "Theirs", "phone": PHONES[0]}, as_=other_org.agent())
    again = await mcp("nexus_create_contact", {"first_name": "M", "phone": spelt}, as_=agent)
    listed = await mcp("nexus_list_contacts", {"phone": spelt}, as_=agent)
    named = await mcp("nexus_list_contacts", {"search": spelt}, as_=agent)
    found = await mcp("nexus_search", {"query": spelt}, as_=agent)
    wanted = made["contact"]["id"]
    assert (again["created"], again["contact"]["id"]) == (False, wanted)
    assert [each["id"] for each in listed["data"]] == [each["id"] for each in named["data"]] == [wanted]
    assert [(each["id"], each["matched"]) for each in found["data"]] == [(wanted, "code")]


@pytest.mark.parametrize("digits", ["5678", "345678", "2345678", "12345678", "٢٣٤٥٦٧٨", "1012345678"])
async def test_a_phone_is_found_by_its_last_digits(mcp, org, digits):
    agent = org.agent()
    made = await mcp("nexus_create_contact", {"first_name": "Mona", "phone": PHONES[0]}, as_=agent)
    listed = await mcp("nexus_list_contacts", {"phone": digits}, as_=agent)
    assert [each["id"] for each in listed["data"]] == [made["contact"]["id"]]


@pytest.mark.parametrize("number", ["+20 10 1234 56", "+54 9 11 2345-6789"])
async def test_a_number_is_found_as_it_was_made_valid_or_not(mcp, org, number):
    agent = org.agent()
    made = await mcp("nexus_create_contact", {"first_name": "Ali", "phone": number}, as_=agent)
    for spelt in (number, made["contact"]["phone_number"], made["contact"]["phone_number"][3:]):
        listed = await mcp("nexus_list_contacts", {"phone": spelt}, as_=agent)
        assert [each["id"] for each in listed["data"]] == [made["contact"]["id"]]


@pytest.mark.parametrize("spelt", EMAILS)
async def test_an_address_is_looked_up_and_searched_as_it_is_created(mcp, org, spelt):
    agent = org.agent()
    made = await mcp("nexus_create_contact", {"first_name": "Mona", "email": spelt}, as_=agent)
    again = await mcp("nexus_create_contact", {"first_name": "M", "email": EMAILS[0]}, as_=agent)
    listed = await mcp("nexus_list_contacts", {"email": spelt}, as_=agent)
    found = await mcp("nexus_search", {"query": spelt}, as_=agent)
    wanted = made["contact"]["id"]
    assert made["contact"]["email"].lower() == "mona@example.com"
    assert (again["created"], again["contact"]["id"]) == (False, wanted)
    assert [each["id"] for each in listed["data"]] == [wanted]
    assert [(each["id"], each["matched"]) for each in found["data"]] == [(wanted, "code")]


@pytest.mark.parametrize(("one", "other"), FORMS + [(other, one) for one, other in FORMS])
async def test_both_forms_of_a_number_are_one_contact_on_every_surface(mcp, org, tenants, one, other):
    insert = "INSERT INTO customers (organization_id, phone_number) VALUES (%s, %s)"
    with tenants.database() as database:
        database.execute(insert, (org.id, one))
        with pytest.raises(psycopg.Error, match="another contact has this phone"):
            database.execute(insert, (org.id, other))
    agent = org.agent()
    again = await mcp("nexus_create_contact", {"first_name": "M", "phone": other}, as_=agent)
    found = await mcp("nexus_list_contacts", {"phone": other}, as_=agent)
    assert again["created"] is False
    assert [each["id"] for each in found["data"]] == [again["contact"]["id"]]


async def test_a_number_without_its_plus_is_read_with_it(mcp, org):
    made = await mcp("nexus_create_contact", {"first_name": "Noura", "phone": "966551234567"}, as_=org.agent())
    assert made["contact"]["phone_number"] == "+966551234567"
    assert made["contact"]["phone_valid"] is True


async def test_a_number_that_is_possible_but_not_valid_says_so(mcp, org):
    agent = org.agent()
    made = await mcp("nexus_create_contact", {"first_name": "Ali", "phone": "+20 10 1234 56"}, as_=agent)
    asked = {"customer_id": made["contact"]["id"]}
    shown = await mcp("nexus_get_contact", asked, as_=agent)
    moved = await mcp("nexus_update_contact", asked | {"phone": "01012345678"}, as_=agent)
    gone = await mcp("nexus_update_contact", asked | {"phone": None}, as_=agent)
    told = [each["contact"]["phone_valid"] for each in (made, shown, moved, gone)]
    assert told == [False, False, True, None]


async def test_an_id_of_a_channel_makes_no_phone(mcp, org):
    refused = await mcp("nexus_create_contact", {"first_name": "X", "phone": "EG.1012345678"}, as_=org.agent())
    assert (refused["is_error"], refused["error"]) == (True, "invalid_phone")


@pytest.mark.parametrize("spelt", SKUS)
async def test_an_item_is_found_and_ordered_by_any_spelling_of_its_sku(mcp, org, other_org, item, spelt):
    wanted = item(org, SKUS[0])
    item(other_org, SKUS[0])
    agent = org.agent()
    contact = await mcp("nexus_create_contact", {"first_name": "Mona"}, as_=agent)
    listed = await mcp("nexus_list_inventory", {"sku": spelt}, as_=agent)
    searched = await mcp("nexus_list_inventory", {"search": spelt}, as_=agent)
    stock = await mcp("nexus_check_stock", {"sku": spelt}, as_=agent)
    found = await mcp("nexus_search", {"query": spelt}, as_=agent)
    lines = [{"sku": spelt, "qty": 2}]
    order = await mcp("nexus_create_order", {"customer_id": contact["contact"]["id"], "items": lines}, as_=agent)
    assert [each["item_id"] for each in listed["data"]] == [each["item_id"] for each in searched["data"]] == [wanted]
    assert stock["item_id"] == wanted
    assert [(each["id"], each["matched"]) for each in found["data"]] == [(wanted, "code")]
    assert (order["is_error"], order["total_amount"]) == (False, 200)


@pytest.mark.parametrize("spelt", SKUS)
def test_an_sku_is_one_in_all_its_spellings(org, other_org, item, spelt):
    item(org, SKUS[0])
    item(other_org, spelt)
    with pytest.raises(psycopg.errors.UniqueViolation):
        item(org, spelt)
    item(org, f"{spelt}-{uuid.uuid4().hex[:4]}")


STORED = [
    "+201234560567",
    "+20345600567",
    "+966500123456",
    "+971501002003",
    "+96550010020",
    "+9647901000321",
    "+393331000045",
    "+390101234567",
    "+12015550123",
    "+5511987650432",
    "+525512300045",
    "+5491123450067",
    "+212600000021",
]


@pytest.mark.parametrize("number", STORED)
async def test_a_phone_is_found_by_each_of_its_endings(mcp, org, number):
    agent = org.agent()
    made = await mcp("nexus_create_contact", {"first_name": "Mona", "phone": number}, as_=agent)
    missed = []
    for digits in (number[-length:] for length in range(4, len(number))):
        listed = await mcp("nexus_list_contacts", {"phone": digits}, as_=agent)
        named = await mcp("nexus_list_contacts", {"search": digits}, as_=agent)
        found = await mcp("nexus_search", {"query": digits}, as_=agent)
        ids = [{each["id"] for each in answer["data"]} for answer in (listed, named, found)]
        missed += [digits] * any(known != {made["contact"]["id"]} for known in ids)
    assert missed == []


async def test_a_code_that_could_be_a_phone_is_still_a_code(mcp, org, tenants):
    with tenants.database() as database:
        item = database.execute(
            "INSERT INTO items (organization_id, name, barcode) VALUES (%s, 'Shirt', '34560567') RETURNING id",
            (org.id,),
        ).fetchone()
    found = await mcp("nexus_search", {"query": "34560567"}, as_=org.agent())
    assert [each["id"] for each in found["data"]] == [str(item[0])]
