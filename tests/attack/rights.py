"""Rights after their ground has gone, and proofs that prove something else."""

from typing import Any

from tests.attack.outcome import refused
from tests.attack.registry import Broken, attack
from tests.attack.stage import Caller, Stage, tag

PASSWORD = "attack-" + "x" * 12


async def _person(stage: Stage) -> tuple[dict[str, Any], Caller]:
    body = {"email": f"attack-{tag()}@example.com", "password": PASSWORD}
    answer = await stage.nobody().ask("POST", "/auth/v1/signup", body)
    assert answer.is_success, answer.text
    told = answer.json()
    return told, Caller(stage.http, stage.public_key, told.get("access_token") or "")


@attack("rights")
async def work_on_after_signing_out(stage: Stage) -> str:
    """A session that ended opens nothing."""
    signed_up, person = await _person(stage)
    if not person.token:
        return "sign-ups are confirmed by mail here"
    made = await person.call("organization-create", {"name": f"Attack {tag()}"})
    assert made.is_success, made.text
    again = {"email": signed_up["user"]["email"], "password": PASSWORD}
    refreshed = await stage.nobody().ask("POST", "/auth/v1/token?grant_type=password", again)
    person = Caller(stage.http, stage.public_key, refreshed.json()["access_token"])
    assert (await person.ask("GET", "/rest/v1/customers")).is_success
    assert (await person.ask("POST", "/auth/v1/logout")).is_success
    told = ""
    for name, answer in {
        "tables": await person.ask("GET", "/rest/v1/customers"),
        "functions": await person.call("agent-usage", method="GET"),
        "tools": await person.tool("nexus_list_contacts"),
        "files": await person.ask("POST", "/storage/v1/object/list/none", {"prefix": ""}),
    }.items():
        told = refused(answer, of=name)
    return told


@attack("rights")
async def use_a_revoked_keys_token(stage: Stage) -> str:
    """A revoked key's tokens end at once on every surface."""
    made = await stage.key("read")
    agent = Caller(stage.http, stage.public_key, (await stage.exchange(made["api_key"])).json()["access_token"])
    await stage.shop.call("agent-api-key-revoke", {"id": made.get("id") or made.get("key_id")})
    refused(await agent.ask("GET", "/rest/v1/customers"), of="tables")
    return refused(await agent.tool("nexus_list_contacts"), of="tools")


@attack("rights")
async def use_the_secret_key_in_a_browser(stage: Stage) -> str:
    """The secret key is refused where a browser sends it."""
    headers = {
        "apikey": stage.secret_key or "",
        "Origin": "https://shop.example",
        "Sec-Fetch-Mode": "cors",
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
    }
    return refused(await stage.http.get("/rest/v1/customers", headers=headers))


@attack("rights")
async def learn_who_has_an_account(stage: Stage) -> str:
    """Signing up with a known address answers as with a new one, or is not served at all."""
    told, _ = await _person(stage)
    known = told["user"]["email"] if "user" in told else told["email"]
    shapes = []
    for email in (known, f"attack-{tag()}@example.com"):
        answer = await stage.nobody().ask("POST", "/auth/v1/recover", {"email": email})
        shapes.append((answer.status_code, answer.text))
    if shapes[0] != shapes[1]:
        raise Broken(f"known: {shapes[0]}, new: {shapes[1]}")
    return str(shapes[0][0])


@attack("rights")
async def prefetch_a_mailed_link(stage: Stage) -> str:
    """HEAD spends no link and tells no session; an Arabic path in redirect_to is no fault."""
    for query in ("token=none&type=signup", "token=none&type=signup&redirect_to=http://127.0.0.1/صفحة"):
        head = await stage.http.head(f"/auth/v1/verify?{query}", headers={"apikey": stage.public_key})
        get = await stage.http.get(f"/auth/v1/verify?{query}", headers={"apikey": stage.public_key})
        for answer in (head, get):
            if answer.status_code >= 500 or "access_token" in answer.headers.get("location", ""):
                raise Broken(f"{answer.request.method} {query}: {answer.status_code}")
    return "no fault, no session"
