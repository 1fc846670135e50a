"""Rows of one table: columns, filters, JSON paths, order, pages, counts, shapes of the body."""

import json

import pytest

from tests.support.supports import supports

pytestmark = pytest.mark.anyio


@supports(
    "Filters", "`eq`, `neq`, `gt`, `gte`, `lt`, `lte`, `like`, `ilike`, `match`, `imatch`, `is`, `isdistinct`, `in`"
)
@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        ("id=eq.1", [1]),
        ("id=not.eq.1", [2, 3, 4, 5]),
        ("year=neq.1958", [2, 3, 4, 5]),
        ("year=gt.1966", [4, 5]),
        ("year=gte.1966", [3, 4, 5]),
        ("year=lt.1958", [2]),
        ("year=lte.1958", [1, 2]),
        ("title=like.*Se*", [2]),
        ("title=like.%25station", []),
        ("title=ilike.*STATION", [1]),
        ("title=match.^A", [4, 5]),
        ("title=imatch.^p", [3]),
        ("rating=is.null", [3]),
        ("rating=is.NOT_NULL", [1, 2, 4, 5]),
        ("rating=not.is.null", [1, 2, 4, 5]),
        ("mood=isdistinct.merry", [1, 2, 3]),
        ("id=in.(1,3,9)", [1, 3]),
        ("id=not.in.(1,3)", [2, 4, 5]),
        ("id=in.()", []),
        ('title=in.("Anon*ymous, \\"the\\" film",Persona)', [3, 5]),
        ("mood=eq.merry", [4, 5]),
        ("added=gte.2024-01-01T12:00:00%2B00:00", [1, 2, 3, 4, 5]),
    ],
)
async def test_plain_filters(get, condition, ids):
    assert [row["id"] for row in await get(f"/films?select=id&order=id&{condition}")] == ids


@supports("Filters", "quantifiers: `like(any)`, `eq(all)` and so on")
@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        ("title=like(any).{Cairo*,Pers*}", [1, 3]),
        ("title=like(all).{*a*,*r*,*C*}", [1]),
        ("year=gt(all).{1900,1960}", [3, 4, 5]),
        ("id=eq(any).{1,2}", [1, 2]),
        ("id=not.eq(any).{1,2}", [3, 4, 5]),
        ("title=ilike(any).{PERSONA}", [3]),
    ],
)
async def test_quantified_filters(get, condition, ids):
    assert [row["id"] for row in await get(f"/films?select=id&order=id&{condition}")] == ids


@supports("Filters", "arrays, ranges: `cs`, `cd`, `ov`, `sl`, `sr`, `nxl`, `nxr`, `adj`")
@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        ("tags=cs.{black}", [1]),
        ("tags=cd.{black,white,chess}", [1, 2, 3]),
        ("tags=ov.{chess,colour}", [2, 4]),
        ('tags=cs.{"a,b"}', [5]),
        ('facts=cs.{"reels": 4}', [2]),
        ("shown=sl.[2024-02-15,2024-03-02)", [1]),
        ("shown=sr.[2024-02-15,2024-02-16)", [4]),
        ("shown=nxl.[2024-02-15,2024-03-02)", [4]),
        ("shown=nxr.[2024-01-15,2024-02-02)", [1]),
        ("shown=adj.[2024-02-01,2024-03-01)", [1, 4]),
    ],
)
async def test_filters_of_arrays_and_ranges(get, condition, ids):
    assert [row["id"] for row in await get(f"/films?select=id&order=id&{condition}")] == ids


@supports("Filters", "full text: `fts`, `plfts`, `phfts`, `wfts`, with a configuration, on text too")
@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        ("words=fts(english).chess", [2]),
        ("words=plfts(english).the%20station", [1]),
        ("words=phfts(english).newspaper%20seller", [1]),
        ("words=wfts(english).knight%20-station", [2]),
        ("words=not.fts(english).chess", [1]),
        ("title=fts(english).seal", [2]),
        ("facts=fts.ali", [1]),
    ],
)
async def test_text_search(get, condition, ids):
    assert [row["id"] for row in await get(f"/films?select=id&order=id&{condition}")] == ids


@supports("Logic", "`and`, `or` and `not` of them, nested")
@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        ("or=(id.eq.1,year.gt.1980)", [1, 4, 5]),
        ("and=(id.gt.1,id.lt.4)", [2, 3]),
        ("not.or=(id.eq.1,id.eq.2)", [3, 4, 5]),
        ("or=(id.eq.1,and(year.gt.1980,not.or(mood.eq.calm,rating.gt.6)))", [1, 5]),
        ("or=(id.in.(1,2),title.eq.Persona)&year=lt.1960", [1, 2]),
        ('or=(title.eq."Anon*ymous, \\"the\\" film",tags.cs.{chess})', [2, 5]),
    ],
)
async def test_trees_of_conditions(get, condition, ids):
    assert [row["id"] for row in await get(f"/films?select=id&order=id&{condition}")] == ids


