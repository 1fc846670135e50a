"""Requests made from the OpenAPI description, right and wrong ones: every answer is one that the description has."""

import secrets

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from functions.discovery.document_response import FOLDER

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
described = schemathesis.openapi.from_path(FOLDER / "openapi.json")


def address() -> dict[str, str]:
    return {"X-Forwarded-For": ".".join(str(secrets.randbelow(254) + 1) for _ in range(4))}


@pytest.fixture
def credentials(org, services) -> dict[str, dict[str, str]]:
    """By the name of the security scheme."""
    return {
        "agent": org.agent().headers,
        "person": org.person("owner").headers,
        "service": {"Authorization": f"Bearer {services.secrets.secret_key}"},
        "apikey": {"apikey": services.secrets.secret_key},
    }


@described.parametrize()
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_is_described(case, credentials, base_url):
    asked = case.operation.definition.raw["security"]
    headers = {name: value for scheme in (asked or [{}])[0] for name, value in credentials[scheme].items()}
    response = case.call(base_url=base_url, headers={**headers, **address()})
    unserved = "501" in case.operation.definition.raw["responses"]
    case.validate_response(response, checks=[each for each in CHECKS if not (unserved and each is not_a_server_error)])
