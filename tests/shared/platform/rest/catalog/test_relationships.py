import pytest

from shared.platform.rest.schema import Cardinality
from tests.support.supports import supports


@pytest.fixture
def between(library, shelf):
    """Return the relationships from one relation to another."""

    def find(source: str, target: str):
        return [each for each in library.relationships.get(shelf(source), ()) if each.target == shelf(target)]

    return find


async def test_a_foreign_key_is_followed_both_ways(between):
    (out,) = between("books", "publishers")
    (back,) = between("publishers", "books")
    assert (out.cardinality, out.columns) == (Cardinality.MANY_TO_ONE, (("publisher_id", "id"),))
    assert (back.cardinality, back.columns) == (Cardinality.ONE_TO_MANY, (("id", "publisher_id"),))
    assert out.constraint == back.constraint == "books_publisher_fkey"
    assert (out.owns_key, back.owns_key) == (True, False)


async def test_a_unique_foreign_key_is_one_to_one(between):
    (out,) = between("covers", "books")
    (back,) = between("books", "covers")
    assert out.cardinality is back.cardinality is Cardinality.ONE_TO_ONE
    assert (out.to_one, back.to_one, out.owns_key, back.owns_key) == (True, True, True, False)


async def test_a_key_to_the_own_table_is_two_relationships(between):
    assert [each.cardinality for each in between("authors", "authors")] == [
        Cardinality.ONE_TO_MANY,
        Cardinality.MANY_TO_ONE,
    ]


async def test_a_table_whose_key_is_two_foreign_keys_stands_between_many_and_many(between):
    direct, through = (each for each in between("books", "authors") if not each.function)
    assert direct.constraint == "books_reviser_fkey"
    assert through.cardinality is Cardinality.MANY_TO_MANY
    assert through.junction is not None
    assert through.junction.source_constraint == "authorships_book_fkey"
    assert through.junction.source_columns == (("id", "book_id"),)
    assert through.junction.target_columns == (("id", "author_id"),)


async def test_a_partitioned_table_has_its_relationships_and_its_partitions_none(between):
    (loans,) = between("books", "loans")
    assert loans.constraint == "loans_book_fkey"


@supports("Views", "keys and relationships of the tables they show, through views upon views, materialized ones too")
async def test_a_view_has_the_relationships_of_what_it_shows_under_its_own_names(between):
    (priced,) = between("priced_books", "publishers")
    assert (priced.source_is_view, priced.columns) == (True, (("publisher_id", "id"),))
    (nested,) = between("outer_books", "publishers")
    assert nested.columns == (("house", "id"),)
    (materialized,) = between("counted", "publishers")
    assert materialized.constraint == "books_publisher_fkey"


async def test_a_view_of_a_hidden_table_has_its_relationships(between):
    assert [each.columns for each in between("box_list", "books")] == [(("book_id", "id"),)]


async def test_a_foreign_key_to_a_table_leads_to_its_view_too(between):
    (back,) = between("outer_books", "covers")
    assert (back.cardinality, back.columns) == (Cardinality.ONE_TO_ONE, (("code", "book_id"),))
    assert [each.columns for each in between("priced_books", "twice")] == [
        (("publisher_id", "one"),),
        (("publisher_id", "two"),),
    ]


async def test_a_function_from_row_to_rows_is_a_relationship(between, shelf):
    (author,) = (each for each in between("books", "authors") if each.function)
    assert (author.function, author.to_one) == (shelf("first_author"), True)


async def test_a_function_of_a_tables_name_is_to_many_unless_it_says_otherwise(between, shelf):
    (publishers,) = between("covers", "publishers")
    assert (publishers.function, publishers.to_one) == (shelf("publishers"), False)


async def test_nothing_leads_to_a_table_that_is_not_exposed(library):
    assert {each.target.schema for some in library.relationships.values() for each in some} == {"shelf"}
