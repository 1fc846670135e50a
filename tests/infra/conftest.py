"""What is launched here reads its own settings, not those of the gateway that other tests run against."""

import os

import pytest

LAUNCHED = ("test_local_", "test_migrate", "test_seed", "test_simulator")


@pytest.fixture(autouse=True)
def environment_of_a_fresh_machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.path.name.startswith(LAUNCHED):
        for name in [name for name in os.environ if name.startswith("NEXUS_")]:
            monkeypatch.delenv(name)
