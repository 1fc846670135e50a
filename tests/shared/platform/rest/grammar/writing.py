"""Queries of all shapes, and how a client would write each: the grammar read backwards."""

from urllib.parse import quote

from hypothesis import strategies as st

from shared.platform.rest.query import (
    Aggregate,
    Condition,
    Field,
    Filter,
    Group,
    JsonStep,
    OrderTerm,
    Page,
    Quantifier,
    Query,
    Selected,
    SelectedField,
    SelectedRelation,
)

NAMES = st.one_of(
    st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=6).filter(
        lambda name: name != "*"
    ),
)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
PATHS = st.lists(NAMES, max_size=2).map(tuple)
KEYS = st.one_of(st.integers(-9, 99), st.text("abcé ", min_size=1, max_size=3).map(lambda key: f"k{key.strip()}"))
STEPS = st.lists(st.builds(JsonStep, KEYS, as_text=st.booleans()), max_size=2).map(tuple)
FIELDS = st.builds(Field, NAMES, STEPS)
LISTS = st.lists(TEXTS, min_size=1, max_size=3).map(lambda texts: () if texts == [""] else tuple(texts))
CASTS = st.none() | st.sampled_from(["text", "double precision", "_int4"])
SINGLE = st.builds(Condition, FIELDS, st.sampled_from(["eq", "neq", "like", "cs", "isdistinct"]), TEXTS, st.booleans())
CONDITIONS = st.one_of(
    SINGLE,
    st.builds(Condition, FIELDS, st.just("in"), LISTS, st.booleans()),
    st.builds(Condition, FIELDS, st.just("is"), st.sampled_from(["null", "not_null", "true"]), st.booleans()),
    st.builds(Condition, FIELDS, st.just("eq"), LISTS, st.booleans(), st.sampled_from(Quantifier)),
    st.builds(Condition, FIELDS, st.just("fts"), TEXTS, st.booleans(), configuration=st.just("english")),
)
IN_TREES = st.one_of(
    SINGLE,
    st.builds(Condition, FIELDS, st.just("in"), LISTS, st.booleans()),
    st.builds(Condition, FIELDS, st.just("is"), st.sampled_from(["null", "unknown"]), st.booleans()),
)
GROUPS = st.recursive(
    st.builds(Group, st.sampled_from(["and", "or"]), st.lists(IN_TREES, min_size=1, max_size=3).map(tuple)),
    lambda inner: st.builds(
        Group,
        st.sampled_from(["and", "or"]),
        st.lists(inner | IN_TREES, min_size=1, max_size=3).map(tuple),
        st.booleans(),
    ),
    max_leaves=4,
)
PLAIN = st.builds(SelectedField, FIELDS, st.none() | NAMES, CASTS)
COUNTED = st.builds(
    SelectedField, st.just(Field("*")), st.none() | NAMES, aggregate=st.just(Aggregate.COUNT), aggregate_cast=CASTS
)
SUMMED = st.builds(SelectedField, FIELDS, st.none() | NAMES, CASTS, st.sampled_from(Aggregate), CASTS)
STAR = st.just(SelectedField(Field("*")))
RELATED = NAMES.filter(lambda name: name not in ("count", "inner", "left"))
SELECTED = st.recursive(
    st.lists(st.one_of(STAR, PLAIN, COUNTED, SUMMED), max_size=3).map(tuple),
    lambda inner: st.lists(
        st.one_of(
            PLAIN,
            st.builds(
                SelectedRelation,
                RELATED,
                inner,
                st.none() | NAMES,
                st.none() | RELATED,
                st.sampled_from([None, "inner", "left"]),
            ),
            st.builds(SelectedRelation, RELATED, inner, hint=st.none() | RELATED, spread=st.just(value=True)),
        ),
        max_size=3,
    ).map(tuple),
    max_leaves=5,
)
OPTIONAL = st.sampled_from([None, False, True])
TERMS = st.builds(OrderTerm, FIELDS, st.none() | NAMES, OPTIONAL, OPTIONAL)
COLUMNS = st.none() | st.lists(NAMES, min_size=1, max_size=3).map(tuple)
QUERIES = st.builds(
    Query,
    select=SELECTED,
    filters=st.lists(st.tuples(PATHS, CONDITIONS), max_size=3).map(tuple),
    orders=st.dictionaries(PATHS, st.lists(TERMS, min_size=1, max_size=2).map(tuple), max_size=2).map(
        lambda found: tuple(found.items())
    ),
    pages=st.dictionaries(PATHS, st.builds(Page, st.integers(0, 99), st.integers(0, 99)), max_size=2).map(
        lambda found: tuple(found.items())
    ),
    columns=COLUMNS,
    on_conflict=COLUMNS,
)
"""Without trees, which stand behind all other filters: a query with both would come back in another order."""


