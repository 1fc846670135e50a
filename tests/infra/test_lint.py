"""Each house lint finds what it is for and leaves its neighbour alone."""

import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

import pytest

from infra.lint import boundaries, exceptions, refusals, rooms, schema, sizes, words
from infra.lint.__main__ import LINTS, ROOT, TREE_LINTS, findings, needed
from infra.lint.source import Source, sources

TRANSACTION = "shared.runtime.postgres.transaction"
DOC = '"""What it is."""\n'
LONG = DOC + "x = 1\n" * 401
LONG_FUNCTION = "def work():\n" + "    x = 1\n" * 50
MIGRATION = "infra/migrations/nexus/202612011200_x.sql"
CREATE = "create function app.fold() returns integer return 1;\n"
ROUTINE = "infra/schema/routines/kernel/fold.sql"
PLPGSQL = "-- Fold.\ncreate or replace function app.fold() returns text language plpgsql as $$\n{}$$;\n"
ATOMIC = "create function app.fold() returns integer language sql\nbegin atomic\n{}end;\n"
MANY = "def work(tx, a, b, c, d, e, *, f, g): ..."
CATCH = "try:\n    x = 1\nexcept {}:\n    {}\n"

FAULTS = [
    (boundaries.sql_in_queries, "shared/domain/orders/service.py", 'sql = "SELECT id FROM orders"'),
    (boundaries.sql_in_queries, "functions/agent_auth/main.py", 'sql = """\n  UPDATE orders SET status = 1"""'),
    (boundaries.sql_in_queries, "infra/queries.py", 'sql = f"DELETE FROM {table}"'),
    (boundaries.sql_in_queries, "infra/deploy.py", 'run("create role someone")'),
    (boundaries.queries_are_constants, "shared/auth/queries.py", "def list_keys():\n    Query('SELECT 1')"),
    (boundaries.environment_in_settings, "shared/auth/tokens.py", 'import os\nos.environ["HOME"]'),
    (boundaries.environment_in_settings, "functions/agent_auth/main.py", 'import os\nos.getenv("HOME")'),
    (boundaries.environment_in_settings, "infra/package.py", "from os import environ"),
    (boundaries.connections_in_runtime, "shared/edge/call.py", "import psycopg"),
    (boundaries.connections_in_runtime, "functions/rest/main.py", "from psycopg_pool import AsyncConnectionPool"),
    (
        boundaries.connections_in_runtime,
        "shared/edge/call.py",
        "from shared.runtime.postgres.transaction import transaction",
    ),
    (boundaries.broad_except_in_edge, "shared/auth/tokens.py", CATCH.format("Exception", "pass")),
    (boundaries.broad_except_in_edge, "shared/auth/tokens.py", CATCH.format("(ValueError, BaseException)", "x = 2")),
    (boundaries.broad_except_in_edge, "functions/auth/main.py", CATCH.format("", "pass")),
    (boundaries.functions_stand_alone, "functions/agent_auth/main.py", "from functions.agent_register import main"),
    (boundaries.functions_stand_alone, "functions/agent_auth/main.py", "import infra.functions"),
    (boundaries.names_of_imports_are_seen, "shared/auth/tokens.py", 'importlib.import_module("shared.edge.call")'),
    (boundaries.names_of_imports_are_seen, "shared/auth/tokens.py", 'lazy_import(f"shared.{name}")'),
    (boundaries.names_of_imports_are_seen, "shared/auth/tokens.py", 'defer_import("shared.edge.call")'),
    (boundaries.names_of_imports_are_seen, "functions/a/main.py", 'import_module(f"functions.{name}", __package__)'),
    (boundaries.names_of_imports_are_seen, "functions/a/main.py", 'LazyMapping("functions.b", {})'),
    (boundaries.rooms_re_export_nothing, "shared/auth/__init__.py", DOC + "from .tokens import mint"),
    (sizes.sizes, "functions/agent_auth/main.py", DOC + "x = 1\n" * 61),
    (sizes.sizes, "shared/auth/tokens.py", LONG),
    (sizes.sizes, "shared/auth/tokens.py", LONG_FUNCTION),
    (sizes.sizes, "shared/auth/tokens.py", MANY),
    (sizes.sizes, "tests/test_it.py", "def test_it():\n" + "    x = 1\n" * 40),
    (sizes.documented, "shared/auth/tokens.py", "x = 1"),
    (schema.migrations_are_named_by_time, "infra/migrations/nexus/0173_x.sql", ""),
    (schema.migrations_are_named_by_time, "infra/migrations/platform/0013_x.sql", ""),
    (schema.migrations_are_named_by_time, "infra/migrations/nexus/202613011200_x.sql", ""),
    (schema.migrations_say_what_they_carry, MIGRATION, CREATE),
    (schema.migrations_say_what_they_carry, MIGRATION, "-- Carries app.fold.\n"),
    (schema.routines_are_short, ROUTINE, PLPGSQL.format("  perform 1;\n" * 49)),
    (schema.routines_are_short, ROUTINE, PLPGSQL.format("-- " + "x" * 118 + "\n")),
    (schema.routines_are_short, ROUTINE, ATOMIC.format("  select 1;\n" * 48)),
    (schema.routines_stand_in_their_files, ROUTINE, PLPGSQL.replace("app.fold", "app.folded")),
    (schema.routines_stand_in_their_files, ROUTINE, "-- Fold nothing.\n"),
    (schema.routines_stand_in_their_files, ROUTINE, CREATE),
    (schema.routines_stand_in_their_files, ROUTINE, PLPGSQL.replace("-- Fold.", "-- The folded text.")),
    (schema.routines_are_named_by_verbs, ROUTINE, PLPGSQL.replace("app.fold", "app.folded")),
    (schema.bodies_stay_bytes, ROUTINE, "select convert_from(i.body, 'utf8') from webhook_inbox i;\n"),
    (schema.bodies_stay_bytes, "tests/functions/test_auth.py", "A = \"CONVERT_FROM (body, 'UTF8') LIKE %s\"\n"),
    (schema.routines_are_named_by_verbs, ROUTINE, "-- Is stable.\n" + CREATE.replace("fold", "folded")),
    (words.modules_are_nouns, "shared/edge/helpers.py", DOC),
    (words.modules_are_nouns, "shared/utils/text.py", DOC),
    (words.modules_are_nouns, "shared/edge/refusing.py", DOC),
    (words.modules_are_nouns, "tests/shared/edge/test_refusing.py", DOC),
    (words.names_are_exact, "shared/edge/call.py", "told = 1"),
    (words.names_are_exact, "shared/edge/call.py", "self._told = 1"),
    (words.names_are_exact, "shared/edge/call.py", "def f(*, place): ..."),
    (words.names_are_exact, "shared/edge/call.py", "async def asked(): ..."),
    (words.names_are_exact, "shared/edge/call.py", "class Told: ..."),
    (words.names_are_exact, "shared/edge/call.py", "class Answer:\n    standing: int"),
    (words.names_are_exact, "shared/edge/call.py", "[each.x for each in y]"),
    (words.names_are_exact, "shared/edge/call.py", "from x import y as each"),
    (words.names_are_exact, "shared/edge/call.py", "match x:\n    case (each, _): ..."),
    (words.docstrings_begin_with_a_verb, "shared/edge/call.py", 'def f():\n    """The call."""'),
    (words.test_names_are_plain, "tests/test_it.py", f"def test_{'x' * 68}(): ..."),
    (words.test_names_are_plain, "tests/test_it.py", "def test_what_is_kept_stays(): ..."),
    (words.ties_to_nothing, "docs/agents.md", "see /home/" + "sam/notes"),
    (words.ties_to_nothing, "requirements/dev.txt", "--index-" + "url somewhere"),
]

