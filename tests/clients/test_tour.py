"""One tour over accounts, functions, tables and files: both supabase clients get the results of tour.json."""

import json
import uuid
from pathlib import Path

import httpx
import pytest
from supabase import ClientOptions, create_client

from tests.clients.tour import accounts, files, tables
from tests.clients.tour.stage import Stage, walked

TOUR = json.loads((Path(__file__).parent / "tour.json").read_text(encoding="utf-8"))
STEPS = accounts.STEPS | tables.STEPS | files.STEPS


@pytest.fixture
def stage(base_url, services, address):
    with httpx.Client(timeout=30, headers={"X-Forwarded-For": address}) as connection:

        def client(key):
            options = ClientOptions(httpx_client=connection, auto_refresh_token=False, flow_type="implicit")
            return create_client(base_url, key, options)

        publishable, secret = services.secrets.publishable_key, services.secrets.secret_key
        yield Stage(
            person=client(publishable),
            other=client(publishable),
            stranger=client(publishable),
            service=client(secret),
            email=f"{uuid.uuid4().hex}@example.com",
        )


def test_every_step_is_walked_by_its_name():
    names = [each["step"] for each in TOUR]
    assert len(names) == len(set(names)) >= 60
    assert set(names) == set(STEPS)


def test_the_python_client(stage):
    got = [{"step": each["step"], "expect": walked(STEPS[each["step"]], stage)} for each in TOUR]
    assert got == TOUR


def test_the_typescript_client(node, base_url, services, address):
    asked = {
        "url": base_url,
        "publishable": services.secrets.publishable_key,
        "secret": services.secrets.secret_key,
        "address": address,
        "email": f"{uuid.uuid4().hex}@example.com",
        "steps": [each["step"] for each in TOUR],
    }
    assert node("tour.mjs", json.dumps(asked)) == TOUR
