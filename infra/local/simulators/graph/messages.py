"""Messages of the business: checked, limited, recorded, and followed by status webhooks."""

from datetime import timedelta
from typing import Any

from . import checks, webhooks
from .errors import Faulted, GraphError
from .records import Account, Customer, Line
from .world import World

Json = dict[str, Any]
HUMAN_AGENT_WINDOW = timedelta(days=7)
STEP_S = 0.15
"""Seconds between accepted, sent and delivered."""


def send(world: World, account: Account, body: Json) -> tuple[Json, Faulted | None]:
    """Return the answer, and the fault that strikes it on its way.

    Raises:
        GraphError: for what Meta refuses at once.
    """
    if account.channel == "whatsapp":
        return _send_whatsapp(world, account, body)
    return _send_messenger(world, account, body)


def _send_whatsapp(world: World, account: Account, body: Json) -> tuple[Json, Faulted | None]:
    if body.get("status") == "read":
        return _mark_read(world, account, body), None
    if not account.registered:
        raise GraphError(133010)
    kind = checks.check_whatsapp(body)
    if kind == "template":
        checks.check_template(account, body["template"])
    named = str(body.get("to") or body["recipient"])
    customer = world.find_customer(named)
    fault = world.faults.next(account.id, customer.id)
    world.limits.take(account.id, customer.id, per_s=account.messages_per_s)
    content = body[kind] if isinstance(body[kind], dict) else {kind: body[kind]}
    line = world.new_line(account, customer, kind, content, opaque=body.get("biz_opaque_callback_data"))
    if fault is None or fault.accepted:
        closed = kind != "template" and world.is_closed(account.id, customer.id)
        _accept(world, account, customer, line, late=131047 if closed else _late(fault))
    given = {"input": named} | ({"wa_id": customer.id} if body.get("to") else {"user_id": customer.user_id})
    message: Json = {"id": line.message_id}
    if kind == "template" or (fault and fault.name == "held"):
        message["message_status"] = "held_for_quality_assessment" if fault and fault.name == "held" else "accepted"
    return {"messaging_product": "whatsapp", "contacts": [given], "messages": [message]}, fault


def _send_messenger(world: World, account: Account, body: Json) -> tuple[Json, Faulted | None]:
    kind = checks.check_messenger(account.channel, body)
    customer = world.find_customer(str(body["recipient"].get("id", "")))
    if "sender_action" in body:
        return {"recipient_id": customer.id}, None
    fault = world.faults.next(account.id, customer.id)
    human = body.get("tag") == "HUMAN_AGENT"
    if world.is_closed(account.id, customer.id, after=HUMAN_AGENT_WINDOW if human else timedelta(hours=24)):
        raise GraphError(10, subcode=2534022 if account.channel == "instagram" else 2018278)
    world.limits.take_of_account(account.id, per_s=account.messages_per_s)
    message = body["message"]
    content = {"text": message["text"]} if kind == "text" else {"attachments": [message["attachment"]]}
    metadata = message.get("metadata")
    line = world.new_line(account, customer, kind, content, opaque=metadata)
    if fault is None or fault.accepted:
        _accept(world, account, customer, line, late=_late(fault))
        update = webhooks.echo(account, customer, line, app_id="1", metadata=metadata)
        world.tell(account, [webhooks.update_for(account, update, at=line.at.timestamp())])
    return {"recipient_id": customer.id, "message_id": line.message_id}, fault


def _late(fault: Faulted | None) -> int | None:
    return int(fault.name.removeprefix("late-")) if fault and fault.name.startswith("late-") else None


def _accept(world: World, account: Account, customer: Customer, line: Line, *, late: int | None) -> None:
    line.status = "failed" if late else "delivered"
    world.write_down(line)
    statuses: list[tuple[str, Json | None]] = [("sent", None), ("delivered", None)]
    if account.channel != "whatsapp":
        statuses = statuses[1:] if not late else []
    elif late:
        statuses = [("failed", GraphError(late).in_status())]
    world.tell(
        account,
        [
            webhooks.update_for(
                account,
                webhooks.status(account, customer, line, word, error=error),
                at=line.at.timestamp(),
                after_s=STEP_S * step,
            )
            for step, (word, error) in enumerate(statuses, 1)
        ],
    )


def _mark_read(world: World, account: Account, body: Json) -> Json:
    """Accept a read receipt, perhaps with the typing sign."""
    for name in body:
        if name not in {"messaging_product", "status", "message_id", "typing_indicator"}:
            raise GraphError(100, f'Unexpected key "{name}".')
    if body.get("messaging_product") != "whatsapp" or not body.get("message_id"):
        raise GraphError(131008, "Required parameter message_id is missing.")
    if "typing_indicator" in body and body["typing_indicator"] != {"type": "text"}:
        raise GraphError(131009, "Param typing_indicator is not valid.")
    try:
        line = world.line(str(body["message_id"]))
    except GraphError:
        return {"success": True}  # written before the simulator started
    if line.account_id == account.id and line.by_customer:
        line.status = "read"
    return {"success": True}