NEIGHBOURS = [
    (boundaries.sql_in_queries, "shared/domain/orders/queries.py", 'sql = "SELECT id FROM orders"'),
    (boundaries.sql_in_queries, "shared/tenancy/transactions.py", 'ENTER = "SELECT app.enter(%(role)s)"'),
    (boundaries.sql_in_queries, "shared/edge/call.py", '"""Select one from many: with care as always."""'),
    (boundaries.sql_in_queries, "shared/edge/call.py", 'message = "update the key, then select a plan"'),
    (boundaries.sql_in_queries, "tests/test_it.py", 'sql = "SELECT 1 FROM orders"'),
    (boundaries.queries_are_constants, "shared/auth/queries.py", "_KEYS = Query('SELECT 1')"),
    (boundaries.environment_in_settings, "shared/runtime/settings.py", "import os\nos.environ"),
    (boundaries.environment_in_settings, "infra/local/commands/up.py", "import os\nos.environ"),
    (boundaries.connections_in_runtime, "shared/runtime/postgres/transaction.py", "import psycopg"),
    (
        boundaries.connections_in_runtime,
        "shared/tenancy/transactions.py",
        "from shared.runtime.postgres.transaction import transaction",
    ),
    (
        boundaries.connections_in_runtime,
        "shared/domain/orders/queries.py",
        "from shared.runtime.postgres.transaction import Tx",
    ),
    (boundaries.broad_except_in_edge, "shared/edge/endpoint.py", CATCH.format("Exception", "pass")),
    (boundaries.broad_except_in_edge, "shared/runtime/set_aside.py", CATCH.format("Exception", "pass")),
    (boundaries.broad_except_in_edge, "shared/runtime/postgres/transaction.py", CATCH.format("BaseException", "raise")),
    (boundaries.broad_except_in_edge, "shared/auth/tokens.py", CATCH.format("ValueError", "pass")),
    (boundaries.functions_stand_alone, "functions/mcp_server/main.py", "from .catalog import registry"),
    (boundaries.names_of_imports_are_seen, "shared/auth/tokens.py", 'psycopg = lazy_import("psycopg")'),
    (
        boundaries.names_of_imports_are_seen,
        "shared/auth/tokens.py",
        'if TYPE_CHECKING:\n    from shared.runtime import http\nelse:\n    http = lazy_import("shared.runtime.http")',
    ),
    (boundaries.names_of_imports_are_seen, "functions/a/main.py", 'import_module(f".tools.{noun}", __package__)'),
    (boundaries.names_of_imports_are_seen, "functions/a/main.py", "LazyMapping(__package__, {})"),
    (boundaries.names_of_imports_are_seen, "infra/functions.py", 'import_module(f"functions.{name}.main")'),
    (boundaries.rooms_re_export_nothing, "shared/auth/__init__.py", DOC),
    (sizes.sizes, "functions/agent_auth/main.py", DOC + "x = 1\n" * 60 + "# why\n" * 9),
    (
        sizes.sizes,
        "shared/auth/tokens.py",
        "def work():\n" + '    """Told.\n\n    At length.\n    """\n' + "    x = 1\n" * 49,
    ),
    (sizes.sizes, "shared/auth/tokens.py", MANY.replace(", g", "")),
    (sizes.documented, "shared/domain/__init__.py", ""),
    (schema.migrations_are_named_by_time, "infra/migrations/nexus/0172_x.sql", ""),
    (schema.migrations_are_named_by_time, MIGRATION, ""),
    (schema.migrations_say_what_they_carry, MIGRATION, "-- Carries app.fold.\n" + CREATE),
    (schema.migrations_say_what_they_carry, "infra/migrations/nexus/0172_x.sql", CREATE),
    (schema.routines_are_short, ROUTINE, PLPGSQL.format("  perform 1;\n" * 48 + "-- Why.\n\n") + CREATE * 9),
    (schema.routines_are_short, ROUTINE, ATOMIC.format("  select 1;\n" * 47) + CREATE * 9),
    (schema.routines_are_named_by_verbs, ROUTINE, PLPGSQL),
    (schema.bodies_stay_bytes, ROUTINE, "select position('x'::bytea in body), convert_from(topic, 'utf8');\n"),
    (
        schema.routines_are_named_by_verbs,
        ROUTINE,
        PLPGSQL.replace("app.fold", "app.folded").replace(" as", " stable as"),
    ),
    (
        schema.routines_are_named_by_verbs,
        "infra/schema/routines/messaging/id_by_arrival.sql",
        CREATE.replace("fold", "id_by_arrival"),
    ),
    (schema.routines_stand_in_their_files, ROUTINE, PLPGSQL + PLPGSQL.replace("()", "(a text)")),
    (words.modules_are_nouns, "docs/common.md", ""),
    (words.modules_are_nouns, "shared/edge/errors.py", DOC),
    (words.names_are_exact, "shared/edge/call.py", "told.asked(each=place)"),
    (words.docstrings_begin_with_a_verb, "shared/edge/call.py", 'def f():\n    """Return the call."""'),
    (words.docstrings_begin_with_a_verb, "shared/edge/call.py", '@cached_property\ndef f():\n    """The call."""'),
    (words.test_names_are_plain, "tests/test_it.py", f"def test_{'x' * 67}(): ..."),
    (words.test_names_are_plain, "tests/test_it.py", "def test_whatsapp_texts_are_kept(): ..."),
    (words.test_names_are_plain, "shared/edge/call.py", f"def test_{'x' * 68}(): ..."),
    (words.ties_to_nothing, "docs/agents.md", "the data are in /var/lib/nexus or https://nexus.example/work/"),
]


