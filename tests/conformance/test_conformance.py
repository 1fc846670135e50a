"""The conformance package of the protocol's authors, in both eras, against the core with its fixtures."""

import pytest

PACKAGE = "node_modules/@modelcontextprotocol/conformance/dist/index.js"
MIRRORED = "http-custom-header-server-validation"


@pytest.mark.parametrize("revision", ["2026-07-28", "2025-11-25"])
def test_every_required_scenario_passes_but_those_that_need_a_stream(node, url, tmp_path, revision):
    options = ["--requirements", revision, "--expected-failures", f"expected_{revision}.yaml", "-o", str(tmp_path)]
    ended = node(PACKAGE, "server", "--url", url, *options)
    assert ended.returncode == 0, ended.stdout[-5000:] + ended.stderr


@pytest.mark.parametrize("scenario", ["json-schema-2020-12", "http-header-validation", MIRRORED])
def test_scenarios_that_are_not_yet_required_pass_too(node, url, tmp_path, scenario):
    options = ["--scenario", scenario, "--spec-version", "2026-07-28", "-o", str(tmp_path)]
    ended = node(PACKAGE, "server", "--url", url, *options)
    assert ended.returncode == 0, ended.stdout[-5000:] + ended.stderr
