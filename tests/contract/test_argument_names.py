"""Arguments in camelCase and in snake_case, and the id of an organization in a body."""

import re

import pytest

CAMEL = [
    ("whatsapp-send-template", {"chatId": 1, "templateName": "order_update", "language": "ar", "components": []}),
    ("whatsapp-send-template", {"phoneNumber": "+201012345678", "templateName": "x", "language": "ar", "channelId": 2}),
    ("whatsapp-get-templates", {"channelId": 2, "onlyApproved": "false"}),
    ("mark-as-read", {"chatId": 1, "unread": True}),
    ("conversation-archive", {"chatId": 1, "isArchived": False}),
    ("conversation-assign", {"chatId": 1, "assignedTo": None}),
]


@pytest.mark.parametrize(("function", "asked"), CAMEL)
async def test_names_may_be_camel_case_and_another_organization_is_404(
    *, call, number, chat_with, other_org, function, asked
):
    ids = {1: await chat_with(number), 2: str(number.id)}
    camel = {name: ids[value] if type(value) is int else value for name, value in asked.items()}
    snake = {re.sub("([A-Z])", lambda found: f"_{found[1].lower()}", name): value for name, value in camel.items()}
    get = function == "whatsapp-get-templates"

    async def send(body):
        sent = {"method": "GET", "params": body} if get else {"json": body}
        answer = await call(function, as_=number.org.agent(), **sent)
        return answer.status_code, answer.json().get("error")

    told = [
        await send({**body, name: str(number.org.id)})
        for body, name in ((camel, "organizationId"), (snake, "organization_id"))
    ]
    assert told[0] == told[1]
    assert told[0][0] != 422, told
    assert await send({**camel, "organizationId": str(other_org.id)}) == (404, "not_found")