@pytest.mark.parametrize(("lint", "path", "text"), FAULTS, ids=lambda value: getattr(value, "__name__", None))
def test_a_planted_fault_is_found(lint, path, text):
    assert len(list(lint(Source(PurePosixPath(path), text)))) == 1


@pytest.mark.parametrize(("lint", "path", "text"), NEIGHBOURS, ids=lambda value: getattr(value, "__name__", None))
def test_text_that_only_looks_like_a_fault_is_left_alone(lint, path, text):
    assert list(lint(Source(PurePosixPath(path), text))) == []


def test_every_lint_has_a_planted_fault():
    assert {lint for lint, _, _ in FAULTS} == set(LINTS)


def test_an_exception_holds_for_one_lint_and_one_file():
    files = [Source(PurePosixPath(f"shared/edge/{name}.py"), DOC + "told = 1") for name in ("call", "refusing")]
    excepted = frozenset({("names_are_exact", "shared/edge/call.py"), ("names_are_exact", "shared/edge/gone.py")})
    found = {str(finding.path) for finding in findings(files, excepted)}
    assert found & {str(source.path) for source in files} == {"shared/edge/refusing.py"}
    assert needed(files, excepted) == {("names_are_exact", "shared/edge/call.py")}


def test_exceptions_are_read_as_they_were_written(tmp_path):
    pairs = frozenset({("sizes", "shared/x.py"), ("names_are_exact", "shared/x.py")})
    exceptions.save(pairs, tmp_path / "exceptions.txt")
    assert exceptions.load(tmp_path / "exceptions.txt") == pairs


