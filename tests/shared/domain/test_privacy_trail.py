"""The trail of changes to the data of a person."""

import json

import pytest


@pytest.fixture
def trail_of(tenants):
    """Return the trail as the view shows it."""

    def read(org):
        with tenants.database() as db:
            rows = db.execute(
                "SELECT to_jsonb(t)::text FROM audit_trail t WHERE organization_id = %s", (org.id,)
            ).fetchall()
        return [json.loads(row[0]) for row in rows]

    return read


async def test_the_trail_names_rows_by_their_key_and_keeps_from_and_to(trail_of, org, known, tenants):
    ids = known(org)
    with tenants.database() as db:
        db.execute(
            "WITH label AS (INSERT INTO labels (organization_id, name) VALUES (%(org)s, 'vip') RETURNING id)"
            " INSERT INTO customer_labels (organization_id, customer_id, label_id)"
            " SELECT %(org)s, %(contact)s, id FROM label",
            ids,
        )
    trail = trail_of(org)
    worn = next(each for each in trail if each["action"] == "customer_labels.insert")
    changed = next(each for each in trail if each["action"] == "customers.update")
    assert worn["entity_key"]["customer_id"] == ids["contact"]
    assert set(worn["entity_key"]) == {"customer_id", "label_id"}
    assert changed["changes"]["customer_score"] == {"from": 0, "to": 7}
    assert changed["changes"]["address"] == {"from": None, "to": {"city": "Zamalek"}}
