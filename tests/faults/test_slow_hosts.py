"""Eight at a time: a host that does not answer holds one of a job's loops, and no organization has more than half."""

import asyncio
import uuid
from collections import Counter
from types import SimpleNamespace

import pytest

from shared.domain.channels import downloads
from shared.domain.channels.profiles import service as profiles
from shared.domain.channels.tokens import renewal

pytestmark = pytest.mark.anyio
AT_ONCE = 8
PATIENCE_S = 10
JOBS = {
    "fetch-media": (downloads, "_work", "fetched"),
    "fetch-profiles": (profiles, "_ask", False),
    "refresh-tokens": (renewal, "_renew", False),
}
"""By job: where it calls the outside, and what comes of it."""


@pytest.fixture
def queue(tenants, connect):
    """Provide `queue(job, org, count, "2001-01-01")`: so many pieces of the organization's are due since that day."""

    def file(db, org, due):
        at = {"org": org.id, "id": uuid.uuid4(), "due": due}
        media = "INSERT INTO media (organization_id, id, origin, kind, status) VALUES (%(org)s, %(id)s, 'channel',"
        db.execute(f"{media} 'image', 'deleted')", at)
        task = "INSERT INTO media_tasks (organization_id, media_id, task, available_at)"
        db.execute(f"{task} VALUES (%(org)s, %(id)s, 'erase', %(due)s)", at)

    def name(db, org, due):
        at = {"org": org.id, "channel": connect(org, "facebook").id, "due": due}
        chat = (
            "INSERT INTO chats (organization_id, platform, platform_chat_id, channel_id) VALUES (%(org)s, 'facebook',"
        )
        at["chat"] = db.execute(f"{chat} %(channel)s::text, %(channel)s) RETURNING id", at).fetchone()[0]
        person = "INSERT INTO channel_identities (organization_id, channel_id, kind, value, chat_id)"
        db.execute(f"{person} VALUES (%(org)s, %(channel)s, 'scoped_id', '77', %(chat)s)", at)
        db.execute("UPDATE channel_identities SET profile_due_at = %(due)s WHERE channel_id = %(channel)s", at)

    def token(db, org, due):
        channel = connect(org, "instagram")
        sealed = "UPDATE channel_accounts SET token_sealed = 'x', token_due_at = %s WHERE id = %s"
        db.execute(sealed, (due, channel.id))

    def put(job, org, count, due):
        piece = {"fetch-media": file, "fetch-profiles": name, "refresh-tokens": token}[job]
        with tenants.database() as db:
            for _ in range(count):
                piece(db, org, due)

    with tenants.database() as db:
        db.execute("DELETE FROM media_tasks")
        db.execute("UPDATE channel_identities SET profile_due_at = NULL WHERE profile_due_at IS NOT NULL")
        db.execute("UPDATE channel_accounts SET token_due_at = NULL WHERE token_due_at IS NOT NULL")
    return put


@pytest.fixture
def hang(monkeypatch):
    """Provide `hang(job, org, until=7)`: calls for that organization get no answer before so many others."""

    def patch(job, org, *, until):
        module, call, outcome = JOBS[job]
        released = asyncio.Event()
        seen = SimpleNamespace(others=0, at_once=Counter(), most=Counter())

        async def answer(piece, request_id):
            owner = piece.organization_id
            seen.at_once[owner] += 1
            seen.most[owner] = max(seen.most[owner], seen.at_once[owner])
            if owner == org.id:
                await asyncio.wait_for(released.wait(), PATIENCE_S)
            else:
                seen.others += 1
                released.set() if seen.others == until else None
            seen.at_once[owner] -= 1
            return outcome

        monkeypatch.setattr(module, call, answer)
        return seen

    return patch


@pytest.mark.parametrize("stuck", [1, AT_ONCE])
@pytest.mark.parametrize("job", JOBS)
async def test_a_host_that_does_not_answer_holds_up_its_own_organization_alone(
    *, job, stuck, queue, hang, org, other_org, call, service_headers
):
    queue(job, org, stuck, "2001-01-01")
    queue(job, other_org, AT_ONCE - 1, "2002-01-01")
    seen = hang(job, org, until=AT_ONCE - 1)
    answer = await call(job, headers=service_headers)
    assert (answer.status_code, answer.json()["set_aside"]) == (200, 0), answer.text
    assert (seen.others, seen.most[org.id]) == (AT_ONCE - 1, min(stuck, AT_ONCE // 2))
