"""What POST, PATCH, PUT and DELETE of a table change, and what they answer."""

import pytest
from msgspec.structs import replace

from tests.support.supports import supports

pytestmark = pytest.mark.anyio
WHOLE = "return=representation"
OBJECT = "application/vnd.pgrst.object+json"


@supports("Writing", "insert of one and of many, with `select` and embeds in the answer")
async def test_inserts(ask):
    one = await ask(
        "POST",
        "/films?select=id,title,mood,directors!director_id(name)",
        {"title": "New", "director_id": 2},
        prefer=WHOLE,
    )
    assert (one.status, one.headers["content-range"], one.headers["preference-applied"]) == (201, "*/*", WHOLE)
    assert [{**row, "id": 0} for row in one.json] == [
        {"id": 0, "title": "New", "mood": "calm", "directors": {"name": "Bergman"}}
    ]
    many = await ask("POST", "/actors", [{"id": 8, "name": "a"}, {"id": 9, "name": "b"}], prefer=f"{WHOLE},count=exact")
    assert (many.json, many.headers["content-range"]) == ([{"id": 8, "name": "a"}, {"id": 9, "name": "b"}], "*/2")
    silent = await ask("POST", "/actors", {"id": 8, "name": "a"})
    assert (silent.status, silent.body, "content-type" in silent.headers) == (201, "", False)
    assert (await ask("POST", "/actors", [], prefer=WHOLE)).json == []


@supports("Writing", "`headers-only` with Location; forms and CSV as bodies")
async def test_location_and_other_bodies(ask):
    told = await ask("POST", "/screenings", {"film_id": 3, "hall": "A & B"}, prefer="return=headers-only")
    assert (told.status, told.body, told.headers["location"]) == (
        201,
        "",
        "/screenings?film_id=eq.3&hall=eq.A%20%26%20B",
    )
    form = await ask(
        "POST", "/actors", b"id=7&name=form", prefer=WHOLE, content_type="application/x-www-form-urlencoded"
    )
    assert form.json == [{"id": 7, "name": "form"}]
    table = await ask("POST", "/actors", b"id,name\n7,x\n8,NULL", prefer=WHOLE, content_type="text/csv")
    assert (table.status, table.code) == (400, "23502")


@supports("Writing", "`columns`, `missing=default`")
async def test_columns_and_missing_values(ask):
    rows = [
        {"film_id": 3, "hall": "A", "more": 1},
        {"film_id": 3, "hall": "B", "seats": None},
        {"film_id": 4, "hall": "C", "seats": 7},
    ]
    target = "/screenings?columns=film_id,hall,seats&select=hall,seats"
    assert (await ask("POST", target, rows, prefer=WHOLE)).code == "23502"
    rows[1]["seats"] = 5
    filled = await ask("POST", target, rows, prefer=f"{WHOLE},missing=default")
    assert filled.json == [{"hall": "A", "seats": 100}, {"hall": "B", "seats": 5}, {"hall": "C", "seats": 7}]
    assert filled.headers["preference-applied"] == "missing=default, return=representation"
    unknown = await ask("POST", "/screenings?columns=film_id,nothing", rows)
    assert (unknown.status, unknown.code) == (400, "PGRST204")


async def test_an_empty_object_is_a_row_of_defaults(ask):
    assert (await ask("POST", "/films", {})).code == "23502"
    assert (await ask("POST", "/jottings", {}, prefer="missing=default")).code == "23502"


@supports("Writing", "upsert: `merge-duplicates`, `ignore-duplicates`, `on_conflict`")
async def test_upserts(ask):
    rows = [{"id": 1, "name": "Hind"}, {"id": 9, "name": "new"}]
    merged = await ask("POST", "/actors", rows, prefer=f"{WHOLE},resolution=merge-duplicates")
    assert (merged.status, merged.json) == (201, rows)
    assert merged.headers["preference-applied"] == "resolution=merge-duplicates, return=representation"
    assert (await ask("POST", "/actors", rows[:1], prefer="resolution=merge-duplicates")).status == 200
    ignored = await ask("POST", "/actors", rows, prefer=f"{WHOLE},resolution=ignore-duplicates")
    assert (ignored.status, ignored.json) == (201, rows[1:])
    row = {"title": "Persona", "year": 1967}
    merge = f"{WHOLE},resolution=merge-duplicates"
    by_title = await ask("POST", "/films?on_conflict=title&select=id,year", row, prefer=merge)
    assert (by_title.status, by_title.json) == (200, [{"id": 3, "year": 1967}])
    assert (await ask("POST", "/actors", rows)).code == "23505"
    assert (await ask("POST", "/actors", rows)).status == 409


