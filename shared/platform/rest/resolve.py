"""Look-up of a request's names in the schema cache, with refusals that suggest the likely name."""

from collections.abc import Sequence
from typing import Any

import msgspec

from . import errors
from .errors import RestRefusal
from .fuzzy import closest
from .query import SelectedRelation
from .schema import Cardinality, Column, Function, Junction, Name, Parameter, Relationship, SchemaCache, Table

_UNNAMED = {
    "application/json": frozenset({"json", "jsonb"}),
    "text/plain": frozenset({"text"}),
    "text/xml": frozenset({"xml"}),
    "application/octet-stream": frozenset({"bytea"}),
}
"""By the body's media type, the types of one unnamed parameter that takes the whole body."""
_WHOLE = frozenset(_UNNAMED) - {"application/json"}
"""Media types of bodies without named arguments."""


class Given(msgspec.Struct, frozen=True):
    """What a call of a function brings: the names of its arguments, and for a POST the body's media type."""

    arguments: frozenset[str] = frozenset()
    posted: str | None = None

    @property
    def names(self) -> str:
        return ", ".join(sorted(self.arguments))

    @property
    def is_whole(self) -> bool:
        return self.posted in _WHOLE


def table(cache: SchemaCache, name: Name) -> Table:
    """Return the exposed table or view.

    Raises:
        RestRefusal: PGRST205, with the likeliest name of the same schema.
    """
    found = cache.tables.get(name)
    if found is not None:
        return found
    meant = closest((table.name for table in cache.tables if table.schema == name.schema), name.name)
    hint = f"Perhaps you meant the table '{name.schema}.{meant}'" if meant is not None else None
    raise errors.no_table(f"{name.schema}.{name.name}", hint)


def column(of: Table, name: str) -> Column:
    """Return a column that a write names.

    Raises:
        RestRefusal: PGRST204.
    """
    found = of.columns.get(name)
    if found is None:
        raise errors.no_column(name, of.name.name)
    return found


def relationship(cache: SchemaCache, parent: Name, wanted: SelectedRelation) -> Relationship:
    """Return the one relationship from `parent` that the embed names.

    The embed names it by target, constraint, column or function; with a hint, by target and one of constraint, column,
    target's column or junction. For a relationship of a table to itself, the table's name means the rows that point to
    this one, and a column's name the row that it points to.

    Raises:
        RestRefusal: PGRST200 for none, PGRST201 for several.
    """
    known = [
        relationship
        for relationship in cache.relationships.get(parent, ())
        if _schema_of(relationship) == parent.schema
    ]
    found = [relationship for relationship in known if _is_meant(relationship, wanted)]
    if len(found) == 1:
        return found[0]
    raise _several(parent, wanted, found) if found else _none(cache, parent, wanted, known)


