import pytest

from shared.platform.rest.catalog.load import load
from shared.platform.rest.schema import Column


async def test_only_what_the_exposed_schemas_have_is_in_the_cache(library, shelf):
    assert set(library.tables) == {
        shelf(name)
        for name in (
            "authors", "authorships", "books", "covers", "loans", "publishers",
            "box_list", "counted", "outer_books", "priced_books", "twice",
        )
    }  # fmt: skip
    assert {name.schema for name in library.functions} == {"shelf"}


async def test_a_partition_is_no_table_of_its_own(library, shelf):
    assert shelf("loans_2020") not in library.tables
    assert library.tables[shelf("loans")].primary_key == ("id", "lent_on")


async def test_columns_tell_type_length_default_and_labels(library, shelf):
    columns = library.tables[shelf("books")].columns
    assert list(columns)[:3] == ["id", "title", "isbn"]
    assert columns["title"] == Column(
        "title", "character varying(80)", "character varying", nullable=False, default="'untitled'::character varying",
        max_length=80,
    )  # fmt: skip
    assert columns["id"].default == "nextval('shelf.books_id_seq'::regclass)"
    assert columns["binding"].values == ("paper", "cloth")
    assert (columns["price"].type, columns["price"].base_type) == ("numeric(8,2)", "numeric")


async def test_a_nested_domain_has_its_base_type_and_its_own_default(library, shelf):
    isbn = library.tables[shelf("books")].columns["isbn"]
    assert (isbn.type, isbn.base_type) == ("shelf.modern_isbn", "character varying")
    assert isbn.default is not None
    assert isbn.default.startswith("'978'")


async def test_generated_columns_have_no_default_and_say_so(library, shelf):
    shout = library.tables[shelf("books")].columns["shout"]
    always = library.tables[shelf("publishers")].columns["id"]
    on_demand = library.tables[shelf("authors")].columns["id"]
    assert (shout.always_generated, shout.default) == (True, None)
    assert (always.always_generated, always.default) == (True, None)
    assert (on_demand.always_generated, on_demand.default) == (False, "nextval('shelf.authors_id_seq'::regclass)")


@pytest.mark.parametrize(
    ("name", "may"), [("books", (True, True, True)), ("priced_books", (True, True, True)), ("counted", (False,) * 3)]
)
async def test_a_view_says_what_may_be_written_through_it(library, shelf, name, may):
    table = library.tables[shelf(name)]
    assert (table.insertable, table.updatable, table.deletable) == may


@pytest.mark.parametrize(
    ("view", "key"),
    [("priced_books", ("number",)), ("outer_books", ("code",)), ("twice", ("one",)), ("counted", ())],
)
async def test_a_view_has_the_key_of_the_table_under_it(library, shelf, view, key):
    assert library.tables[shelf(view)].is_view
    assert library.tables[shelf(view)].primary_key == key


async def test_a_view_upon_a_view_of_a_schema_that_is_not_searched_has_no_key(exchange, shelf):
    cache = await load(exchange, ["shelf"])
    assert cache.tables[shelf("outer_books")].primary_key == ()


async def test_the_words_of_comments(library, shelf):
    assert library.descriptions == {"shelf": "What readers see."}
    assert library.tables[shelf("publishers")].description == "Who prints."
    assert library.tables[shelf("authors")].columns["name"].description == "As on the cover."
    assert library.functions[shelf("cheap")][0].description == "What a student can pay."


async def test_a_function_over_a_row_is_a_field_of_the_table_and_not_a_column(library, shelf):
    books = library.tables[shelf("books")]
    assert books.computed["label"].type == "text"
    assert "label" not in books.columns


async def test_the_servers_time_zones_are_known(library):
    assert {"UTC", "Africa/Cairo"} <= library.time_zones
