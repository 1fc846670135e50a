"""functions/README.md: every function by its area, to find its folder."""

from collections.abc import Iterable, Sequence

from infra.documents.parts import TAGS
from infra.functions import FUNCTIONS
from shared.edge.spec import Spec

PAGE = FUNCTIONS / "README.md"
_HEAD = """\
# Functions by area

One folder for each function: `agent_auth/main.py` answers `/functions/v1/agent-auth`. What each takes, answers and
refuses is in [docs/functions.md](../docs/functions.md). This page is written by `make docs`.
"""


def page(specs: Iterable[Spec]) -> str:
    areas: dict[str, list[Spec]] = {area: [] for area in TAGS}
    for spec in specs:
        areas.setdefault("Jobs" if spec.schedule_s else spec.tag, []).append(spec)
    return "\n".join([_HEAD, *(_section(area, chosen) for area, chosen in areas.items() if chosen)])


def _section(area: str, specs: Sequence[Spec]) -> str:
    rows = "\n".join(_row(spec) for spec in sorted(specs, key=lambda spec: spec.name))
    return f"## {area}\n\n| folder | what it does |\n| --- | --- |\n{rows}\n"


def _row(spec: Spec) -> str:
    folder = spec.name.replace("-", "_")
    return f"| [{folder}]({folder}/main.py) | {spec.summary.rstrip('.')} |"
