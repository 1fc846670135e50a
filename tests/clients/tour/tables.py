"""The tour's steps over /functions/v1 and /rest/v1."""

import json
from typing import Any

from tests.clients.tour.stage import PASSWORD, Stage, Step


def make_an_organization(stage: Stage) -> Any:
    made = invoke(stage, "organization-create", {"name": "Tour shop", "country": "EG", "currency": "EGP"})
    stage.met["organization"] = made["id"]
    stage.person.auth.refresh_session()
    told: Any = stage.person.auth.get_claims()
    return {"name": made["name"], "role in token": told["claims"]["app_metadata"]["org_role"]}


def invoke(stage: Stage, name: str, body: dict[str, Any] | None = None, method: str = "POST") -> Any:
    answer: Any = stage.person.functions.invoke(name, {"body": body or {}, "method": method})
    return json.loads(answer)


def customers(stage: Stage) -> Any:
    return stage.person.table("customers")


def rows(query: Any) -> Any:
    return query.execute().data


def names(query: Any) -> list[str]:
    return [row["first_name"] for row in rows(query)]


def insert_and_return(stage: Stage) -> Any:
    row = {"first_name": "ياسمين", "tags": ["vip"], "customer_score": 7, "phone_number": "+201590000001"}
    (made,) = rows(customers(stage).insert(row))
    return {name: made[name] for name in ("first_name", "tags", "customer_score")}


def insert_several(stage: Stage) -> Any:
    people = [
        {"first_name": name, "email": f"{name}@example.com".lower(), "customer_score": score}
        for score, name in enumerate(("Amal", "Badr", "Basma"), 1)
    ]
    return {"rows": len(rows(customers(stage).insert(people)))}


def counted(query: Any) -> Any:
    answer = query.execute()
    return {"count": answer.count, "rows": len(answer.data or [])}


def maybe_none(stage: Stage) -> Any:
    answer = customers(stage).select("*").eq("first_name", "Nobody").maybe_single().execute()
    return {"row": answer.data if answer else None}


def update(stage: Stage) -> Any:
    changed = rows(customers(stage).update({"company": "Lotus"}).eq("first_name", "Amal"))
    return [{name: row[name] for name in ("first_name", "company")} for row in changed]


def delete(stage: Stage) -> Any:
    labels = stage.person.table("labels")
    rows(labels.insert({"name": "seen once"}))
    return [row["name"] for row in rows(stage.person.table("labels").delete().eq("name", "seen once"))]


def an_order_with_lines(stage: Stage) -> Any:
    (amal,) = rows(customers(stage).select("id,first_name").eq("first_name", "Amal"))
    (order,) = rows(stage.person.table("orders").insert({"customer_id": amal["id"], "currency": "EGP"}))
    lines = [
        {"order_id": order["id"], "name": f"Lantern {quantity}", "qty": quantity, "unit_price": 150}
        for quantity in (1, 2)
    ]
    made = rows(stage.person.table("order_items").insert(lines))
    return {"lines": len(made), "customer": amal["first_name"]}


def embed(stage: Stage) -> Any:
    (order,) = rows(stage.person.table("orders").select("customers(first_name),order_items(qty)"))
    quantities = sorted(float(line["qty"]) for line in order["order_items"])
    return {"customer": order["customers"]["first_name"], "quantities": quantities}


def filter_by_what_is_embedded(stage: Stage) -> Any:
    query = stage.person.table("orders").select("id,customers!inner(first_name)")
    return {"orders": len(rows(query.eq("customers.first_name", "Amal")))}


def csv(stage: Stage) -> Any:
    text = rows(customers(stage).select("first_name").order("first_name").csv())
    return {"first line": text.splitlines()[0]}


def another_tenant(stage: Stage) -> Any:
    stage.other.auth.sign_up({"email": f"other-{stage.email}", "password": PASSWORD})
    stage.other.functions.invoke("organization-create", {"body": {"name": "Other shop"}})
    stage.other.auth.refresh_session()
    stage.other.table("customers").insert({"first_name": "Their own"}).execute()
    return names(stage.other.table("customers").select("first_name"))


STEPS: dict[str, Step] = {
    "functions: make an organization": make_an_organization,
    "functions: read the usage": lambda stage: {"plan": invoke(stage, "agent-usage", method="GET")["plan"]},
    "functions: a body that is none": lambda stage: invoke(stage, "organization-create", {"name": 7}),
    "functions: one that is not there": lambda stage: invoke(stage, "no-such-function"),
    "functions: as nobody": lambda stage: stage.stranger.functions.invoke("agent-usage", {"method": "GET"}),
    "rest: insert and return": insert_and_return,
    "rest: insert several": insert_several,
    "rest: filter by equality": lambda stage: names(customers(stage).select("first_name").eq("customer_score", 3)),
    "rest: filter by pattern": lambda stage: names(
        customers(stage).select("first_name").ilike("first_name", "b*").order("customer_score", desc=True)
    ),
    "rest: filter by list": lambda stage: names(
        customers(stage).select("first_name").in_("first_name", ["Amal", "Badr"]).order("first_name")
    ),
    "rest: one or the other": lambda stage: names(
        customers(stage).select("first_name").or_("customer_score.gt.5,first_name.eq.Amal").order("customer_score")
    ),
    "rest: not": lambda stage: names(
        customers(stage).select("first_name").not_.is_("email", "null").order("first_name")
    ),
    "rest: an array contains": lambda stage: names(customers(stage).select("first_name").contains("tags", ["vip"])),
    "rest: order and page": lambda stage: names(
        customers(stage).select("first_name").order("customer_score").range(1, 2)
    ),
    "rest: count": lambda stage: counted(customers(stage).select("id", count="exact").limit(2)),
    "rest: count alone": lambda stage: counted(customers(stage).select("id", count="exact", head=True)),
    "rest: a single row": lambda stage: rows(customers(stage).select("first_name").eq("first_name", "Amal").single()),
    "rest: a single row of several": lambda stage: rows(customers(stage).select("first_name").single()),
    "rest: maybe none": maybe_none,
    "rest: update": update,
    "rest: an order with lines": an_order_with_lines,
    "rest: embed to one and to many": embed,
    "rest: filter by what is embedded": filter_by_what_is_embedded,
    "rest: csv": csv,
    "rest: delete": delete,
    "rest: a contact is not deleted": lambda stage: names(customers(stage).delete().eq("first_name", "Badr")),
    "rest: an unknown table": lambda stage: rows(stage.person.table("no_such_table").select("*")),
    "rest: an unknown column": lambda stage: rows(customers(stage).select("no_such_column")),
    "rest: an unknown function": lambda stage: rows(stage.person.rpc("no_such_function", {})),
    "rest: another tenant": another_tenant,
}
