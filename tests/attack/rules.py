"""Rules that tools keep, broken through the tables."""

from tests.attack.outcome import refused
from tests.attack.registry import Broken, attack
from tests.attack.stage import Stage, tag


@attack("rules")
async def make_a_contact_of_nothing(stage: Stage) -> str:
    """A contact has a name, a phone or an e-mail."""
    refused(await stage.shop.insert("customers", {"notes": "nobody"}))
    return refused(await stage.shop.insert("customers", {"first_name": "  ", "email": None}), of="blank")


@attack("rules")
async def sell_what_is_not_sold(stage: Stage) -> str:
    """No line names an inactive item."""
    item = await stage.item(is_active=False)
    order = await stage.shop.made("orders", notes="attack")
    return refused(await stage.shop.insert("order_items", {"order_id": order["id"], "item_id": item["id"], "qty": 1}))


@attack("rules")
async def confirm_an_empty_order(stage: Stage) -> str:
    """An order without lines is not confirmed."""
    order = await stage.shop.made("orders", notes="attack")
    return refused(await stage.shop.update("orders", f"id=eq.{order['id']}", {"order_status": "confirmed"}))


@attack("rules")
async def order_in_no_currency(stage: Stage) -> str:
    """An order that names no currency is in the organization's."""
    order = await stage.shop.made("orders", notes="attack")
    currency = (await stage.organization())["currency"]
    if order["currency"] != currency:
        raise Broken(f"{order['currency']} in a shop of {currency}")
    return str(currency)


@attack("rules")
async def make_stock_of_nothing(stage: Stage) -> str:
    """A transfer moves as much out as in."""
    item = await stage.item()
    warehouses = [row["id"] for row in await stage.shop.rows("warehouses?select=id&limit=2")]
    while len(warehouses) < 2:
        warehouses.append((await stage.shop.made("warehouses", name=f"Attack {tag()}"))["id"])
    told = ""
    for quantities in ([10], [-5, 7]):
        rows = [
            {"inventory_item_id": item["id"], "warehouse_id": place, "movement_type": "transfer", "quantity": quantity}
            for quantity, place in zip(quantities, warehouses, strict=False)
        ]
        told = refused(await stage.shop.insert("stock_movements", rows), of=str(quantities))
    return told


@attack("rules")
async def turn_dinars_to_pounds(stage: Stage) -> str:
    """Amounts fit their currency, also after it is changed."""
    order = await stage.shop.made("orders", currency="KWD", notes="attack")
    await stage.shop.made("order_items", order_id=order["id"], name="Line", qty=1, unit_price=1.255)
    told = refused(await stage.shop.update("orders", f"id=eq.{order['id']}", {"currency": "EGP"}))
    refused(await stage.shop.insert("orders", {"currency": "ZZZ"}), of="ZZZ")
    return told


@attack("rules")
async def reprice_the_catalogue_in_silence(stage: Stage) -> str:
    """The organization's currency does not change under its prices, and is one that exists."""
    await stage.item()
    organization = await stage.organization()
    told = ""
    for change in ({"currency": "KWD"}, {"currency": "ZZZ"}, {"country": "XX"}, {"timezone": "Mars/Olympus"}):
        told = refused(await stage.shop.update("organizations", f"id=eq.{organization['id']}", change), of=str(change))
    return told
