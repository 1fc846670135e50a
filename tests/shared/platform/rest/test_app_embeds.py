"""Rows of other tables within rows: every kind of relationship, hints, inner joins, spreads, filters and orders."""

import pytest

from tests.support.supports import supports

pytestmark = pytest.mark.anyio


@supports("Embedding", "to-one, to-many, many-to-many, one-to-one; nested; by alias, constraint, column, hint")
async def test_every_kind_of_relationship(get):
    film = "/films?id=eq.2&select=id"
    assert await get(f"{film},director:director_id(name,countries(name))") == [
        {"id": 2, "director": {"name": "Bergman", "countries": {"name": "Sweden"}}}
    ]
    assert await get(f"{film},actors(name,roles(part))&actors.order=id") == [
        {
            "id": 2,
            "actors": [
                {"name": "Max von Sydow", "roles": [{"part": "knight"}]},
                {"name": "Bibi Andersson", "roles": [{"part": "Mia"}, {"part": "Alma"}]},
            ],
        }
    ]
    assert await get(f"{film},posters(url),screenings(hall)") == [
        {"id": 2, "posters": {"url": "seal.png"}, "screenings": [{"hall": "A"}]}
    ]
    assert await get("/posters?film_id=eq.1&select=films(title)") == [{"films": {"title": "Cairo Station"}}]
    assert await get("/directors?id=eq.1&select=films_written_by(id)") == [{"films_written_by": [{"id": 4}]}]
    assert await get("/directors?id=eq.3&select=films!director_id(id)") == [{"films": []}]
    assert await get("/films?id=eq.5&select=directors!director_id(name)") == [{"directors": None}]


@supports("Embedding", "of a table in itself; computed relationships; on views")
async def test_self_computed_and_view_relationships(get):
    assert await get("/films?id=eq.4&select=sequel_of(title)") == [{"sequel_of": {"title": "Cairo Station"}}]
    assert await get("/films?id=eq.2&select=films!sequel_of(id)") == [{"films": [{"id": 3}]}]
    assert await get("/films?id=eq.1&select=sequels(id,full_title),first_actor(name)") == [
        {"sequels": [{"id": 4, "full_title": "Alexandria Again (1989)"}], "first_actor": {"name": "Hind Rostom"}}
    ]
    assert await get("/recent?select=id,directors(name)") == [{"id": 5, "directors": None}]


@supports("Embedding", "`!inner`, filters, `or`, order and page within an embed")
async def test_conditions_orders_and_pages_of_embeds(get):
    assert [row["id"] for row in await get("/films?select=id,actors!inner(id)&order=id")] == [1, 2, 3]
    assert [row["id"] for row in await get("/films?select=id,actors!inner(id)&actors.name=like.Bibi*&order=id")] == [
        2,
        3,
    ]
    assert [
        row["id"]
        for row in await get("/films?select=id,directors!director_id!inner()&directors.name=eq.Chahine&order=id")
    ] == [1, 4]
    rows = await get("/films?id=in.(2,3)&select=id,actors(id)&actors.or=(id.eq.2,name.eq.x)&order=id")
    assert rows == [{"id": 2, "actors": [{"id": 2}]}, {"id": 3, "actors": []}]
    rows = await get(
        "/directors?id=eq.2&select=films!director_id(id)&films.order=year.desc&films.limit=1&films.offset=1"
    )
    assert rows == [{"films": [{"id": 2}]}]
    rows = await get("/directors?select=name,films!director_id!inner(actors!inner(name))&films.actors.id=eq.1")
    assert rows == [{"name": "Chahine", "films": [{"actors": [{"name": "Hind Rostom"}]}]}]


@supports("Embedding", "rows with or without related ones: `embed=is.null`, `embed=not.is.null`, within `or` too")
async def test_rows_with_and_without_related_ones(get):
    async def ids(query: str) -> list[int]:
        return [row["id"] for row in await get(f"/films?order=id&{query}")]

    assert await ids("select=id,actors()&actors=is.null") == [4, 5]
    assert await ids("select=id,actors()&actors=not.is.null") == [1, 2, 3]
    assert await ids("select=id,posters(*)&posters=is.null") == [3, 4, 5]
    assert await ids("select=id,actors(),posters()&actors.id=eq.3&or=(actors.not.is.null,posters.not.is.null)") == [
        1,
        2,
        3,
    ]