def test_a_file_that_keeps_a_lint_is_no_exception_any_more():
    excepted = exceptions.load()
    assert sorted(excepted - needed(list(sources(ROOT)), excepted)) == [], "run python -m infra.lint --shrink"


def test_a_room_whose_docstrings_begin_with_a_verb_is_no_exception_any_more():
    ruff = Path(sys.executable).with_name("ruff")
    command: list[str | Path] = [ruff, "check", "--isolated", "--select", "D401", "--output-format", "concise", "."]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = {line.partition(":")[0] for line in run.stdout.splitlines()}
    ignores = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]["per-file-ignores"]
    rooms = [pattern for pattern, rules in ignores.items() if rules == ["D401"]]
    assert [room for room in rooms if not any(fnmatch(path, room) for path in found)] == []


@pytest.fixture
def tree():
    """Return two rooms, each with a table."""

    def make(files: dict[str, str]) -> list[Source]:
        texts = {
            "shared/__init__.py": DOC,
            "shared/customers/__init__.py": '"""Contacts.\n\nOwns customers and labels; reads orders.\n"""',
            "shared/orders/__init__.py": '"""Orders.\n\nOwns orders. Calls customers.\n"""',
            **{f"shared/{name}.py": text for name, text in files.items()},
        }
        return [Source(PurePosixPath(path), text) for path, text in texts.items()]

    return make


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO labels (name) VALUES (1)",
        "UPDATE customers SET a = 1",
        "WITH a AS (DELETE FROM public.labels) SELECT 1",
    ],
)
def test_a_room_that_writes_a_table_of_another_is_found(tree, sql):
    (found,) = rooms.tables_have_one_owner(tree({"orders/queries": f'{DOC}sql = "{sql}"'}))
    assert "belongs to shared/customers" in found.message


