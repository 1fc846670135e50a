"""The hints of refusals in terms of this endpoint: a domain says what helps, and this module names the tool."""

from shared.kernel.errors import Refusal

WORDS = {
    "find_contact": "find it with nexus_list_contacts or nexus_search",
    "find_order": "find it with nexus_list_orders or nexus_search",
    "find_item": "find it with nexus_list_inventory or nexus_search",
    "send_template": "a template is sent with nexus_send_message",
    "list_templates": "the function whatsapp-get-templates lists those that can be sent",
    "connect_channel": (
        "no tool does it; the functions are save-whatsapp-credentials and save-page-credentials, and channel-list says "
        "what is connected"
    ),
}


def with_tools(refusal: Refusal) -> Refusal | None:
    """Return the refusal with its hint as text in the message; None if this module does not know the hint."""
    words = WORDS.get(refusal.details.get("hint", ""))
    if words is None:
        return None
    details = {name: value for name, value in refusal.details.items() if name != "hint"}
    return type(refusal)(f"{refusal.message}; {words}", **details)
