"""A file of the repository as the lints see it, and a finding about it."""

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

SKIPPED = frozenset({"node_modules", "build", "__pycache__"})
CODE = ("shared", "functions", "infra")
TEXT = frozenset(
    {".py", ".sql", ".md", ".txt", ".in", ".toml", ".json", ".yaml", ".yml", ".sh", ".mjs", ".js", ".cfg", ""}
)
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Finding:
    path: PurePosixPath
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True)
class Source:
    """`path` is relative to the repository."""

    path: PurePosixPath
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def is_python(self) -> bool:
        return self.path.suffix == ".py"

    @property
    def is_code(self) -> bool:
        """Python of ours that runs outside the tests."""
        return self.is_python and self.path.parts[0] in CODE

    def under(self, *folders: str) -> bool:
        return any(self.path.is_relative_to(folder) for folder in folders)

    def finding(self, where: ast.AST | int, message: str) -> Finding:
        line = where if isinstance(where, int) else getattr(where, "lineno", 1)
        return Finding(self.path, line, message)

    def functions(self) -> Iterator[FunctionNode]:
        return (node for node in ast.walk(self.tree) if isinstance(node, FunctionNode))

    def imports(self) -> Iterator[tuple[ast.stmt, str, str]]:
        """Yield every absolute import: statement, module, and the imported name (empty for a plain import)."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node, alias.name, "") for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield from ((node, node.module, alias.name) for alias in node.names)


Lint = Callable[[Source], Iterable[Finding]]
TreeLint = Callable[[Sequence[Source]], Iterable[Finding]]
"""A lint that needs the whole tree."""


def sources(root: Path) -> Iterator[Source]:
    """Yield every text file that belongs to the repository."""
    for path in sorted(_files(root)):
        if path.suffix in TEXT:
            yield Source(PurePosixPath(path.relative_to(root).as_posix()), path.read_text(encoding="utf-8"))


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_symlink() or path.name in SKIPPED or path.name.endswith(".egg-info"):
            continue
        if path.is_dir():
            if not path.name.startswith(".") or path.name == ".ci":
                yield from _files(path)
        elif not path.name.startswith("."):
            yield path


def is_property(node: FunctionNode) -> bool:
    """Return whether the function is a property, whose docstring is a noun."""
    return any(ast.unparse(decorator).endswith("property") for decorator in node.decorator_list)


def documentation(node: ast.AST) -> ast.Expr | None:
    """Return the statement that is the docstring."""
    body = getattr(node, "body", None)
    first = body[0] if isinstance(body, list) and body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return first
    return None