def test_a_room_may_write_its_own_tables_and_lock_others(tree):
    sql = "INSERT INTO orders VALUES (1) ON CONFLICT (id) DO UPDATE SET a = 1; SELECT 1 FROM customers FOR UPDATE"
    assert list(rooms.tables_have_one_owner(tree({"orders/queries": f'{DOC}sql = "{sql}"'}))) == []


def test_a_folder_within_a_room_may_write_the_rooms_tables(tree):
    files = {"orders/inbox/__init__": DOC, "orders/inbox/queries": f'{DOC}sql = "UPDATE orders SET a = 1"'}
    assert list(rooms.tables_have_one_owner(tree(files))) == []


def test_a_table_with_two_owners_is_found(tree):
    (found,) = rooms.tables_have_one_owner(tree({"stock/__init__": '"""Stock.\n\nOwns the table orders.\n"""'}))
    assert "orders is also owned by shared/orders" in found.message


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ({"customers": "merge_contacts"}, []),
        ({}, ["merge_contacts.sql"]),
        ({"customers": "merge_contacts, gone"}, ["gone.sql"]),
        ({"customers": "merge_contacts", "orders": "merge_contacts"}, ["has one owner"]),
    ],
)
def test_a_routine_is_named_by_the_room_that_owns_it(named, found):
    texts = {
        f"shared/{room}/__init__.py": f'"""A room.\n\nRoutines in infra/schema/routines/customers: {names}.\n"""'
        for room, names in named.items()
    }
    texts["infra/schema/routines/customers/merge_contacts.sql"] = "-- Merge."
    findings = list(rooms.routines_have_one_owner([Source(PurePosixPath(path), text) for path, text in texts.items()]))
    assert [any(words in each.message for each in findings) for words in found] == [True] * len(findings)


@pytest.mark.parametrize(
    ("raised", "messages"),
    [
        ("409, 'taken'", []),
        ("410, 'taken'", ["no class declares the code taken with the status 410"]),
        ("409, 'gone'", ["no class declares the code gone with the status 409"]),
    ],
)
def test_a_refusal_of_a_routine_is_declared(tree, raised, messages):
    classes = f'{DOC}class Conflict(Refusal):\n    status = 409\nclass Taken(errors.Conflict):\n    code = "taken"\n'
    routine = Source(PurePosixPath(ROUTINE), PLPGSQL.format(f"  perform app.refuse({raised}, 'say why');\n"))
    found = refusals.refusals_are_declared([*tree({"orders/service": classes}), routine])
    assert [finding.message for finding in found] == messages
    assert refusals.refusals_are_declared in TREE_LINTS


def test_a_folder_that_the_import_contracts_cannot_see_is_found(tree):
    (found,) = rooms.rooms_are_packages(tree({"hidden/service": DOC}))
    assert str(found.path) == "shared/hidden"
    assert rooms.rooms_are_packages in TREE_LINTS


@pytest.mark.parametrize("target", ["absent", "other_alias"])
def test_an_alias_of_what_is_no_function_is_found(target):
    texts = {"sends": "async def handler(): ...", "other_alias": 'handler = alias(__doc__, of="sends")'}
    texts["planted"] = f'handler = alias(__doc__, of="{target}")'
    functions = [Source(PurePosixPath(f"functions/{name}/main.py"), text) for name, text in texts.items()]
    (found,) = rooms.aliases_name_functions(functions)
    assert found.path == PurePosixPath("functions/planted/main.py")
    assert rooms.aliases_name_functions in TREE_LINTS


def test_a_second_migration_of_one_number_is_found():
    first, second = "infra/migrations/nexus/0101_links.sql", "infra/migrations/nexus/0101_marks.sql"
    (found,) = rooms.migrations_are_named_once([Source(PurePosixPath(path), "") for path in (second, first)])
    assert (str(found.path), first in found.message) == (second, True)
    assert rooms.migrations_are_named_once in TREE_LINTS


def test_a_room_that_is_not_in_the_import_contracts_fails_them(tmp_path: Path):
    for name in ("shared", "functions", "infra", "bench", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "shared/newroom").mkdir()
    (tmp_path / "shared/newroom/__init__.py").write_text(DOC)
    command = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([command, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode != 0, run.stdout
    assert "newroom" in run.stdout
