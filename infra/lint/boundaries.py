"""Lints for what one room alone may do: SQL, the environment, connections, broad excepts, some imports."""

import ast
import re
from collections.abc import Iterator

from .source import Finding, Source, documentation

SQL = re.compile(
    r"\s*(?:"
    r"(?i:insert\s+into\s|update\s+[\w.\"]+\s+(?:as\s+\w+\s+)?set\s|delete\s+from\s|select\s.*\bfrom\s|with\s+\w+\s+as\s"
    r"|(?:create|alter|drop|truncate)\s+(?:table|role|database|schema|index|view|function|policy)\b)"
    r"|(?:SELECT|COMMIT|ROLLBACK|SAVEPOINT|BEGIN|GRANT|REVOKE|SET\s+(?:LOCAL\s+)?ROLE|EXPLAIN)\b"
    r")",
    re.DOTALL,
)
SQL_ALLOWED = frozenset({"shared/runtime/postgres/transaction.py", "shared/tenancy/transactions.py"})
"""Modules that begin, enter and end a transaction."""
SQL_ASSEMBLED = "shared/platform/rest/sql"
"""The compiler of /rest/v1, whose statements follow from the request (docs/decisions/0015-rest-compiler.md)."""
SETTINGS = "shared/runtime/settings.py"
HOLD_CONNECTIONS = frozenset({"shared.runtime.postgres.transaction", "shared.runtime.postgres.leases"})
OF_TENANCY = frozenset({"pool", "lease", "transaction", "Statement"})
CATCH_ALL = "shared/edge", "shared/runtime/set_aside.py"
NOT_BARE = frozenset({"shared/__init__.py", "shared/edge/__init__.py"})
OURS = frozenset({"shared", "functions", "infra", "bench", "tests"})
BY_NAME = frozenset({"import_module", "__import__", "lazy_import", "defer_import", "LazyMapping"})
"""What imports a module whose name it is given."""
IMPORTERS = frozenset(
    {"shared/edge/alias.py", "shared/platform/mcp/registry.py", "shared/runtime/lazy_import.py", "infra/functions.py"}
)
"""Those that hand such a name on: the lints look at their callers."""
BROAD = frozenset({"Exception", "BaseException"})


def sql_in_queries(source: Source) -> Iterator[Finding]:
    """Find SQL outside queries.py, and SQL that is assembled."""
    if not source.is_code or source.under("infra/lint", SQL_ASSEMBLED):
        return
    allowed = source.path.name == "queries.py" or str(source.path) in SQL_ALLOWED
    documentations = {id(found.value) for node in ast.walk(source.tree) if (found := documentation(node))}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.JoinedStr) and str(source.path) not in SQL_ALLOWED and _is_assembled(node):
            yield source.finding(node, "SQL is assembled here: write it as one literal with named parameters")
        elif not allowed and _is_sql(node) and id(node) not in documentations and not _inside_f_string(source, node):
            yield source.finding(node, "SQL stands outside queries.py: move the statement to the room's queries.py")


def queries_are_constants(source: Source) -> Iterator[Finding]:
    """Find a Query that is made at every call: it would never use a text again."""
    if source.path.name != "queries.py" or not source.under("shared"):
        return
    for function in source.functions():
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Query":
                yield source.finding(node, "a Query is made inside a function: make it a constant of the module")


def environment_in_settings(source: Source) -> Iterator[Finding]:
    """Find readers of the environment other than the settings; the launcher and the mutation tests make it."""
    if not source.is_code or str(source.path) == SETTINGS or source.under("infra/local", "infra/mutants"):
        return
    for node in ast.walk(source.tree):
        attribute = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os"
        if attribute and node.attr in {"environ", "environb", "getenv"}:  # type: ignore[attr-defined]
            yield source.finding(node, f"the environment is read here: add a setting to {SETTINGS}")
    for statement, module, name in source.imports():
        if module == "os" and name in {"environ", "environb", "getenv"}:
            yield source.finding(statement, f"the environment is read here: add a setting to {SETTINGS}")


