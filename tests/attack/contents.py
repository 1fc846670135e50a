"""Files that run where they are shown."""

from tests.attack.outcome import refused
from tests.attack.registry import Broken, attack
from tests.attack.stage import Stage, tag

TYPES = ("text/xsl", "text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/javascript", "x/y")


async def _bucket(stage: Stage, **columns: object) -> str:
    name = f"attack-{tag()}"
    key = stage.secret_key or ""
    made = await stage.http.post(
        "/storage/v1/bucket", json={"id": name, "name": name, **columns}, headers={"apikey": key}
    )
    assert made.is_success, made.text
    return name


@attack("contents")
async def serve_a_file_that_runs(stage: Stage) -> str:
    """What is not on the short list is downloaded, and nothing that is served may run."""
    bucket = await _bucket(stage, public=True)
    headers = {"apikey": stage.secret_key or ""}
    for content_type in TYPES:
        path = f"{bucket}/{tag()}"
        sent = {**headers, "Content-Type": content_type}
        assert (await stage.http.post(f"/storage/v1/object/{path}", content=b"<x/>", headers=sent)).is_success
        told = (await stage.http.get(f"/storage/v1/object/public/{path}")).headers
        policy = told.get("content-security-policy", "")
        if not told.get("content-disposition", "").startswith("attachment"):
            raise Broken(f"{content_type} is shown inline")
        if "sandbox" not in policy or told.get("x-content-type-options") != "nosniff":
            raise Broken(f"{content_type}: {policy or 'no policy'}")
    return f"{len(TYPES)} types are attachments"


@attack("contents")
async def move_a_file_past_a_list_of_types(stage: Stage) -> str:
    """A bucket's list of types holds for copies and moves."""
    source, target = await _bucket(stage), await _bucket(stage, allowed_mime_types=["image/png"])
    headers = {"apikey": stage.secret_key or ""}
    name = tag()
    sent = {**headers, "Content-Type": "text/html"}
    assert (await stage.http.post(f"/storage/v1/object/{source}/{name}", content=b"x", headers=sent)).is_success
    told = ""
    for verb, from_, to in (("copy", "sourceKey", "destinationKey"), ("move", "sourceKey", "destinationKey")):
        body = {"bucketId": source, from_: name, "destinationBucket": target, to: name + verb}
        told = refused(await stage.http.post(f"/storage/v1/object/{verb}", json=body, headers=headers), of=verb)
    return told