async def test_a_host_may_refuse_to_change_every_row(ask, archive):
    archive.settings = replace(archive.settings, guarded=True)
    for method, verb in (("PATCH", "UPDATE"), ("DELETE", "DELETE")):
        refused = await ask(method, "/jottings?select=id", {"text": "x"}, prefer="return=representation")
        assert (refused.status, refused.code, refused.json["message"]) == (
            400,
            "21000",
            f"{verb} requires a WHERE clause",
        )
        assert (await ask(method, "/jottings?id=eq.1", {"text": "x"})).status == 204
    assert (await ask("PATCH", "/jottings", {})).status == 204


@supports("Writing", "update and delete with filters; single objects; `count`")
async def test_updates_and_deletes(ask):
    changed = await ask("PATCH", "/films?year=lt.1960&select=id,rating", {"rating": 9}, prefer=f"{WHOLE},count=exact")
    assert (changed.status, changed.headers["content-range"]) == (200, "0-1/2")
    assert sorted(row["id"] for row in changed.json) == [1, 2]
    silent = await ask("PATCH", "/films?id=eq.1", {"rating": None})
    assert (silent.status, silent.body, silent.headers["content-range"]) == (204, "", "0-0/*")
    assert (await ask("PATCH", "/films?id=eq.0", {"rating": 1})).headers["content-range"] == "*/*"
    assert (await ask("PATCH", "/films?id=eq.1", {}, prefer=WHOLE)).json == []
    gone = await ask(
        "DELETE", "/roles?or=(film_id.eq.1,part.eq.Mia)&select=film_id,actors(name)", prefer=f"{WHOLE},count=exact"
    )
    assert (gone.status, gone.headers["content-range"], len(gone.json)) == (200, "*/2", 2)
    assert {"film_id": 1, "actors": {"name": "Hind Rostom"}} in gone.json
    assert (await ask("DELETE", "/roles?film_id=eq.1", b"{}")).status == 204


@supports("Writing", "PUT of one row")
async def test_put(ask):
    new = await ask("PUT", "/actors?id=eq.9", {"id": 9, "name": "nine"}, prefer=WHOLE)
    assert (new.status, new.json) == (201, [{"id": 9, "name": "nine"}])
    there = await ask("PUT", "/actors?id=eq.1", {"id": 1, "name": "one"}, prefer=WHOLE)
    assert (there.status, there.json) == (200, [{"id": 1, "name": "one"}])
    assert (await ask("PUT", "/actors?id=eq.1", {"id": 1, "name": "one"})).status == 204
    assert (await ask("PUT", "/actors?id=eq.1", {"id": 2, "name": "x"})).code == "PGRST115"
    assert (await ask("PUT", "/actors?name=eq.x", {"id": 2, "name": "x"})).code == "PGRST105"
    assert (await ask("PUT", "/actors?id=eq.1&limit=1", {"id": 1, "name": "x"})).code == "PGRST114"


@supports("Writing", "`max-affected`, a single object, `tx=rollback` and `tx=commit`")
async def test_a_refused_write_changes_nothing(ask, get):
    strict = "handling=strict,max-affected=1,tx=commit"
    assert (await ask("DELETE", "/jottings?id=lt.3", prefer=strict)).code == "PGRST124"
    kept = f"{WHOLE},tx=commit,handling=strict,max-affected=2"
    single = await ask("PATCH", "/jottings?id=lt.3", {"text": "x"}, prefer=kept, accept=OBJECT)
    assert (single.status, single.code) == (406, "PGRST116")
    undone = await ask("DELETE", "/jottings", prefer="tx=rollback,handling=strict,max-affected=9")
    assert undone.headers["preference-applied"] == "tx=rollback, handling=strict, max-affected=9"
    assert await get("/jottings?select=id,text&order=id") == [
        {"id": 1, "text": "one"}, {"id": 2, "text": "two"}, {"id": 3, "text": "three"}]  # fmt: skip
    one = await ask("PATCH", "/jottings?id=eq.3", {"text": "3"}, prefer=kept, accept=OBJECT)
    assert one.json["text"] == "3"
    assert await get("/jottings?id=eq.3&select=text") == [{"text": "3"}]
    await ask("PATCH", "/jottings?id=eq.3", {"text": "three"}, prefer="tx=commit")