async def test_a_count_sees_what_embeds_leave_out(ask):
    told = await ask("GET", "/films?select=id,actors!inner(id)&actors.id=eq.3&limit=1", prefer="count=exact")
    assert told.headers["content-range"] == "0-0/2"
    told = await ask("GET", "/films?select=id,actors()&actors=is.null", prefer="count=exact")
    assert told.headers["content-range"] == "0-1/2"


@supports("Embedding", "order by a column of a to-one embed")
async def test_order_by_related(get):
    ordered = "/films?select=id,directors!director_id(name)&order=directors(name).desc.nullslast,id"
    assert [row["id"] for row in await get(ordered)] == [1, 4, 2, 3, 5]
    assert [row["id"] for row in await get("/films?select=id,directors!director_id()&order=directors(born),id")] == [
        2,
        3,
        1,
        4,
        5,
    ]


@supports("Embedding", "spread into the parent: to-one as columns, to-many as arrays")
async def test_spreads(get):
    assert await get("/films?id=eq.1&select=title,...directors!director_id(by:name,...countries(country:name))") == [
        {"title": "Cairo Station", "by": "Chahine", "country": "Egypt"}
    ]
    assert await get("/films?id=eq.5&select=id,...directors!director_id(name)") == [{"id": 5, "name": None}]
    assert await get("/films?id=eq.2&select=id,...actors(names:name)&actors.order=id") == [
        {"id": 2, "names": ["Max von Sydow", "Bibi Andersson"]}
    ]
    assert await get("/films?id=eq.4&select=id,...actors(name)") == [{"id": 4, "name": []}]
    assert await get("/films?select=id,...directors!director_id!inner(name)&directors.id=eq.1&order=id") == [
        {"id": 1, "name": "Chahine"},
        {"id": 4, "name": "Chahine"},
    ]


@supports("Aggregates", "`count()`, `sum`, `avg`, `min`, `max` with casts, groups, within embeds and spreads")
async def test_aggregates(get):
    assert await get("/films?select=count()") == [{"count": 5}]
    assert await get("/films?select=mood,count(),newest:year.max()&order=mood") == [
        {"mood": "calm", "count": 1, "newest": 1957},
        {"mood": "tense", "count": 1, "newest": 1958},
        {"mood": "merry", "count": 2, "newest": 2001},
        {"mood": None, "count": 1, "newest": 1966},
    ]
    assert await get("/films?select=rating.avg()::integer,rating.count()") == [{"avg": 7, "count": 4}]
    assert await get("/films?select=facts->>reels::integer.sum()") == [{"sum": 7}]
    assert await get("/directors?select=name,films!director_id(count(),year.min())&order=id&limit=2") == [
        {"name": "Chahine", "films": [{"count": 2, "min": 1958}]},
        {"name": "Bergman", "films": [{"count": 2, "min": 1957}]},
    ]
    assert await get("/films?select=...directors!director_id(name),count()&order=directors(name)") == [
        {"name": "Bergman", "count": 2},
        {"name": "Chahine", "count": 2},
        {"name": None, "count": 1},
    ]


async def test_aggregates_beside_embeds_group_by_them(get):
    rows = await get("/films?select=directors!director_id(name),year.min()")
    assert sorted((row["min"], row["directors"]) for row in rows) == [
        (1957, {"name": "Bergman"}),
        (1958, {"name": "Chahine"}),
        (2001, None),
    ]
    rows = await get("/screenings?select=hall,...films(rating.max(),years:year.count())&order=hall")
    assert rows == [{"hall": "A", "max": 8.1, "years": 2}, {"hall": "B", "max": 7.6, "years": 1}]
    rows = await get("/screenings?select=...films(count()),seats.sum()")
    assert rows == [{"sum": 250, "count": 3}]


async def test_aggregates_are_refused_where_the_setting_is_off(ask, archive):
    archive.settings = archive.settings.__class__(schemas=("films",))
    assert (await ask("GET", "/films?select=count()")).code == "PGRST123"


