"""What a hash may cost is known before it begins; the threads that hash are shared out."""

import asyncio
import itertools
import threading

import bcrypt
import pytest

from shared.auth import passwords
from shared.auth.passwords import Hashers, HashingBusy, hash_secret, verify_secret

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("tenants")]
COST = 4
"""As the tests have it; see conftest."""
DOTS = "." * 53
HOSTILE = (
    *(f"$2b${cost:02d}${DOTS}" for cost in (0, 1, 3, 13, 17, 30, 31, 32, 99)),
    "$2b$4$" + DOTS,
    "$2$04$" + DOTS,
    "$2x$04$" + DOTS,
    "$2b$04$" + DOTS[:-1],
    "$2b$04$" + DOTS + ".",
    "$2b$04$" + DOTS + "\n",
    "$2b$04$" + "A" * 53,
    "$2b$04$" + "é" * 53,
    "$2b$٠٤$" + DOTS,
    "$argon2id$v=19$m=2097152,t=9999,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
    "$fbscrypt$v=1,n=14,r=8,p=1,ss=x,sk=x$salt$hash",
    "$scrypt$ln=30,r=8,p=1$c2FsdA$aGFzaA",
    "nonsense",
    "none",
    "",
    "\0",
)


@pytest.fixture
def computed(monkeypatch):
    """Return the hashes that bcrypt was given."""
    given, check = [], bcrypt.checkpw

    def recorded(secret, hashed):
        given.append(hashed.decode())
        return check(secret, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", recorded)
    return given


@pytest.mark.parametrize("hashed", [*HOSTILE, None])
async def test_an_invalid_or_too_expensive_hash_costs_as_much_as_a_normal_one(computed, hashed):
    assert not await verify_secret("secret", hashed)
    assert [each[:7] for each in computed] == [f"$2b${COST:02d}$"]


async def test_a_hash_verifies_its_own_secret_only(computed):
    hashed = await hash_secret("secret")
    assert await verify_secret("secret", hashed)
    assert not await verify_secret("other", hashed)
    assert computed == [hashed, hashed]


async def test_every_hash_that_bcrypt_makes_may_be_computed():
    for cost, prefix in itertools.product((4, 5), (b"2a", b"2b")):
        for _ in range(20):
            assert passwords.HASH.fullmatch(bcrypt.hashpw(b"x", bcrypt.gensalt(cost, prefix)).decode())


class Held:
    """Work that waits until `go` is set; `began` lists what has begun."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.began: list[bytes] = []

    def __call__(self, name: bytes) -> bytes:
        self.began.append(name)
        assert self.go.wait(30)
        return name


@pytest.fixture
def held():
    work = Held()
    yield work
    work.go.set()


@pytest.mark.parametrize("threads", [2, 4, 8])
async def test_one_share_never_holds_every_thread(held, threads):
    hashers = Hashers(threads)
    theirs = [asyncio.create_task(hashers.run("them", held, b"them")) for _ in range(12)]
    await asyncio.sleep(0)
    assert await hashers.run("us", lambda name: name, b"us") == b"us"
    assert len(held.began) <= threads // 2
    held.go.set()
    assert await asyncio.gather(*theirs) == [b"them"] * 12


async def test_a_share_that_ends_one_work_begins_one_and_no_more(held):
    hashers, first = Hashers(4), Held()
    ended = asyncio.create_task(hashers.run("them", first, b"first"))
    await asyncio.sleep(0)
    others = [asyncio.create_task(hashers.run("them", held, b"other")) for _ in range(4)]
    await asyncio.sleep(0)
    first.go.set()
    await ended
    for _ in range(5):
        assert await hashers.run("us", lambda name: name, b"us") == b"us"
    assert len(held.began) <= 2
    held.go.set()
    assert await asyncio.gather(*others) == [b"other"] * 4


async def test_turns_are_taken_even_with_one_thread(held):
    hashers = Hashers(1)
    order: list[bytes] = []
    first = asyncio.create_task(hashers.run("them", held, b"first"))
    await asyncio.sleep(0)
    rest = [asyncio.create_task(hashers.run("them", order.append, b"them")) for _ in range(10)]
    await asyncio.sleep(0)
    ours = asyncio.create_task(hashers.run("us", order.append, b"us"))
    await asyncio.sleep(0)
    held.go.set()
    await asyncio.gather(first, ours, *rest)
    assert order.index(b"us") <= 1


async def test_busy_for_a_share_that_waits_too_much_and_not_for_others(held):
    hashers = Hashers(2)
    tasks: list[asyncio.Task[bytes]] = []
    while not any(task.done() for task in tasks):
        tasks.append(asyncio.create_task(hashers.run("them", held, b"")))
        await asyncio.sleep(0)
        assert len(tasks) < 40
    assert await hashers.run("us", lambda name: name, b"us") == b"us"
    held.go.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each) for each in answers if each != b""] == [HashingBusy]


async def test_work_that_nobody_waits_for_any_more_is_not_done(held):
    hashers = Hashers(1)
    done: list[bytes] = []
    first = asyncio.create_task(hashers.run("a", held, b"first"))
    await asyncio.sleep(0)
    gone = asyncio.create_task(hashers.run("b", done.append, b"gone"))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait([gone])
    held.go.set()
    await first
    assert await hashers.run("c", lambda name: name, b"last") == b"last"
    assert done == []


async def test_work_that_fails_fails_for_its_caller_alone():
    hashers = Hashers(1)
    with pytest.raises(ZeroDivisionError):
        await hashers.run("a", lambda _: 1 // 0, b"")
    assert await hashers.run("a", lambda name: name, b"x") == b"x"
