"""Order numbers as people write them: a leading #, dashes of any kind, digits of Arabic."""

import pytest

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("spelt", ["{}", "#{}", "# {}", " {} ", "\u2011{}", "lower", "arabic"])
async def test_an_order_is_found_by_each_spelling_of_its_number(mcp, tenants, org, spelt):
    with tenants.database() as db:
        (number,) = db.execute(
            "INSERT INTO orders (organization_id, currency) VALUES (%s, 'EGP') RETURNING order_number", (org.id,)
        ).fetchone()
    written = {
        "\u2011{}": number.replace("-", "\u2011"),
        "lower": number.lower(),
        "arabic": number.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
    }.get(spelt, spelt.format(number))
    found = await mcp("nexus_get_order", {"order_id": written}, as_=org.agent())
    assert found.get("order_number") == number or found.get("order", {}).get("order_number") == number, found
