"""What Messenger and Instagram answer when they are asked what somebody is called."""

import json
from pathlib import Path

import pytest

from shared.providers.meta.answers import Profile, fault_of, profile_from
from shared.providers.meta.client import GraphClient
from shared.providers.meta.faults import ProviderFault
from shared.providers.meta.wire import Wire
from shared.runtime import http
from tests.support.webhooks import FOLDER

pytestmark = pytest.mark.anyio
ANSWERS = {path.stem: json.loads(path.read_bytes()) for path in sorted(Path(FOLDER).glob("answers/profiles/*.json"))}


@pytest.mark.parametrize("name", [name for name, told in ANSWERS.items() if "profile" in told])
def test_a_profile_says_what_the_person_is_called(name):
    told = ANSWERS[name]
    profile = profile_from(Wire(told["body"]))
    assert (profile, profile.display_name) == (Profile(**told["profile"]), told["shown"]), told["means"]


@pytest.mark.parametrize("name", [name for name, told in ANSWERS.items() if "fault" in told])
def test_a_refusal_is_reported_by_its_code(name):
    told = ANSWERS[name]
    fault = fault_of(Wire(told["body"]["error"]), None)
    assert (fault.kind, fault.code) == (told["fault"], told["code"]), told["means"]


@pytest.mark.parametrize(
    ("channel", "profile"),
    [
        ("facebook", Profile("Mona Adel", "Mona", "Adel")),
        ("instagram", Profile("Mona Adel", username="customer.7001")),
    ],
)
async def test_meta_is_asked_for_no_field_that_it_does_not_have(graph, channel, profile):
    account = graph.page() if channel == "facebook" else graph.instagram()
    graph.world.customer("7001", name="Mona Adel")
    graph.write(account, "7001", "hi")
    client = GraphClient(graph.url, "v26.0", account.token)
    try:
        assert await client.profile("7001", channel=channel) == profile
        with pytest.raises(ProviderFault):
            await client.profile("7001", channel="instagram" if channel == "facebook" else "facebook")
    finally:
        await http.close()
