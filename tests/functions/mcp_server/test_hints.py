"""What would help after a refusal: the domain gives a hint, and this endpoint names its tool."""

import re
import uuid
from pathlib import Path

from functions.mcp_server.hints import WORDS, with_tools
from shared.kernel.errors import Conflict, NotFound

DOMAIN = {path: path.read_text() for path in (Path(__file__).parents[3] / "shared/domain").rglob("*.py")}


def test_every_hint_of_the_domain_has_words_here():
    assert {hint for text in DOMAIN.values() for hint in re.findall(r'hint="(\w+)"', text)} == set(WORDS)


def test_the_domain_names_no_tool():
    assert [str(path) for path, text in DOMAIN.items() if re.search(r"\bnexus_[a-z]+_?[a-z]*\b", text)] == []


def test_only_a_known_hint_changes_a_refusal():
    named = with_tools(Conflict("no such order", hint="find_order", other=1))
    assert isinstance(named, Conflict)
    assert (named.message, named.details) == (f"no such order; {WORDS['find_order']}", {"other": 1})
    assert (with_tools(NotFound()), with_tools(NotFound(hint="unheard_of"))) == (None, None)


async def test_a_refusal_names_the_tool_at_first_and_when_it_is_repeated(mcp, org):
    arguments = {"customer_id": str(uuid.uuid4()), "items": [{"sku": "none", "qty": 1}], "idempotency_key": "k"}
    first = await mcp("nexus_create_order", arguments, as_=org.agent())
    again = await mcp("nexus_create_order", arguments, as_=org.agent())
    assert ("nexus_list_inventory" in first["message"], "hint" in first) == (True, False)
    assert again["message"] == first["message"]