def written(query: Query) -> str:
    """Return the query string."""
    pairs = [("select", _forest(query.select))]
    pairs += [(".".join([*map(_name, path), _field(found.field)]), _operation(found)) for path, found in query.filters]  # type: ignore[union-attr, arg-type]
    pairs += [(".".join([*map(_name, path), "order"]), ",".join(map(_term, terms))) for path, terms in query.orders]
    for path, page in query.pages:
        pairs.append((".".join([*map(_name, path), "limit"]), str(page.limit)))
        pairs.append((".".join([*map(_name, path), "offset"]), str(page.offset)))
    for parameter, names in (("columns", query.columns), ("on_conflict", query.on_conflict)):
        if names is not None:
            pairs.append((parameter, ",".join(map(_name, names))))
    return "&".join(f"{quote(name)}={quote(value)}" for name, value in pairs)


def written_tree(group: Group) -> tuple[str, str]:
    """Return the parameter's name and its value."""
    return ("not." * group.negated + group.connective, f"({','.join(map(_member, group.members))})")


def _name(name: str) -> str:
    return name if name.isascii() and name.isidentifier() else _quoted(name)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _field(field: Field) -> str:
    if field.name == "*":
        return "*"
    return _name(field.name) + "".join(f"{'->>' if step.as_text else '->'}{step.key}" for step in field.steps)


def _operation(condition: Condition, *, tree: bool = False) -> str:
    inside = condition.quantifier or condition.configuration
    parameter = f"({inside})" if inside else ""
    value = condition.value
    if isinstance(value, tuple):
        elements = ",".join(map(_quoted, value))
        text = f"({elements})" if condition.operator == "in" else f"{{{elements}}}"
    else:
        text = _quoted(value) if tree and condition.operator != "is" else value
    return f"{'not.' * condition.negated}{condition.operator}{parameter}.{text}"


def _member(member: Filter) -> str:
    if isinstance(member, Group):
        return "".join(written_tree(member))
    return f"{_field(member.field)}.{_operation(member, tree=True)}"


def _forest(select: tuple[Selected, ...]) -> str:
    return ",".join(map(_selected, select))


def _selected(item: Selected) -> str:
    alias = f"{_name(item.alias)}:" if item.alias else ""
    if isinstance(item, SelectedRelation):
        modifiers = "".join(f"!{_name(each)}" for each in (item.hint, item.join) if each)
        return f"{'...' * item.spread}{alias}{_name(item.name)}{modifiers}({_forest(item.select)})"
    casts = [f"::{cast}" if cast else "" for cast in (item.cast, item.aggregate_cast)]
    if item.field.name == "*":
        return "*" if item.aggregate is None else f"{alias}count(){casts[1]}"
    aggregate = f".{item.aggregate.value}()" if item.aggregate else ""
    return f"{alias}{_field(item.field)}{casts[0]}{aggregate}{casts[1] if item.aggregate else ''}"


def _term(term: OrderTerm) -> str:
    field = _field(term.field)
    ordered = f"{_name(term.relation)}({field})" if term.relation else field
    direction = {None: "", False: ".asc", True: ".desc"}[term.descending]
    nulls = {None: "", False: ".nullslast", True: ".nullsfirst"}[term.nulls_first]
    return f"{ordered}{direction}{nulls}"
