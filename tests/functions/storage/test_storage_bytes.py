"""Rows and bytes belong together: what goes is erased, a crash leaves no half of anything, a race one winner."""

import asyncio
import hashlib
import random
import subprocess
import sys
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import httpx
import pytest
from moto.server import ThreadedMotoServer

from shared.platform.storage.blobs import blob_key
from tests.support.serving import ROOT, free_port, gateways

pytestmark = pytest.mark.anyio


@pytest.fixture
def blob_of(services):
    """Return the file of a version."""
    return lambda version: Path(urlsplit(services.blob_url).path) / blob_key(version)


@pytest.fixture
def due(tenants):
    """Make versions due now, and tell which of them still wait to be erased."""

    def look(*versions):
        with tenants.database() as database:
            rows = database.execute(
                "UPDATE storage.blobs_to_erase SET due_at = now() WHERE version = ANY(%s) RETURNING version",
                [list(versions)],
            )
            return {version for (version,) in rows}

    return look


@pytest.fixture
def erase(call, due, services):
    """Run the job, for which these versions are due; those that were waiting."""

    async def run(*versions):
        waiting = due(*versions)
        answer = await call("erase-blobs", headers={"Authorization": f"Bearer {services.secrets.secret_key}"})
        assert answer.status_code == 200, answer.text
        return waiting

    return run


@pytest.fixture
def version_of(served):
    async def ask(place):
        return (await served("GET", f"object/info/{place}")).json()["version"]

    return ask


async def test_replaced_and_deleted_objects_leave_no_bytes_behind(served, bucket, blob_of, erase, version_of):
    place = f"{bucket}/a"
    versions = []
    for content in (b"1", b"2"):
        await served("PUT", f"object/{place}", content=content)
        versions.append(await version_of(place))
    await served("POST", "object/move", json={"bucketId": bucket, "sourceKey": "a", "destinationKey": "b"})
    assert await version_of(f"{bucket}/b") == versions[1]
    assert [blob_of(version).exists() for version in versions] == [True, True]
    assert await erase(*versions) == {versions[0]}
    assert [blob_of(version).exists() for version in versions] == [False, True]
    await served("DELETE", f"object/{bucket}/b")
    assert await erase(*versions) == {versions[1]}
    assert not blob_of(versions[1]).exists()
    assert await erase(*versions) == set()


@pytest.fixture
def only_rehearsed(bucket, tenants):
    """Yield the bucket of a policy that lets an upload be rehearsed and refuses its row."""
    with tenants.database() as database:
        database.execute(
            f"""
            CREATE POLICY "{bucket}" ON storage.objects FOR INSERT TO anon
            WITH CHECK (bucket_id = '{bucket}' AND metadata IS NULL)
            """
        )
        yield bucket
        database.execute(f'DROP POLICY "{bucket}" ON storage.objects')


@pytest.fixture
def announced(tenants):
    """Versions that no row names, with the hours until they are due."""

    def look():
        with tenants.database() as database:
            rows = database.execute(
                "SELECT version, extract(epoch FROM due_at - now()) / 3600 FROM storage.blobs_to_erase"
            )
            return {version: float(hours) for version, hours in rows}

    return look


async def test_an_upload_that_is_refused_with_its_row_leaves_no_bytes(
    storage, refused, only_rehearsed, announced, blob_of
):
    before = announced()
    answer = await storage("POST", f"object/{only_rehearsed}/a", key="publishable_key", content=b"x")
    refused(answer, 403, "AccessDenied")
    (left,) = announced().keys() - before.keys()
    assert blob_of(left).read_bytes() == b"x"
    assert announced()[left] <= 0


async def test_one_of_many_wins_a_name_and_replacing_never_shows_a_half(served, storage, bucket, due):
    contents = [random.Random(seed).randbytes(40_000 + seed) for seed in range(8)]  # noqa: S311
    made = await asyncio.gather(
        *(storage("POST", f"object/{bucket}/once", key="secret_key", content=each) for each in contents)
    )
    assert sorted(each.status_code for each in made) == [200] + [400] * 7
    await served("PUT", f"object/{bucket}/often", content=contents[0])
    seen = []

    async def read():
        answer = await served("GET", f"object/{bucket}/often")
        seen.append(answer.content)
        assert answer.headers["etag"] == f'"{hashlib.md5(answer.content, usedforsecurity=False).hexdigest()}"'

    writes = [served("PUT", f"object/{bucket}/often", content=each) for each in contents]
    await asyncio.gather(*writes, *(read() for _ in range(16)))
    assert set(seen) <= set(contents)


