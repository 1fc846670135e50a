"""Lists of objects: by folder, and by prefix with a cursor, held against what a reader of all names would say."""

import random

import pytest

pytestmark = pytest.mark.anyio
NAMES = [
    "a.txt", "B.txt", "a/1", "a/2", "a/b/1", "a/b/2", "a/b/c/1", "aa", "صور/ليلى.jpg", "صور/عمر.jpg", "z/1", "Z/1",
    "a//x", "a-", "a0",
]  # fmt: skip


@pytest.fixture
def names(bucket, tenants):
    """Objects straight in the database, made in another order than that of their names."""
    shuffled = random.Random(7).sample(NAMES, len(NAMES))  # noqa: S311
    with tenants.database() as database:
        for second, name in enumerate(shuffled):
            database.execute(
                """
                INSERT INTO storage.objects (bucket_id, name, metadata, created_at, updated_at)
                VALUES (%s, %s, '{"size": 1}', %s::timestamptz + %s * interval '1 s', now() - %s * interval '1 s')
                """,
                (bucket, name, "2026-01-01T00:00:00Z", second, second),
            )
    return shuffled


@pytest.fixture
def listed(served, bucket):
    """Return the entries of a folder, those that are folders with a slash."""

    async def ask(prefix="", **said):
        entries = (await served("POST", f"object/list/{bucket}", json={"prefix": prefix, **said})).json()
        return [each["name"] + ("" if each["id"] else "/") for each in entries]

    return ask


@pytest.fixture
def paged(served, bucket):
    """Return all pages of a prefix: names of folders, of objects, and the number of pages."""

    async def ask(limit, **said):
        folders, objects, pages, cursor = [], [], 0, None
        while pages == 0 or cursor:
            body = {**said, "limit": limit, **({"cursor": cursor} if cursor else {})}
            page = (await served("POST", f"object/list-v2/{bucket}", json=body)).json()
            folders += [each["name"] for each in page["folders"]]
            objects += [each["name"] for each in page["objects"]]
            assert page["hasNext"] is ("nextCursor" in page)
            assert len(page["folders"]) + len(page["objects"]) <= limit
            cursor, pages = page.get("nextCursor"), pages + 1
        return folders, objects, pages

    return ask


async def test_a_folder_lists_its_direct_children(listed, names):
    assert await listed() == ["a/", "a-", "a.txt", "a0", "aa", "B.txt", "Z/", "z/", "صور/"]
    assert await listed("a") == await listed("a/") == ["/", "1", "2", "b/"]
    assert await listed("a/b") == ["1", "2", "c/"]
    assert await listed("صور") == ["عمر.jpg", "ليلى.jpg"]
    assert await listed("absent") == await listed("A") == []


async def test_a_folder_is_searched_sorted_and_paged(listed, names):
    assert await listed(search="A") == ["a/", "a-", "a.txt", "a0", "aa"]
    assert await listed("a", search="b") == ["b/"]
    assert await listed(sortBy={"column": "name", "order": "desc"}, limit=3) == ["صور/", "Z/", "z/"]
    assert await listed(limit=2, offset=1) == ["a-", "a.txt"]
    files = [name for name in names if "/" not in name]
    folders = ["a/", "Z/", "z/", "صور/"]
    assert await listed(sortBy={"column": "created_at"}) == folders + files
    assert await listed(sortBy={"column": "updated_at", "order": "asc"}) == folders + files[::-1]


async def test_an_entry_tells_of_its_object_and_a_folder_of_nothing(served, bucket, names):
    entries = (await served("POST", f"object/list/{bucket}", json={"prefix": "a"})).json()
    folder, file = entries[0], entries[1]
    assert file["metadata"] == {"size": 1}
    assert set(folder) == set(file) == {
        "name", "id", "updated_at", "created_at", "last_accessed_at", "metadata",
    }  # fmt: skip
    assert [value for name, value in folder.items() if name != "name"] == [None] * 5


@pytest.mark.parametrize("limit", [1, 4, 100])
@pytest.mark.parametrize("prefix", ["", "a", "a/", "a/b/", "صور", "none"])
@pytest.mark.parametrize("with_delimiter", [True, False])
async def test_pages_together_are_the_whole_list(paged, names, limit, prefix, with_delimiter):
    within = sorted((name for name in NAMES if name.startswith(prefix)), key=str.encode)
    deeper = {name: "/" in name.removeprefix(prefix) and with_delimiter for name in within}
    whole = [prefix + name.removeprefix(prefix).partition("/")[0] + "/" for name in within if deeper[name]]
    folders, objects, pages = await paged(limit, prefix=prefix, with_delimiter=with_delimiter)
    assert folders == list(dict.fromkeys(whole))
    assert objects == [name for name in within if not deeper[name]]
    assert pages == max(1, -(-(len(folders) + len(objects)) // limit))


@pytest.mark.parametrize("column", ["created_at", "updated_at"])
@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_pages_by_time_go_on_where_the_last_one_ended(paged, names, column, order):
    oldest_first = names if (column == "created_at") == (order == "asc") else names[::-1]
    _, objects, _ = await paged(4, sortBy={"column": column, "order": order})
    assert objects == oldest_first
    by_name, _, _ = await paged(2, with_delimiter=True, sortBy={"column": "name", "order": "desc"})
    assert by_name == ["صور/", "z/", "a/", "Z/"]


@pytest.mark.parametrize("body", [{"limit": 0}, {"cursor": "none of ours"}, {"cursor": "e30="}, {"prefix": 1}])
async def test_400_for_an_invalid_page(storage, refused, bucket, body):
    refused(await storage("POST", f"object/list-v2/{bucket}", key="secret_key", json=body), 400, "InvalidRequest")


async def test_400_for_a_folder_that_is_not_said(storage, refused, bucket):
    for body in ({}, {"prefix": "", "limit": 0}, {"prefix": "", "sortBy": {"column": "owner"}}):
        refused(await storage("POST", f"object/list/{bucket}", key="secret_key", json=body), 400, "InvalidRequest")


async def test_a_list_shows_the_callers_organization_alone(served, storage, org, other_org):
    for owner in (org, other_org):
        await served("POST", f"object/exports/{owner.id}/x.csv", content=b"a,b")
    for as_ in (org.owner, org.agent("read")):
        folders = (await storage("POST", "object/list/exports", as_=as_, json={"prefix": ""})).json()
        assert [each["name"] for each in folders] == [str(org.id)]
        theirs = await storage("POST", "object/list/exports", as_=as_, json={"prefix": str(other_org.id)})
        assert theirs.json() == []
        page = (await storage("POST", "object/list-v2/exports", as_=as_, json={})).json()
        assert [each["name"] for each in page["objects"]] == [f"{org.id}/x.csv"]
    assert (await storage("POST", "object/list/exports", key="anon_key", json={"prefix": ""})).json() == []
