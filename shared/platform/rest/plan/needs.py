"""The columns that reading written rows requires, so that a change returns none that the caller may not see."""

from collections.abc import Iterator

from shared.platform.rest.schema import Relationship

from .model import Joined, Needs, Node, Output, Place, Related, Star, Test


def needs_of(node: Node) -> Needs:
    places = list(_places(node))
    relations = [child.relationship for child in node.children if child.relationship is not None]
    columns = {place.name for place in places if not place.is_computed}
    columns |= {own for each in relations for own in _own_columns(each)}
    return Needs(
        columns=frozenset(columns),
        everything=any(isinstance(each, Star) for each in node.outputs),
        row=any(place.is_computed for place in places) or any(each.function is not None for each in relations),
    )


def _places(node: Node) -> Iterator[Place]:
    yield from (each.place for each in node.outputs if isinstance(each, Output) and each.place is not None)
    yield from (place for each in node.where for place in _tested(each))
    yield from (each.place for each in node.orders if each.child is None)


def _tested(test: Test) -> Iterator[Place]:
    if isinstance(test, Joined):
        for each in test.members:
            yield from _tested(each)
    elif not isinstance(test, Related):
        yield test.place


def _own_columns(relationship: Relationship) -> Iterator[str]:
    pairs = relationship.junction.source_columns if relationship.junction else relationship.columns
    yield from (own for own, _ in pairs)