HOLD = """
    CREATE FUNCTION storage.hold() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN new; END $$;
    CREATE TRIGGER hold BEFORE INSERT ON storage.objects FOR EACH ROW
    WHEN (new.name = 'held' AND new.metadata IS NOT NULL) EXECUTE FUNCTION storage.hold();
    SELECT pg_advisory_lock(4711);
"""
LET_GO = """
    SELECT pg_advisory_unlock(4711);
    DROP TRIGGER hold ON storage.objects;
    DROP FUNCTION storage.hold();
"""
HELD = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted"


@pytest.fixture
def doomed(keys):
    """Yield a gateway process of the test's own, to be killed: how a client asks it as the service, and the process."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "infra.local.gateway:app", f"--port={port}", "--log-level=critical"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL)
    yield {"base_url": f"http://127.0.0.1:{port}", "headers": {"apikey": keys.secret_key}, "timeout": 60}, process
    process.kill()
    process.wait()


@pytest.fixture
def held_back(tenants):
    """Let the row of an object named held wait after its bytes until the test ends, or says so."""
    with tenants.database() as database:
        database.execute(HOLD)
        yield lambda: database.execute(HELD).fetchone() is not None
        database.execute(LET_GO)


async def test_a_kill_between_bytes_and_row_leaves_the_old_object(served, bucket, doomed, announced, held_back):
    await served("POST", f"object/{bucket}/old", content=b"old")
    await served("POST", "object/move", json={"bucketId": bucket, "sourceKey": "old", "destinationKey": "held"})
    before = announced()
    asking, process = doomed

    async def upload():
        transport = httpx.AsyncHTTPTransport(retries=1000)
        async with httpx.AsyncClient(transport=transport, **asking) as client:
            with pytest.raises(httpx.RemoteProtocolError):
                await client.put(f"/storage/v1/object/{bucket}/held", content=b"new")

    async with anyio.create_task_group() as uploading:
        uploading.start_soon(upload)
        while not held_back():  # noqa: ASYNC110  (the database does not tell us)
            await anyio.sleep(0.02)
        process.kill()
    (version,) = announced().keys() - before.keys()
    assert (await served("GET", f"object/{bucket}/held")).content == b"old"
    assert announced()[version] > 23


async def test_bytes_left_by_a_crash_are_erased_when_due(tenants, blob_of, erase):
    version = str(uuid.uuid4())
    with tenants.database() as database:
        database.execute("INSERT INTO storage.blobs_to_erase VALUES (%s, now() + interval '1 day')", [version])
    blob_of(version).parent.mkdir(exist_ok=True)
    blob_of(version).write_bytes(b"new")
    await erase()
    assert blob_of(version).exists()
    assert await erase(version) == {version}
    assert not blob_of(version).exists()


@pytest.fixture(scope="module")
def bucket_server():
    """Yield an S3 server, and the settings of a gateway that keeps its files there."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=free_port())
    server.start()
    host, port = server.get_host_and_port()
    yield (
        server,
        {
            "NEXUS_BLOB_URL": "s3://nexus-files/shop",
            "NEXUS_BLOB_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_DEFAULT_REGION": "us-east-1",
        },
    )
    server.stop()


async def test_the_same_in_a_bucket_and_503_while_that_is_away(bucket_server, bucket, keys, due):
    server, environment = bucket_server
    headers = {"apikey": keys.secret_key}
    with gateways(1, environment) as (url,):
        async with httpx.AsyncClient(base_url=f"{url}/storage/v1", headers=headers, timeout=60) as client:
            away = await client.put(f"/object/{bucket}/a", content=b"new")
            assert (away.status_code, away.json()["code"]) == (503, "SlowDown"), away.text
            async with httpx.AsyncClient(base_url=environment["NEXUS_BLOB_ENDPOINT_URL"]) as s3:
                assert (await s3.put("/nexus-files")).status_code == 200
            assert (await client.get(f"/object/{bucket}/a")).json()["code"] == "NoSuchKey"
            made = await client.put(f"/object/{bucket}/a", content=b"0123456789")
            assert made.status_code == 200, made.text
            part = await client.get(f"/object/{bucket}/a", headers={"Range": "bytes=2-4"})
            assert (part.status_code, part.content) == (206, b"234")
            keys_of = {"bucketId": bucket, "sourceKey": "a", "destinationKey": "b"}
            assert (await client.post("/object/copy", json=keys_of)).status_code == 200
            version = (await client.get(f"/object/info/{bucket}/a")).json()["version"]
            await client.delete(f"/object/{bucket}/a")
            assert (await client.get(f"/object/{bucket}/b")).content == b"0123456789"
            due(version)
            bearer = {"Authorization": f"Bearer {keys.secret_key}"}
            assert (await client.post(f"{url}/functions/v1/erase-blobs", headers=bearer)).status_code == 200
            server.stop()
            assert (await client.get(f"/object/{bucket}/b")).json()["code"] == "SlowDown"
            assert (await client.head(f"/object/{bucket}/b")).headers["content-length"] == "10"
