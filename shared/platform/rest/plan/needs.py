"""The columns that reading written rows requires, so that a change returns none that the caller may not see."""

from collections.abc import Iterator

from shared.platform.rest.schema import Relationship

from .model import FieldPath, Joined, Needs, Node, Output, Related, Star, Test


def needs_of(node: Node) -> Needs:
    paths = list(_paths(node))
    relations = [child.relationship for child in node.children if child.relationship is not None]
    columns = {path.name for path in paths if not path.is_computed}
    columns |= {own for relation in relations for own in _own_columns(relation)}
    return Needs(
        columns=frozenset(columns),
        everything=any(isinstance(output, Star) for output in node.outputs),
        row=any(path.is_computed for path in paths) or any(relation.function is not None for relation in relations),
    )


def _paths(node: Node) -> Iterator[FieldPath]:
    yield from (output.field for output in node.outputs if isinstance(output, Output) and output.field is not None)
    yield from (path for test in node.where for path in _tested(test))
    yield from (order.field for order in node.orders if order.child is None)


def _tested(test: Test) -> Iterator[FieldPath]:
    if isinstance(test, Joined):
        for member in test.members:
            yield from _tested(member)
    elif not isinstance(test, Related):
        yield test.field


def _own_columns(relationship: Relationship) -> Iterator[str]:
    pairs = relationship.junction.source_columns if relationship.junction else relationship.columns
    yield from (own for own, _ in pairs)