async def test_a_deferred_constraint_raises_at_any_end_of_a_transaction(ask):
    for ending in ("commit", "rollback"):
        refused = await ask("PATCH", "/jottings?id=eq.1", {"kept_after": 99}, prefer=f"tx={ending}")
        assert (refused.status, refused.code) == (409, "23503")


@supports("Writing", "no more of a row is read than the caller may see")
async def test_a_caller_who_may_see_some_columns_writes_the_others(ask):
    assert (await ask("POST", "/secrets", {"id": 1, "text": "x"})).status == 201
    assert (await ask("POST", "/secrets?select=id", {"id": 1, "text": "x"}, prefer=WHOLE)).json == [{"id": 1}]
    assert (await ask("POST", "/secrets", {"id": 1, "text": "x"}, prefer=WHOLE)).code == "42501"


@supports("Writing", "computed fields and relationships in the answer")
async def test_computed_fields_of_written_rows(ask):
    row = {"title": "Sequel", "year": 2020}
    told = await ask("POST", "/films?select=title,full_title,sequels(id)", row, prefer=WHOLE)
    assert told.json == [{"title": "Sequel", "full_title": "Sequel (2020)", "sequels": []}]
    told = await ask("PATCH", "/films?full_title=eq.Persona (1966)&select=full_title,id", {"year": 1967}, prefer=WHOLE)
    assert told.json == [{"full_title": "Persona (1967)", "id": 3}]


async def test_row_policies_hold_for_what_is_written(ask, get):
    assert await get("/drawers?select=id") == [{"id": 1}]
    assert (await ask("PATCH", "/drawers?id=eq.2", {"content": "x"}, prefer=WHOLE)).json == []
    refused = await ask("POST", "/drawers", {"id": 3, "owner": "bob"})
    assert (refused.status, refused.code) == (403, "42501")


@supports("Writing", "all types; names of any kind")
async def test_values_arrive_as_they_were_sent(ask):
    row = {
        "title": "%(p0)s '\"\\ \u202e",
        "tags": ['a"b', "c,d", "{}"],
        "facts": {"a": [1, None]},
        "rating": 3.25,
        "mood": "merry",
    }
    told = await ask("POST", "/films?select=title,tags,facts,rating,mood", row, prefer=WHOLE)
    assert told.json == [{**row, "rating": 3.3}]
    strange = {"id %": 3, 'Ein "Name"': "x", "عنوان": "ع"}
    target = '/Seltsame%20Tabelle?columns="id %25","Ein \\"Name\\"","%D8%B9%D9%86%D9%88%D8%A7%D9%86"'
    assert (await ask("POST", target, strange, prefer=WHOLE)).json == [strange]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (("POST", "/film", {"a": 1}), (404, "PGRST205")),
        (("POST", "/films", {"nothing": 1}), (400, "PGRST204")),
        (("PATCH", "/films?nothing=eq.1", {"year": 1}), (400, "42703")),
        (("PATCH", "/films?id=eq.1", {"year": 1}), (400, "23514")),
        (("PATCH", "/films?id=eq.1", {"director_id": 77}), (409, "23503")),
        (("POST", "/films", {"title": "x", "year": "x"}), (400, "22P02")),
        (("POST", "/films", [{"title": "x"}, {"year": 1}]), (400, "PGRST102")),
        (("POST", "/films", b"{"), (400, "PGRST102")),
        (("DELETE", "/films?nothing=eq.1", None), (400, "42703")),
        (("PATCH", "/films?select=nothing", {"year": 1900}), (400, "42703")),
    ],
)
async def test_refused_writes(ask, sent, told):
    refused = await ask(*sent)
    assert (refused.status, refused.code) == told, refused.body


async def test_401_where_an_anonymous_caller_may_not_write(ask, archive):
    archive.caller = archive.caller.__class__("film_visitor", "{}", anonymous=True)
    assert (await ask("DELETE", "/films?id=eq.1")).status == 401
