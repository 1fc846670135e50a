"""The hints of refusals in words of this endpoint: a domain says what would help, and here with which tool."""

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
    """Return the refusal with the words of its hint in the message; None where it has no hint that is known here."""
    words = WORDS.get(refusal.details.get("hint", ""))
    if words is None:
        return None
    details = {name: value for name, value in refusal.details.items() if name != "hint"}
    return type(refusal)(f"{refusal.message}; {words}", **details)
