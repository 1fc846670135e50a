"""What the channel tells is taken whatever a conversation holds: full counts, colleagues who have left."""

import uuid

import pytest

from infra.migrate import MIGRATIONS

MOST = 1_000_000_000


@pytest.fixture
def unread(altered, world):
    """Provide `unread(5)`: what the count is after one more message arrived in a conversation that had 5."""

    def receive(count, *, mended=False):
        (chat,) = altered.execute(
            "INSERT INTO chats (organization_id, platform, platform_chat_id, unread_count)"
            " VALUES (%s, 'whatsapp', %s, %s) RETURNING id",
            [world.own.id, uuid.uuid4().hex, count],
        ).fetchone()
        if mended:
            altered.execute((MIGRATIONS / "nexus" / "0039_unread_counts.sql").read_bytes())
        altered.execute(
            "INSERT INTO messages (organization_id, chat_id, direction, content) VALUES (%s, %s, 'inbound', 'salam')",
            [world.own.id, chat],
        )
        (counted,) = altered.execute("SELECT unread_count FROM chats WHERE id = %s", [chat]).fetchone()
        return counted

    return receive


@pytest.mark.parametrize(("before", "after"), [(0, 1), (5, 6), (MOST - 1, MOST), (MOST, MOST)])
def test_a_message_counts_until_the_count_is_full(unread, before, after):
    assert unread(before) == after


def test_a_count_set_by_a_client_is_counted_again(unread):
    assert unread(MOST, mended=True) == 1


def test_conversations_that_prove_to_be_one_keep_who_answered_and_has_left(altered, world):
    kept, gone = (
        altered.execute(
            "INSERT INTO chats (organization_id, platform, platform_chat_id, assigned_to)"
            " VALUES (%s, 'whatsapp', %s, %s) RETURNING id",
            [world.own.id, uuid.uuid4().hex, answering],
        ).fetchone()[0]
        for answering in (None, str(uuid.uuid4()))
    )
    altered.execute("SELECT app.merge_chats(%s, %s, %s)", [world.own.id, kept, gone])
    found = altered.execute("SELECT assigned_to IS NOT NULL FROM chats WHERE id = %s", [kept]).fetchone()
    assert found == (True,)