@supports("JSON", "JSON paths in select, filters and order, also into arrays and rows")
async def test_json_paths(get):
    row = (
        await get("/films?id=eq.1&select=facts->crew->>sound,facts->reels,a:facts->takes->1,facts->takes->0,tags->0")
    )[0]
    assert row == {"sound": "Ali", "reels": 3, "a": 5, "takes": 4, "tags": "black"}
    assert [row["id"] for row in await get("/films?select=id&facts->crew->>sound=eq.Siri")] == [5]
    assert [row["id"] for row in await get("/films?select=id&facts->reels=gt.3")] == [2]
    assert [row["id"] for row in await get("/films?select=id&order=facts->>reels.desc.nullslast,id")] == [2, 1, 3, 4, 5]


@supports("Reading", "aliases, casts, computed fields")
async def test_aliases_casts_and_computed_fields(get):
    row = (await get("/films?id=eq.1&select=name:title,year::text,rating::integer,full_title"))[0]
    assert row == {"name": "Cairo Station", "year": "1958", "rating": 8, "full_title": "Cairo Station (1958)"}
    assert (await get("/films?full_title=like.Pers*&select=id")) == [{"id": 3}]
    assert [row["id"] for row in await get("/films?select=id&order=full_title.desc&limit=1")] == [2]


@pytest.mark.parametrize(
    "cast", ["integer", "double precision", "Character Varying", "timestamp with time zone", "char"]
)
async def test_casts_by_the_names_of_the_standard(get, cast):
    column = {"timestamp with time zone": "added"}.get(cast, "year")
    assert len(await get(f"/films?select={column}::{cast}")) == 5


@supports("Order and pages", "`order` with directions and nulls, `limit`, `offset`, Range")
async def test_order_and_pages(get):
    async def ids(query: str, **headers: str) -> list[int]:
        return [row["id"] for row in await get(f"/films?select=id&{query}", **headers)]

    assert await ids("order=rating") == [5, 4, 1, 2, 3]
    assert await ids("order=rating.desc") == [3, 2, 1, 4, 5]
    assert await ids("order=rating.nullsfirst,id") == [3, 5, 4, 1, 2]
    assert await ids("order=rating.desc.nullslast") == [2, 1, 4, 5, 3]
    assert await ids("order=mood.desc,id.desc&limit=2&offset=1") == [5, 4]
    assert await ids("order=id", range="1-2") == [2, 3]
    assert await ids("order=id&limit=0") == []


@supports("Counts", "`count=exact`, `planned`, `estimated`; Content-Range, 206 and 416")
async def test_counts(ask, archive):
    exact = await ask("GET", "/films?select=id&order=id&limit=2", prefer="count=exact")
    assert (exact.status, exact.headers["content-range"]) == (206, "0-1/5")
    assert exact.headers["preference-applied"] == "count=exact"
    whole = await ask("GET", "/films?id=lt.3&limit=2", prefer="count=exact")
    assert (whole.status, whole.headers["content-range"]) == (200, "0-1/2")
    none = await ask("GET", "/films?id=lt.0", prefer="count=exact")
    assert (none.status, none.headers["content-range"]) == (200, "*/0")
    assert (await ask("GET", "/films?limit=2&offset=1")).headers["content-range"] == "1-2/*"
    planned = await ask("HEAD", "/films", prefer="count=planned")
    assert (planned.body, planned.headers["content-range"]) == ("", "0-4/5")
    beyond = await ask("GET", "/films?offset=9", prefer="count=exact")
    assert (beyond.status, beyond.code, beyond.headers["content-range"]) == (416, "PGRST103", "*/5")


async def test_an_estimate_is_exact_up_to_the_most_rows(ask, archive):
    assert (await ask("GET", "/films?id=gt.1", prefer="count=estimated")).headers["content-range"] == "0-3/4"
    archive.settings = archive.settings.__class__(schemas=("films",), max_rows=2)
    cut = await ask("GET", "/films", prefer="count=estimated")
    assert (cut.status, cut.headers["content-range"]) == (206, "0-1/5")


@supports("Order and pages", "the most rows of an answer and of each embed (`DB_MAX_ROWS`)")
async def test_the_most_rows_hold_for_answers_and_embeds(ask, archive):
    archive.settings = archive.settings.__class__(schemas=("films",), max_rows=1)
    rows = (await ask("GET", "/directors?id=eq.2&limit=9&select=id,films!director_id(id)")).json
    assert [len(row["films"]) for row in rows] == [1]


