import pytest

from shared.platform.rest import resolve
from shared.platform.rest.errors import RestRefusal
from shared.platform.rest.query import SelectedRelation
from shared.platform.rest.resolve import Given
from tests.support.supports import supports


@pytest.fixture
def embed(library, shelf):
    """Return the relationship that an embed `name!hint` of the table means."""
    return lambda table, name, hint=None: resolve.relationship(
        library, shelf(table), SelectedRelation(name, (), hint=hint)
    )


@pytest.fixture
def called(library, shelf):
    """Return the overload that takes these arguments, by GET or as the body of a POST."""
    return lambda name, *arguments, posted=None: resolve.function(
        library, shelf(name), Given(frozenset(arguments), posted)
    )


@supports("Refusals", "the likeliest table, function or relationship where a name is wrong")
async def test_pgrst205_names_the_table_that_may_be_meant(library, shelf):
    with pytest.raises(RestRefusal) as refused:
        resolve.table(library, shelf("book"))
    assert (refused.value.status, refused.value.body()) == (
        404,
        {
            "code": "PGRST205",
            "details": None,
            "hint": "Perhaps you meant the table 'shelf.books'",
            "message": "Could not find the table 'shelf.book' in the schema cache",
        },
    )


async def test_pgrst205_names_none_where_none_is_near(library, shelf):
    with pytest.raises(RestRefusal) as refused:
        resolve.table(library, shelf("zzzzzzzz"))
    assert refused.value.hint is None


async def test_pgrst204_for_a_column_that_is_not_there(library, shelf):
    with pytest.raises(RestRefusal) as refused:
        resolve.column(library.tables[shelf("books")], "titel")
    assert (refused.value.code, refused.value.message) == (
        "PGRST204",
        "Could not find the 'titel' column of 'books' in the schema cache",
    )


@pytest.mark.parametrize(
    ("table", "name", "hint", "constraint"),
    [
        ("books", "publishers", None, "books_publisher_fkey"),
        ("books", "books_publisher_fkey", None, "books_publisher_fkey"),
        ("books", "publisher_id", None, "books_publisher_fkey"),
        ("books", "authors", "books_reviser_fkey", "books_reviser_fkey"),
        ("books", "authors", "reviser_id", "books_reviser_fkey"),
        ("publishers", "books", "publisher_id", "books_publisher_fkey"),
        ("authors", "authors", None, "authors_mentor_fkey"),
        ("authors", "mentor_id", None, "authors_mentor_fkey"),
        ("authors", "authors", "mentor_id", "authors_mentor_fkey"),
        ("books", "authors", "authorships", None),
        ("books", "first_author", None, None),
    ],
)
async def test_an_embed_is_found_by_what_it_names(embed, table, name, hint, constraint):
    assert embed(table, name, hint).constraint == constraint


async def test_a_self_reference_is_many_by_table_name_and_one_by_column(embed):
    assert not embed("authors", "authors").to_one
    assert not embed("authors", "authors", "mentor_id").to_one
    assert embed("authors", "mentor_id").to_one


async def test_a_junction_is_named_by_the_hint(embed, shelf):
    junction = embed("books", "authors", "authorships").junction
    assert junction is not None
    assert junction.table == shelf("authorships")


@supports("Refusals", "every candidate, and how to choose it, where an embed or a call is ambiguous")
async def test_pgrst201_lists_every_candidate_and_how_to_choose_it(embed):
    with pytest.raises(RestRefusal) as refused:
        embed("books", "authors")
    assert refused.value.status == 300
    assert refused.value.body() == {
        "code": "PGRST201",
        "message": "Could not embed because more than one relationship was found for 'books' and 'authors'",
        "details": [
            {
                "cardinality": "many-to-one",
                "embedding": "books with authors",
                "relationship": "books_reviser_fkey using books(reviser_id) and authors(id)",
            },
            {
                "cardinality": "many-to-many",
                "embedding": "books with authors",
                "relationship": (
                    "authorships using authorships_book_fkey(book_id) and authorships_author_fkey(author_id)"
                ),
            },
        ],
        "hint": (
            "Try changing 'authors' to one of the following: 'authors!books_reviser_fkey', 'authors!authorships'. "
            "Find the desired relationship in the 'details' key."
        ),
    }


@pytest.mark.parametrize(
    ("asked", "told", "meant"),
    [
        (("books", "publisher"), "", "Perhaps you meant 'publishers' instead of 'publisher'."),
        (("book", "publishers"), "", "Perhaps you meant 'books' instead of 'book'."),
        (("books", "publishers", "wrong"), " using the hint 'wrong'", None),
        (("books", "zzzzzz"), "", None),
    ],
)
async def test_pgrst200_says_what_was_searched_and_what_may_be_meant(embed, asked, told, meant):
    with pytest.raises(RestRefusal) as refused:
        embed(*asked)
    between = f"between '{asked[0]}' and '{asked[1]}'"
    assert (refused.value.status, refused.value.body()) == (
        400,
        {
            "code": "PGRST200",
            "message": f"Could not find a relationship {between} in the schema cache",
            "details": (
                f"Searched for a foreign key relationship {between}{told} in the schema 'shelf', "
                "but no matches were found."
            ),
            "hint": meant,
        },
    )


@pytest.mark.parametrize(
    ("name", "arguments", "posted", "parameters"),
    [
        ("add", ("a",), None, 2),
        ("add", ("a", "b"), None, 2),
        ("add", ("a", "b", "c"), None, 3),
        ("cheap", (), None, 0),
        ("whole", ("anything",), "application/json", 1),
        ("joined", ("parts",), None, 1),
    ],
)
async def test_the_overload_that_takes_the_arguments_is_called(called, name, arguments, posted, parameters):
    assert len(called(name, *arguments, posted=posted).parameters) == parameters


@pytest.mark.parametrize(
    ("asked", "wanted", "searched", "meant"),
    [
        (("ad", "b", "a"), "ad(a, b)", "ad with parameters a, b", "add"),
        (("add", "a", "d", "c"), "add(a, c, d)", "add with parameters a, c, d", "add(a, b, c)"),
        (("cheap", "zz"), "cheap(zz)", "cheap with parameter zz", None),
        (("add text/plain",), "add", "add with a single unnamed text parameter", None),
        (
            ("add application/json",),
            "add without parameters",
            "add without parameters or with a single unnamed json/jsonb parameter",
            None,
        ),
    ],
)
async def test_pgrst202_says_what_was_searched_and_what_may_be_meant(called, asked, wanted, searched, meant):
    (name, _, posted), arguments = asked[0].partition(" "), asked[1:]
    with pytest.raises(RestRefusal) as refused:
        called(name, *arguments, posted=posted or None)
    assert (refused.value.status, refused.value.body()) == (
        404,
        {
            "code": "PGRST202",
            "message": f"Could not find the function shelf.{wanted} in the schema cache",
            "details": f"Searched for the function shelf.{searched}, but no matches were found in the schema cache.",
            "hint": f"Perhaps you meant to call the function shelf.{meant}" if meant else None,
        },
    )
