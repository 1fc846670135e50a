"""Signed addresses, held on to."""

import httpx

from tests.attack.outcome import refused
from tests.attack.registry import Broken, attack
from tests.attack.stage import Caller, Stage, tag

TEN_YEARS_S = 10 * 365 * 24 * 3600
SECONDS_IN_A_WEEK = 7 * 24 * 3600


async def _signed(stage: Stage, agent: Caller, *, seconds: int) -> httpx.Response:
    organization = (await stage.organization())["id"]
    path = f"message-media/{organization}/{tag()}.txt"
    headers = {"apikey": stage.secret_key or "", "Content-Type": "text/plain"}
    kept = await stage.http.post(f"/storage/v1/object/{path}", content=b"secret", headers=headers)
    assert kept.is_success, kept.text
    return await agent.ask("POST", f"/storage/v1/object/sign/{path}", {"expiresIn": seconds})


@attack("links")
async def sign_for_ten_years(stage: Stage) -> str:
    """A link of an agent that reads lasts a short time, whatever was asked for."""
    import jwt  # noqa: PLC0415

    answer = await _signed(stage, await stage.agent("read"), seconds=TEN_YEARS_S)
    if not answer.is_success:
        return refused(answer)
    token = answer.json()["signedURL"].partition("token=")[2]
    claims = jwt.decode(token, options={"verify_signature": False})
    if claims["exp"] - claims["iat"] > SECONDS_IN_A_WEEK:
        raise Broken(f"{claims['exp'] - claims['iat']:,} seconds")
    return f"{claims['exp'] - claims['iat']:,} seconds"


@attack("links")
async def use_a_link_after_its_maker(stage: Stage) -> str:
    """A link ends when the key of its maker is revoked."""
    made = await stage.key("read")
    agent = Caller(stage.http, stage.public_key, (await stage.exchange(made["api_key"])).json()["access_token"])
    answer = await _signed(stage, agent, seconds=600)
    assert answer.is_success, answer.text
    link = f"/storage/v1{answer.json()['signedURL']}"
    assert (await stage.http.get(link)).is_success
    await stage.shop.call("agent-api-key-revoke", {"id": made.get("id") or made.get("key_id")})
    return refused(await stage.http.get(link))
