"""What the database queues for delivery."""

import pytest

from shared.kernel.errors import Refusal


async def test_the_database_queues_no_invisible_text(number, chat_with, tx_as):
    chat = await chat_with(number)
    sql = "SELECT app.queue_message(jsonb_build_object('chat_id', %(chat)s::text, 'content', %(text)s::text,"
    sql += " 'message_type', 'text'), '{}')"
    with pytest.raises(Refusal) as refused:
        async with tx_as(number.org.agent()) as tx:
            await tx.run(sql, chat=str(chat), text="\u200b")
    assert (refused.value.code, refused.value.details["field"]) == ("invisible_text", "content")
