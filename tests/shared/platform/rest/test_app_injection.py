"""Text that would be SQL, in every place where a request may say something: it stays text, or is refused."""

from urllib.parse import quote

import psycopg
import pytest

from tests.support.supports import supports

pytestmark = pytest.mark.anyio
ATTACKS = [
    "'; DROP TABLE films.actors; --",
    '"; DROP TABLE films.actors; --',
    'x" FROM films.secrets; --',
    "1) OR 1=1 --",
    "%(p0)s %s %% $1 $$",
    "\\'; DELETE FROM films.actors; --",
    "*/ DROP TABLE films.actors; /*",
    '}")}]%22 \u2019; SELECT 1',
]
PLACES = [
    "id=eq.{}",
    "name=in.({})",
    "name=like(any).{{{}}}",
    "{}=eq.1",
    "or=(name.eq.{})",
    "select={}",
    "select={}:id",
    "select=name::{}",
    'select="{}"',
    'select="{}":id',
    "select=id->>{}",
    "select=roles({})",
    "select={}:roles(part)",
    "select=roles!{}(part)",
    "select={}.sum()",
    "order={}",
    "order=id->{}.desc",
    "limit={}",
    "offset={}",
    "roles.{}=eq.1",
    "name=fts({}).x",
    "name=fts.{}",
    "columns={}",
    "on_conflict={}",
]


@supports("Filters", "no text of a request becomes SQL")
@pytest.mark.parametrize("place", PLACES)
async def test_no_text_of_a_query_becomes_sql(ask, films_url, place):
    for attack in ATTACKS:
        for written in (attack, '"' + attack.replace("\\", "\\\\").replace('"', '\\"') + '"'):
            target = f"/actors?{quote(place.format(written), safe='=&')}"
            for method in ("GET", "POST", "PATCH", "DELETE"):
                answer = await ask(method, target, {"id": 77}, prefer="tx=rollback,return=representation")
                assert answer.status < 500, (target, answer.body)
                assert "hidden treasure" not in answer.body, target
    with psycopg.connect(films_url) as database:
        assert database.execute("SELECT count(*) FROM films.actors").fetchone() == (3,)


async def test_no_other_text_of_a_request_becomes_sql(ask, films_url):
    for attack in ATTACKS:
        plain = attack.encode("ascii", "replace").decode()
        answers = [
            await ask("GET", f"/{quote(attack, safe='')}"),
            await ask("GET", f"/rpc/{quote(attack, safe='')}?{quote(attack, safe='')}=1"),
            await ask("GET", f"/rpc/add?a={quote(attack, safe='')}"),
            await ask("POST", "/rpc/add", {attack: 1}),
            await ask("POST", "/actors", {attack: 1}),
            await ask("POST", "/rpc/told", {"name": attack}),
            await ask("GET", "/actors", prefer=f"timezone={plain}", x_color=plain, cookie=f"a={plain}"),
            await ask("GET", "/actors", accept_profile=plain),
            await ask("GET", "/actors", range=plain),
        ]
        assert all(each.status < 500 for each in answers)
        told = await ask("POST", "/actors", {"id": 78, "name": attack}, prefer="return=representation")
        assert told.json == [{"id": 78, "name": attack}]
    with psycopg.connect(films_url) as database:
        assert database.execute("SELECT count(*) FROM films.actors").fetchone() == (3,)