def function(cache: SchemaCache, name: Name, given: Given) -> Function:
    """Return the overload that takes exactly these arguments, or else the one that takes the whole body.

    Raises:
        RestRefusal: PGRST202 for none, PGRST203 for several.
    """
    overloads = cache.functions.get(name, ())
    named = [overload for overload in overloads if _takes(overload.parameters, given)]
    fitting = named or [overload for overload in overloads if takes_body_whole(overload, given)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise errors.ambiguous_function([_signature(candidate) for candidate in fitting])
    raise _unknown(cache, name, given, overloads)


def takes_body_whole(candidate: Function, given: Given) -> bool:
    """Return whether a POST's body is the function's one unnamed argument."""
    if len(candidate.parameters) != 1 or given.posted is None:
        return False
    (only,) = candidate.parameters
    return not only.name and only.type in _UNNAMED.get(given.posted, frozenset())


def _takes(parameters: tuple[Parameter, ...], given: Given) -> bool:
    if not parameters:
        return not given.arguments and not given.is_whole
    required = {parameter.name for parameter in parameters if parameter.required}
    return required <= given.arguments <= {parameter.name for parameter in parameters}


def _schema_of(found: Relationship) -> str:
    return (found.function or found.target).schema


def _is_meant(found: Relationship, wanted: SelectedRelation) -> bool:
    if found.function is not None:
        return wanted.name == found.function.name
    if found.source == found.target:
        return _is_meant_of_itself(found, wanted)
    by_target = wanted.name == found.target.name
    if wanted.hint is None:
        by_key = wanted.name in (found.constraint, _source_column(found))
        return by_target or (by_key and not found.target_is_view)
    keys = (found.constraint, _source_column(found), _target_column(found), _junction_name(found))
    return by_target and wanted.hint in keys


def _is_meant_of_itself(found: Relationship, wanted: SelectedRelation) -> bool:
    to_many = found.cardinality is Cardinality.ONE_TO_MANY
    if wanted.hint is not None:
        return wanted.name == found.target.name and to_many and wanted.hint == _target_column(found)
    if to_many:
        return wanted.name == found.target.name
    return found.cardinality is Cardinality.MANY_TO_ONE and wanted.name == _source_column(found)


def _source_column(found: Relationship) -> str | None:
    return found.columns[0][0] if len(found.columns) == 1 else None


def _target_column(found: Relationship) -> str | None:
    return found.columns[0][1] if len(found.columns) == 1 else None


def _junction_name(found: Relationship) -> str | None:
    return found.junction.table.name if found.junction is not None else None


def _none(cache: SchemaCache, parent: Name, wanted: SelectedRelation, known: list[Relationship]) -> RestRefusal:
    between = f"between '{parent.name}' and '{wanted.name}'"
    using = f" using the hint '{wanted.hint}'" if wanted.hint is not None else ""
    searched = f"Searched for a foreign key relationship {between}{using} in the schema '{parent.schema}'"
    return errors.no_relationship(
        f"Could not find a relationship {between} in the schema cache",
        f"{searched}, but no matches were found.",
        _instead(cache, parent, wanted.name, known),
    )


def _instead(cache: SchemaCache, parent: Name, child: str, known: list[Relationship]) -> str | None:
    """Return a suggestion; None where both names are right, so that the request's hint is wrong."""
    if known:
        meant, wrong = closest((relationship.target.name for relationship in known), child), child
    else:
        sources = (name.name for name in cache.relationships if name.schema == parent.schema)
        meant, wrong = closest(sources, parent.name), parent.name
    if meant is None or (known and meant.lower() == child.lower()):
        return None
    return f"Perhaps you meant '{meant}' instead of '{wrong}'."


def _several(parent: Name, wanted: SelectedRelation, found: list[Relationship]) -> RestRefusal:
    ways = ", ".join(
        f"'{relationship.target.name}!{_junction_name(relationship) or relationship.constraint}'"
        for relationship in found
    )
    message = f"Could not embed because more than one relationship was found for '{parent.name}' and '{wanted.name}'"
    hint = (
        f"Try changing '{wanted.name}' to one of the following: {ways}. "
        "Find the desired relationship in the 'details' key."
    )
    return errors.ambiguous_relationship(message, [_candidate(relationship) for relationship in found], hint)


def _candidate(found: Relationship) -> dict[str, Any]:
    if found.junction is not None:
        way = _junction_way(found.junction)
    else:
        own, other = ([pair[side] for pair in found.columns] for side in (0, 1))
        way = f"{found.constraint} using {_listed(found.source.name, own)} and {_listed(found.target.name, other)}"
    return {
        "cardinality": found.cardinality.value,
        "embedding": f"{found.source.name} with {found.target.name}",
        "relationship": way,
    }


def _junction_way(junction: Junction) -> str:
    source = _listed(junction.source_constraint, [pair[1] for pair in junction.source_columns])
    target = _listed(junction.target_constraint, [pair[1] for pair in junction.target_columns])
    return f"{junction.table.name} using {source} and {target}"


def _listed(name: str, columns: Sequence[str]) -> str:
    return f"{name}({', '.join(columns)})"


def _signature(of: Function) -> str:
    parameters = ", ".join(f"{parameter.name} => {parameter.type}" for parameter in of.parameters)
    return f"{of.name.schema}.{of.name.name}({parameters})"


def _unknown(cache: SchemaCache, name: Name, given: Given, overloads: tuple[Function, ...]) -> RestRefusal:
    called = f"{name.schema}.{name.name}"
    arguments = f"({given.names})" if given.arguments else " without parameters"
    return errors.no_function(
        f"Could not find the function {called}{'' if given.is_whole else arguments} in the schema cache",
        f"Searched for the function {called}{_searched(given)}, but no matches were found in the schema cache.",
        None if given.is_whole else _meant_function(cache, name, given, overloads),
    )


def _searched(given: Given) -> str:
    if given.is_whole and given.posted is not None:
        return f" with a single unnamed {min(_UNNAMED[given.posted])} parameter"
    plural = "s" if len(given.arguments) > 1 else ""
    named = f" with parameter{plural} {given.names}" if given.arguments else " without parameters"
    return named + (" or with a single unnamed json/jsonb parameter" if given.posted == "application/json" else "")


def _meant_function(cache: SchemaCache, name: Name, given: Given, overloads: tuple[Function, ...]) -> str | None:
    if overloads:
        ways = (_listed("", sorted(one.name for one in overload.parameters)) for overload in overloads)
        meant = closest(ways, _listed("", sorted(given.arguments)))
        suggestion = name.name + meant if meant is not None else None
    else:
        suggestion = closest(
            (function.name for function in cache.functions if function.schema == name.schema), name.name
        )
    return f"Perhaps you meant to call the function {name.schema}.{suggestion}" if suggestion is not None else None
