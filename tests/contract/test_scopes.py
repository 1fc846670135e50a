"""Which functions ask for no scope, and why: a new one is put on this list, or declares its scope."""

from infra import functions
from shared.edge.spec import SERVICE_ONLY

SIGNED = "a provider calls it: its signature is the right, and no token comes along"
WITHOUT_SCOPE = {
    "agent-auth": "comes before a token: the key in the body is the right, and its scopes go into the token",
    "agent-register": "comes before a token: it makes the organization and the key",
    "auth": "people's own accounts, which belong to no organization's scopes; /auth/v1 asks for passwords and sessions",
    "discovery": "says nothing of anybody",
    "mcp-server": "each tool declares its scope, and is refused without it",
    "media-file": "the signed link is the right; media-link asks for `read`",
    "meta-webhook": SIGNED,
    "organization-create": "a person who has no organization yet has no scope in one",
    "rest": "app.enter asks for `read` or `write` by the method, and the policies by table and verb",
    "storage": "the policies of storage.objects ask for `read` or `write` by bucket and verb",
    "unserved": "refuses everything",
    "wa-webhook": SIGNED,
    "whatsapp-status-webhook": SIGNED,
    "whatsapp-webhook": SIGNED,
}
"""Of those that others than the service may call: its key has every right, and no scope narrows it."""


def test_functions_without_a_scope_are_listed_with_a_reason():
    found = {spec.name for spec in functions.specs() if spec.scope is None and spec.access != SERVICE_ONLY}
    assert found == WITHOUT_SCOPE.keys()


def test_no_function_of_the_service_alone_declares_a_scope():
    declared = {spec.name for spec in functions.specs() if spec.scope is not None and spec.access == SERVICE_ONLY}
    assert declared == set()