def connections_in_runtime(source: Source) -> Iterator[Finding]:
    """Find connections outside runtime and transactions outside tenancy, which could reach rows past RLS."""
    if not source.under("shared", "functions") or not source.is_python:
        return
    for statement, module, name in source.imports():
        if module.split(".")[0] in {"psycopg", "psycopg_pool"} and not source.under("shared/runtime"):
            yield source.finding(statement, "psycopg is imported outside shared/runtime: use the Tx you are given")
        of_tenancy = module in HOLD_CONNECTIONS and name in OF_TENANCY
        if of_tenancy and not source.under("shared/runtime", "shared/tenancy"):
            yield source.finding(statement, f"{name} is imported outside shared/tenancy: use call.begin or tenant_tx")


def broad_except_in_edge(source: Source) -> Iterator[Finding]:
    """Find `except Exception` outside the edge and `set_aside`, unless it raises again."""
    if not source.under("shared", "functions") or source.under(*CATCH_ALL) or not source.is_python:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node) and not isinstance(node.body[-1], ast.Raise):
            yield source.finding(node, "this catches everything: name the exceptions that are mended here")


def functions_stand_alone(source: Source) -> Iterator[Finding]:
    """Find imports that a packaged function could not follow: it has no folder `functions` around it."""
    if not source.under("functions") or not source.is_python:
        return
    for statement, module, _ in source.imports():
        if module.split(".")[0] in {"functions", "infra", "tests"}:
            yield source.finding(statement, f"a function imports {module}: it stands on shared/ and its siblings alone")


def names_of_imports_are_seen(source: Source) -> Iterator[Finding]:
    """Find an import by name that the contracts cannot see: of no sibling, and not repeated for type checkers."""
    if not source.is_code or str(source.path) in IMPORTERS:
        return
    seen = {name for _, module, taken in source.imports() for name in (module, f"{module}.{taken}")}
    for node in ast.walk(source.tree):
        if (
            isinstance(node, ast.Call)
            and _called(node) in BY_NAME
            and not (_is_of_siblings(node) or _is_seen(node, seen))
        ):
            yield source.finding(
                node, "the import contracts do not see this import: write its name out, under TYPE_CHECKING too"
            )


def rooms_re_export_nothing(source: Source) -> Iterator[Finding]:
    """Find an `__init__.py` with more than its docstring.

    The edge exports its decorators, and `shared/__init__.py` holds what must happen before any other import.
    """
    if source.path.name != "__init__.py" or not source.is_code or str(source.path) in NOT_BARE:
        return
    for node in source.tree.body:
        if node is not documentation(source.tree):
            yield source.finding(node, "an __init__.py holds its docstring and nothing else")


def _is_sql(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value) is not None


def _is_assembled(node: ast.JoinedStr) -> bool:
    return _is_sql(node.values[0] if node.values else None)


def _inside_f_string(source: Source, node: ast.AST) -> bool:
    joined = (other for other in ast.walk(source.tree) if isinstance(other, ast.JoinedStr))
    return any(node in f_string.values for f_string in joined)


def _called(call: ast.Call) -> str:
    return getattr(call.func, "id", "") or getattr(call.func, "attr", "")


def _is_of_siblings(call: ast.Call) -> bool:
    """Tell whether the name begins in the module's own package."""
    named = {node.id for node in call.args if isinstance(node, ast.Name)}
    first = call.args[0] if call.args else None
    start = first.values[0] if isinstance(first, ast.JoinedStr) else first
    is_relative = isinstance(start, ast.Constant) and str(start.value).startswith(".")
    return "__package__" in named and (is_relative or isinstance(first, ast.Name))


def _is_seen(call: ast.Call, seen: set[str]) -> bool:
    name = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
    return isinstance(name, str) and (name.split(".")[0] not in OURS or name in seen)


def _is_broad(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(name is None or (isinstance(name, ast.Name) and name.id in BROAD) for name in caught)