@supports("Formats", "a single object, nulls stripped, CSV, HEAD")
async def test_shapes_of_the_body(ask):
    single = await ask("GET", "/films?id=eq.3&select=id,rating", accept="application/vnd.pgrst.object+json")
    assert (single.json, single.headers["content-type"]) == (
        {"id": 3, "rating": None}, "application/vnd.pgrst.object+json; charset=utf-8")  # fmt: skip
    stripped = await ask(
        "GET", "/films?id=eq.3&select=id,rating", accept="application/vnd.pgrst.array+json;nulls=stripped"
    )
    assert stripped.json == [{"id": 3}]
    table = await ask("GET", "/films?id=in.(1,5)&select=id,title,tags&order=id", accept="text/csv")
    assert table.body == 'id,title,tags\n1,"Cairo Station","{black,white}"\n5,"Anon*ymous, ""the"" film","{""a,b""}"'
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert (await ask("GET", "/films?id=eq.0", accept="text/csv")).body == "\n"
    head = await ask("HEAD", "/films?limit=1")
    assert (head.status, head.body, head.headers["content-range"]) == (200, "", "0-0/*")


@pytest.mark.parametrize(("where", "rows"), [("id=gt.1", 4), ("id=eq.0", 0)])
async def test_406_for_a_single_object_of_no_row_or_many(ask, where, rows):
    refused = await ask("GET", f"/films?{where}", accept="application/vnd.pgrst.object+json")
    assert (refused.status, refused.code, refused.json["details"]) == (
        406, "PGRST116", f"The result contains {rows} rows")  # fmt: skip


@supports("Schemas", "several exposed ones by Accept-Profile and Content-Profile; views; names of any kind")
async def test_schemas_views_and_strange_names(ask, get):
    boxes = await ask("GET", "/boxes", accept_profile="attic")
    assert (boxes.json, boxes.headers["content-profile"]) == ([{"id": 1, "label": "dusty"}], "attic")
    assert (await ask("GET", "/boxes", accept_profile="cellar")).code == "PGRST106"
    assert [row["id"] for row in await get("/recent")] == [5]
    strange = '/Seltsame%20Tabelle?select="id %25","Ein \\"Name\\"",x:%D8%B9%D9%86%D9%88%D8%A7%D9%86&"id %25"=eq.2'
    assert await get(strange) == [{"id %": 2, 'Ein "Name"': "zwei", "x": "اثنان"}]


@supports("Transactions", "`timezone=`: times as one zone writes them")
async def test_the_time_zone_of_the_answer(ask):
    told = await ask("GET", "/films?id=eq.1&select=added", prefer="timezone=Africa/Cairo")
    assert told.json == [{"added": "2024-01-01T14:00:00+02:00"}]
    assert told.headers["preference-applied"] == "timezone=Africa/Cairo"


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("/film", 404, "PGRST205"),
        ("/films?select=nothing", 400, "42703"),
        ("/films?nothing=eq.1", 400, "42703"),
        ("/films?order=nothing", 400, "42703"),
        ("/films?id=eq.x", 400, "22P02"),
        ("/films?select=title::nonsense", 400, "42704"),
        ("/films?select=title::text;drop", 400, "PGRST100"),
        ("/films?id=cs.1", 404, "42883"),
        ("/films?words=fts(klingon).x", 400, "42704"),
        ("/films?directors.name=eq.x", 400, "PGRST108"),
        ("/films?id=eq.%00", 400, "22021"),
        ("/secrets", 403, "42501"),
        ("/films?facts->reels=eq.{", 400, "22P02"),
    ],
)
async def test_refusals(ask, target, status, code):
    refused = await ask("GET", target)
    assert (refused.status, refused.code) == (status, code), refused.body
    assert set(refused.json) == {"code", "message", "details", "hint"}


async def test_401_for_an_anonymous_caller_where_another_would_get_403(ask, archive):
    archive.caller = archive.caller.__class__("film_visitor", "{}", anonymous=True)
    refused = await ask("GET", "/secrets")
    assert (refused.status, refused.code, refused.headers["www-authenticate"]) == (401, "42501", "Bearer")


@supports("Formats", "execution plans (`DB_PLAN_ENABLED`)")
async def test_an_execution_plan_in_place_of_rows(ask):
    plan = await ask("GET", "/films", accept='application/vnd.pgrst.plan+json; for="application/json"; options=verbose')
    assert "Plan" in plan.json[0]
    assert plan.headers["content-type"].startswith(
        'application/vnd.pgrst.plan+json; for="application/json"; options=verbose'
    )
    text = await ask("GET", "/films", accept="application/vnd.pgrst.plan")
    assert "Seq Scan" in text.body
    assert "Update on films" in (await ask("PATCH", "/films", {"year": 1990}, accept="application/vnd.pgrst.plan")).body


async def test_rows_come_as_they_are_in_the_database(get):
    row = (await get("/films?id=eq.1"))[0]
    assert json.dumps(row["facts"]["crew"]) == '{"sound": "Ali"}'
    assert list(row)[:4] == ["id", "title", "director_id", "writer_id"]
