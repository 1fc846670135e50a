"""POST /functions/v1/fetch-profiles: new people of Messenger and Instagram get a name, where nobody gave them one."""

import pytest

pytestmark = pytest.mark.anyio
PERSON = "7700000000054321"


@pytest.fixture(autouse=True)
def alone(tenants):
    """Nobody whom other tests left without a name is asked about here."""
    with tenants.database() as db:
        db.execute("UPDATE channel_identities SET profile_due_at = NULL WHERE profile_due_at IS NOT NULL")


@pytest.fixture
def fetch(call, service_headers):
    async def run():
        answer = await call("fetch-profiles", headers=service_headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return run


@pytest.fixture
def written(graph, heard):
    """`await written(account)`: the person writes to the account, and it is read."""

    async def write(*accounts, name="منى السيد", consents=True):
        graph.world.customer(PERSON, name=name).consents = consents
        for account in accounts:
            graph.write(account.meta, PERSON, "hello")
        await heard()

    return write


@pytest.fixture
def named(rows):
    """Return what the conversation and the contact of the person are called."""

    def ask(account):
        return rows(
            "SELECT chat.contact_name, contact.first_name, contact.last_name FROM chats AS chat"
            " JOIN customers AS contact ON contact.id = chat.customer_id WHERE chat.channel_id = %s",
            account.id,
        )

    return ask


@pytest.fixture
def pass_time(tenants):
    def later(account):
        with tenants.database() as db:
            db.execute(
                "UPDATE channel_identities SET profile_due_at = now() WHERE channel_id = %s AND profile_due_at > now()",
                (account.id,),
            )

    return later


@pytest.mark.parametrize(
    ("platform", "name"),
    [("facebook", ("منى السيد", "منى", "السيد")), ("instagram", ("منى السيد", "منى السيد", None))],
)
async def test_a_new_person_gets_a_name_in_each_tenants_own_conversation(
    *, joined, org, other_org, written, fetch, named, platform, name
):
    ours, theirs = await joined(org, platform), await joined(other_org, platform)
    await written(ours, theirs)
    assert named(ours) == [(None, None, None)]
    told = await fetch()
    assert (told["asked"] >= 2, named(ours), named(theirs)) == (True, [name], [name])
    assert await fetch() == {"asked": 0, "named": 0, "set_aside": 0}


async def test_a_name_that_a_person_gave_the_contact_stays(*, joined, org, written, fetch, named, tenants):
    page = await joined(org, "facebook")
    await written(page)
    with tenants.database() as db:
        db.execute("UPDATE customers SET last_name = 'Madame Mona' WHERE organization_id = %s", (org.id,))
    await fetch()
    assert named(page) == [("منى السيد", None, "Madame Mona")]


async def test_a_profile_without_consent_is_requested_again_a_few_times(
    *, joined, org, written, fetch, named, pass_time, graph
):
    page = await joined(org, "facebook")
    await written(page, consents=False)
    assert (await fetch())["named"] == 0
    assert (await fetch())["asked"] == 0
    pass_time(page)
    graph.world.customer(PERSON).consents = True
    await fetch()
    assert named(page) == [("منى السيد", "منى", "السيد")]
    shy = await joined(org, "instagram")
    await written(shy, consents=False)
    asked = []
    for _ in range(6):
        asked.append((await fetch())["asked"])
        pass_time(shy)
    assert (asked, named(shy)) == ([1, 1, 1, 1, 1, 0], [(None, None, None)])


async def test_a_token_that_has_ended_leaves_the_channel_as_it_is(*, joined, org, written, fetch, named, rows):
    page = await joined(org, "facebook")
    await written(page)
    page.meta.token = "another by now"
    assert (await fetch())["named"] == 0
    assert named(page) == [(None, None, None)]
    assert rows("SELECT status FROM channel_accounts WHERE id = %s", page.id) == [("connected",)]


async def test_whatsapp_tells_names_itself_and_is_never_asked(number, tell, fetch, graph):
    await tell(number.text())
    await fetch()
    assert [each.path for each in graph.received("") if each.method == "GET"] == []
