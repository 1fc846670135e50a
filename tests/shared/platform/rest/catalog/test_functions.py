import pytest

from shared.platform.rest.schema import Parameter, Volatility


async def test_overloads_stand_together_the_shortest_first(library, shelf):
    short, long = library.functions[shelf("add")]
    assert short.parameters == (
        Parameter("a", "integer", required=True),
        Parameter("b", "integer", required=False),
    )
    assert [each.name for each in long.parameters] == ["a", "b", "c"]
    assert (short.volatility, long.volatility) == (Volatility.IMMUTABLE, Volatility.VOLATILE)


async def test_functions_that_no_client_may_call_are_left_out(library, shelf):
    assert shelf("unnamed") not in library.functions
    assert shelf("on_change") not in library.functions


async def test_one_unnamed_parameter_may_be_the_whole_body(library, shelf):
    (whole,) = library.functions[shelf("whole")]
    assert whole.parameters == (Parameter("", "json", required=True),)


async def test_a_variadic_parameter_is_known(library, shelf):
    (joined,) = library.functions[shelf("joined")]
    assert joined.parameters == (Parameter("parts", "text[]", required=True, variadic=True),)


@pytest.mark.parametrize(
    ("name", "columns", "returns_set"),
    [("both", ["low", "high"], False), ("listed", ["title", "isbn"], True), ("boxed", ["id", "book_id"], True)],
)
async def test_a_result_without_an_exposed_table_has_columns_of_its_own(library, shelf, name, columns, returns_set):
    (function,) = library.functions[shelf(name)]
    assert (function.returns_composite, function.returns_table, function.returns_set) == (True, None, returns_set)
    assert list(function.columns) == columns


async def test_parameters_of_both_directions_are_taken_and_answered(library, shelf):
    (both,) = library.functions[shelf("both")]
    assert both.parameters == (Parameter("high", "integer", required=True),)


async def test_rows_of_a_table_are_answered_as_such(library, shelf):
    (cheap,) = library.functions[shelf("cheap")]
    assert (cheap.returns_table, cheap.returns_set, cheap.returns_composite) == (shelf("books"), True, True)


async def test_nothing_is_answered_by_a_void_function(library, shelf):
    (nothing,) = library.functions[shelf("nothing")]
    assert (nothing.returns_void, nothing.returns_composite, nothing.returns_set) == (True, False, False)
