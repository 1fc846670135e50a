"""One person or thing in many spellings."""

from typing import Any

from tests.attack.outcome import readable, refused
from tests.attack.registry import Broken, attack
from tests.attack.stage import Caller, Stage, tag


async def _found(caller: Caller, tool: str, rows: str, **arguments: Any) -> list[dict[str, Any]]:
    told = readable(await caller.tool(tool, **arguments))["result"]["structuredContent"]
    found: list[dict[str, Any]] = told.get(rows, [])
    return found


@attack("identities")
async def write_a_phone_in_another_way(stage: Stage) -> str:
    """Look-up reads phones as creation does, and one phone is one contact."""
    number = "010" + str(int(tag(), 16))[-8:]
    agent = await stage.agent("read", "write")
    made = readable(await agent.tool("nexus_create_contact", first_name="Attack", phone=number))
    contact = made["result"]["structuredContent"]
    local = number[1:]
    arabic = number.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    for spelling in (
        f"+20 (0){local[:2]} {local[2:6]} {local[6:]}",
        f"tel:+20{local}",
        f"0020{local}",
        f"+20{local[:4]}–{local[4:]}",
        f"\u200e+20{local}\u200f",
        arabic,
    ):
        again = readable(await agent.tool("nexus_create_contact", first_name="Attack", phone=spelling))
        if again["result"]["structuredContent"].get("created"):
            raise Broken(f"{spelling!a} made a second contact")
        if len(await _found(agent, "nexus_list_contacts", "data", phone=spelling)) != 1:
            raise Broken(f"{spelling!a} finds nobody")
    return f"{contact.get('phone_number', number)} found in 6 spellings"


@attack("identities")
async def write_an_address_in_another_way(stage: Stage) -> str:
    """One e-mail address is one contact."""
    agent, address = await stage.agent("read", "write"), f"attack-{tag()}@example.com"
    readable(await agent.tool("nexus_create_contact", first_name="Attack", email=address))
    for spelling in (address.upper(), f"mailto:{address}", f"{address}.", f"\u200b{address}", f" {address} "):
        again = readable(await agent.tool("nexus_create_contact", first_name="Attack", email=spelling))
        if again["result"].get("isError"):
            continue
        if again["result"]["structuredContent"].get("created"):
            raise Broken(f"{spelling!a} made a second contact")
    return "5 spellings, one contact"


@attack("identities")
async def write_a_code_in_another_way(stage: Stage) -> str:
    """A SKU is one item's, in every spelling."""
    code = f"ATK {tag()[:6]} 12"
    await stage.item(sku=code)
    told = ""
    for spelling in (code.lower(), code.replace(" ", ""), code.replace("12", "١٢"), f"\u200f{code}"):
        told = refused(await stage.shop.insert("items", {"name": "Attack", "sku": spelling}), of=ascii(spelling))
    return told
