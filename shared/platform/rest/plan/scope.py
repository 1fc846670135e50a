"""The query's parameters for one node, and for those below it."""

from typing import TypeVar

import msgspec

from shared.platform.rest import errors
from shared.platform.rest.query import Filter, OrderTerm, Page, Path, Query, SelectedRelation

Value = TypeVar("Value")


class Scope(msgspec.Struct, frozen=True):
    """Parameters, each with the rest of the path from this node to its own."""

    filters: tuple[tuple[Path, Filter], ...] = ()
    orders: tuple[tuple[Path, tuple[OrderTerm, ...]], ...] = ()
    pages: tuple[tuple[Path, Page], ...] = ()

    @property
    def own_filters(self) -> tuple[Filter, ...]:
        return _own(self.filters)

    @property
    def own_orders(self) -> tuple[OrderTerm, ...]:
        found = _own(self.orders)
        return found[-1] if found else ()

    @property
    def own_page(self) -> Page:
        found = _own(self.pages)
        return found[-1] if found else Page()

    def below(self, children: tuple[SelectedRelation, ...]) -> tuple["Scope", ...]:
        """Return the scope of each child.

        Raises:
            RestRefusal: PGRST108 for a path that names none of them.
        """
        parts = zip(
            _divided(children, self.filters),
            _divided(children, self.orders),
            _divided(children, self.pages),
            strict=True,
        )
        return tuple(Scope(filters, orders, pages) for filters, orders, pages in parts)


def scope_of(query: Query) -> Scope:
    return Scope(query.filters, query.orders, query.pages)


def named(children: tuple[SelectedRelation, ...], name: str) -> int | None:
    """Return the index of the first child with that alias or name."""
    return next((index for index, child in enumerate(children) if name in (child.alias, child.name)), None)


def _own(parameters: tuple[tuple[Path, Value], ...]) -> tuple[Value, ...]:
    return tuple(value for path, value in parameters if not path)


def _divided(
    children: tuple[SelectedRelation, ...], parameters: tuple[tuple[Path, Value], ...]
) -> list[tuple[tuple[Path, Value], ...]]:
    divided: list[list[tuple[Path, Value]]] = [[] for _ in children]
    for path, value in parameters:
        if path:
            child = named(children, path[0])
            if child is None:
                raise errors.not_embedded(path[0])
            divided[child].append((path[1:], value))
    return [tuple(part) for part in divided]