@supports("Aggregates", "`select=count` and `embed(count)` as of old, whether aggregates are allowed or not")
async def test_a_bare_count(get, archive):
    archive.settings = archive.settings.__class__(schemas=("films",))
    assert await get("/films?select=count&year=lt.1960") == [{"count": 2}]
    assert await get("/directors?select=name,films!director_id(count)&id=eq.2") == [
        {"name": "Bergman", "films": [{"count": 2}]}
    ]
    assert await get("/rpc/films_since?since=1966&select=n:count::text") == [{"n": "3"}]


async def test_a_bare_count_beside_other_columns_is_none(ask, archive):
    archive.settings = archive.settings.__class__(schemas=("films",))
    refused = await ask("GET", "/films?select=year,count")
    assert (refused.status, refused.code) == (400, "42703")


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("/films?select=boxes(*)", 400, "PGRST200"),
        ("/films?select=directors(*)", 300, "PGRST201"),
        ("/films?select=actors(*)&actors=eq.1", 400, "PGRST120"),
        ("/films?select=actors(*)&order=actors(name)", 400, "PGRST118"),
        ("/films?select=id&order=directors(name)", 400, "PGRST108"),
        ("/films?select=actors(nothing)", 400, "42703"),
        ("/films?select=actors(*)&actors.nothing=eq.1", 400, "42703"),
        ("/films?select=id&actors.limit=1", 400, "PGRST108"),
    ],
)
async def test_refused_embeds(ask, target, status, code):
    refused = await ask("GET", target)
    assert (refused.status, refused.code) == (status, code), refused.body


async def test_embeds_within_spreads_and_spreads_within_embeds(get):
    assert await get("/films?id=eq.2&select=id,...actors(name,roles(part))&actors.order=id&actors.limit=1") == [
        {"id": 2, "name": ["Max von Sydow"], "roles": [[{"part": "knight"}]]}
    ]
    assert await get(
        "/countries?code=eq.SE&select=directors(name,...films!director_id(titles:title))&directors.films.order=id"
    ) == [{"directors": [{"name": "Bergman", "titles": ["The Seventh Seal", "Persona"]}]}]
    assert await get("/posters?film_id=eq.1&select=url,...films(*)") != []
    assert await get("/films?id=eq.1&select=id,...directors!director_id(countries(name))") == [
        {"id": 1, "countries": {"name": "Egypt"}}
    ]


async def test_an_embed_by_alias_twice(get):
    rows = await get(
        "/films?id=eq.4&select=made:directors!director_id(name),wrote:directors!films_written_by(name)&made.id=eq.2"
    )
    assert rows == [{"made": None, "wrote": {"name": "Chahine"}}]


async def test_a_page_of_a_to_one_embed_may_leave_it_out(get):
    assert await get("/films?id=eq.1&select=id,posters(url)&posters.limit=0") == [{"id": 1, "posters": None}]
    assert await get("/films?select=id,posters!inner(url)&posters.limit=0") == []


@pytest.mark.parametrize(
    "query",
    [
        "select=id,actors(id)&actors.order=id&order=id",
        "select=*,roles(part,actors(name))&roles.order=actor_id&order=year.desc,id",
        "select=full_title,sequels(id,full_title),first_actor(name)&order=id",
        "select=actors(name,films(title))&actors.order=id&actors.films.order=id&order=id",
        (
            "select=id,directors!director_id(name,films!director_id(id))&directors.films.order=id"
            "&order=directors(name).desc.nullslast,id"
        ),
        "select=facts->reels,actors!inner(id)&actors.order=id&order=id",
        "select=title,...directors!director_id(name),actors(id)&actors.order=id&order=id",
        "select=id,...actors(name),roles(part)&actors.order=id&roles.order=actor_id&order=id",
        "select=id,actors(id)&actors=not.is.null&actors.order=id&order=id.desc",
        "select=id,roles(actor_id)&roles.order=actor_id&roles.offset=1&roles.limit=1&order=id",
    ],
)
async def test_rows_behind_an_offset_are_those_of_the_whole(get, query):
    whole = await get(f"/films?{query}")
    assert len(whole) > 2
    for offset in range(1, len(whole)):
        assert await get(f"/films?{query}&offset={offset}&limit=2") == whole[offset : offset + 2]
        assert await get(f"/films?{query}&offset={offset}") == whole[offset:]
