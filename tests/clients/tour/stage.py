"""Who walks, what was met on the way, and what a refusal is called in both languages."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from postgrest.exceptions import APIError
from storage3.exceptions import StorageApiError
from supabase import Client
from supabase_auth.errors import AuthApiError, AuthWeakPasswordError
from supabase_functions.errors import FunctionsHttpError

PASSWORD = "first password"


@dataclass
class Stage:
    """`person` and, late, `other` sign up; `stranger` never does; `service` holds the secret key."""

    person: Client
    other: Client
    stranger: Client
    service: Client
    email: str
    met: dict[str, Any] = field(default_factory=dict)


Step = Callable[[Stage], Any]


def walked(step: Step, stage: Stage) -> Any:
    """Return the step's result, or its refusal by status and code."""
    try:
        return step(stage)
    except (AuthApiError, AuthWeakPasswordError) as refused:
        return {"refused": [refused.status, refused.code]}
    except APIError as refused:
        return {"refused": refused.code}
    except StorageApiError as refused:
        return {"refused": str(refused.status)}
    except FunctionsHttpError as refused:
        return {"refused": refused.status}
