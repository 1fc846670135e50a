"""Routines of the database: the files of infra/schema, applied when their text has changed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import errors

from infra import queries
from infra.queries import Database

FOLDERS = {"platform": "platform", "nexus": "routines"}
"""The folder of infra/schema that holds the routines of a set of migrations."""


class RoutineError(Exception):
    """A file that the database refused; the message says what to do."""


@dataclass(frozen=True)
class Routine:
    """One file: every routine of one name, with its grants."""

    migration_set: str
    name: str
    """The folder and the file, such as orders/number_order."""
    text: bytes

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.replace(b"\r\n", b"\n")).hexdigest()


def read_routines(directory: Path) -> list[Routine]:
    """Return the routines of a directory that has the folders of infra/schema, ordered by name."""
    return [
        Routine(migration_set, f"{path.parent.name}/{path.stem}", path.read_bytes())
        for migration_set, folder in FOLDERS.items()
        for path in sorted((directory / folder).glob("*/*.sql"))
    ]


def changed(database: Database, routines: Sequence[Routine]) -> list[Routine]:
    """Return the routines whose text is not the one that was applied last."""
    applied = queries.list_routine_checksums(database) if queries.bookkeeping_exists(database) else {}
    return [routine for routine in routines if applied.get(routine.name) != routine.checksum]


def apply(database: Database, routines: Sequence[Routine], *, everything: bool) -> list[Routine]:
    """Apply the changed routines, or all of them, in the open transaction; return the changed ones.

    A migration may have replaced or dropped any routine, so `everything` is right after one.
    """
    different = changed(database, routines)
    wanted = routines if everything else different
    if wanted:
        _create(database, wanted)
        queries.replace_routine_checksums(database, {routine.name: routine.checksum for routine in routines})
        queries.tell_schema_changed(database)
    return different


def _create(database: Database, routines: Sequence[Routine]) -> None:
    """Send all files at once; if one needs a later one, send file by file until none is left."""
    queries.leave_bodies_unchecked(database)
    try:
        with database.transaction():
            database.execute(b"\n".join(routine.text for routine in routines))
    except errors.LockNotAvailable:
        raise
    except psycopg.Error:
        _create_in_rounds(database, routines)


def _create_in_rounds(database: Database, routines: Sequence[Routine]) -> None:
    waiting = list(routines)
    while waiting:
        failures = [(routine, error) for routine in waiting if (error := _failure(database, routine))]
        if len(failures) == len(waiting):
            raise _refusal(*failures[0]) from failures[0][1]
        waiting = [routine for routine, _ in failures]


def _failure(database: Database, routine: Routine) -> psycopg.Error | None:
    try:
        with database.transaction():
            database.execute(routine.text)
    except errors.LockNotAvailable:
        raise
    except psycopg.Error as error:
        return error
    return None


def _refusal(routine: Routine, error: psycopg.Error) -> RoutineError:
    reason = error.diag.message_primary or str(error)
    if isinstance(error, errors.InvalidFunctionDefinition | errors.WrongObjectType):
        return RoutineError(
            f"{routine.name}.sql gives a routine another result or other names of its arguments ({reason}), which "
            "replacing cannot do: drop the old routine in a migration of the same release"
        )
    if isinstance(error, errors.AmbiguousFunction):
        return RoutineError(
            f"{routine.name}.sql finds another routine of that name ({reason}): drop the one that no file has in a "
            "migration of the same release, or say the types of the arguments where it is named"
        )
    return RoutineError(f"{routine.name}.sql failed, none of the routines was changed: {queries.explain(error)}")
