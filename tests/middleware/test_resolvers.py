"""Origins that only a function can tell: in time, remembered, refused in doubt."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

from corsense.middleware import CORSMiddleware
from corsense.middleware.resolving import MOST_AT_ONCE, Resolving
from corsense.policy import Policy, ResolverSettings
from tests.middleware.asking import ORIGIN, STRANGER, ask_async, get, plain, preflight, scope

TENANT = "https://a.tenant.example"


def knows(origin: str) -> bool:
    return origin == TENANT


async def knows_async(origin: str) -> bool:
    await asyncio.sleep(0)
    return origin == TENANT


class Knows:
    async def __call__(self, origin: str) -> bool:
        return origin == TENANT


@pytest.mark.parametrize("resolver", [knows, knows_async, Knows(), lambda origin: knows_async(origin)])
def test_it_is_asked_about_origins_that_the_list_does_not_know(resolver: Any) -> None:
    app = CORSMiddleware(plain, policy=Policy(origins=[ORIGIN], origin_resolver=resolver, methods=["PUT"]))
    for origin in (ORIGIN, TENANT):
        assert get(app, origin)["access-control-allow-origin"] == origin
        assert preflight(app, origin).status == 200
    assert (get(app, STRANGER).cors, preflight(app, STRANGER).status) == ({}, 400)
    assert get(app, STRANGER)["vary"] == "Origin"


async def too_slow(origin: str) -> bool:
    await asyncio.sleep(30)
    return True


def raises(origin: str) -> bool:
    raise OSError("the database is down")


async def cancelled(origin: str) -> bool:
    raise TimeoutError


@pytest.mark.parametrize("resolver", [too_slow, raises, cancelled, lambda origin: 1, lambda origin: "yes", lambda origin: None])
def test_whatever_goes_wrong_is_a_refusal(resolver: Any) -> None:
    app = CORSMiddleware(plain, policy=Policy(origin_resolver=resolver, origin_resolver_timeout=0.05))
    start = time.monotonic()
    assert (get(app, TENANT).status, get(app, TENANT).cors) == (200, {})
    assert time.monotonic() - start < 3


@pytest.mark.parametrize(
    "origin", ["null", "", "https://A.tenant.example", "https://a.tenant.example/", "a" * 5000, "https://a b"]
)
def test_it_is_not_asked_about_what_no_page_sends(origin: str) -> None:
    asked: list[str] = []
    app = CORSMiddleware(plain, policy=Policy(origin_resolver=lambda text: not asked.append(text)))  # type: ignore[func-returns-value]
    assert get(app, origin).cors == {}
    assert asked == []


def test_answers_are_kept_for_a_while_failures_are_not() -> None:
    asked: list[str] = []
    now = [0.0]

    async def resolver(origin: str) -> bool:
        asked.append(origin)
        if origin == STRANGER:
            raise OSError
        return True

    resolving = Resolving(ResolverSettings(resolver, ttl=60, cache_size=2), clock=lambda: now[0])

    async def run() -> None:
        for _ in range(3):
            assert await resolving.admits(TENANT.encode())
        assert asked == [TENANT]
        now[0] = 61
        assert await resolving.admits(TENANT.encode())
        assert asked == [TENANT] * 2
        for _ in range(2):
            assert not await resolving.admits(STRANGER.encode())
        assert asked == [TENANT, TENANT, STRANGER, STRANGER]
        for number in range(5):
            await resolving.admits(b"https://b%d.example" % number)
        assert await resolving.admits(TENANT.encode())
        assert asked.count(TENANT) == 3

    asyncio.run(run())


def test_the_same_question_is_asked_once_at_a_time() -> None:
    asked: list[str] = []

    async def resolver(origin: str) -> bool:
        asked.append(origin)
        await asyncio.sleep(0.02)
        return True

    app = CORSMiddleware(plain, policy=Policy(origin_resolver=resolver))

    async def run() -> list[Any]:
        asks = [ask_async(app, scope("/", (b"origin", TENANT.encode()))) for _ in range(50)]
        first = asyncio.create_task(ask_async(app, scope("/", (b"origin", TENANT.encode()))))
        await asyncio.sleep(0)
        gathered = asyncio.gather(*asks)
        await asyncio.sleep(0)
        first.cancel()  # a client that goes away does not take the answer with it
        return await gathered

    answers = asyncio.run(run())
    assert {answer["access-control-allow-origin"] for answer in answers} == {TENANT}
    assert asked == [TENANT]


def test_a_flood_of_origins_is_refused_beyond_a_bound() -> None:
    running, most = 0, 0

    async def resolver(origin: str) -> bool:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return True

    resolving = Resolving(ResolverSettings(resolver))

    async def run() -> list[bool]:
        return await asyncio.gather(*(resolving.admits(b"https://a%d.example" % number) for number in range(3 * MOST_AT_ONCE)))

    admitted = asyncio.run(run())
    assert (most, sum(admitted)) == (MOST_AT_ONCE, MOST_AT_ONCE)


def test_a_function_that_blocks_does_not_block_other_requests() -> None:
    go_on = threading.Event()

    def resolver(origin: str) -> bool:
        return go_on.wait(10)

    app = CORSMiddleware(plain, policy=Policy(origins=[ORIGIN], origin_resolver=resolver, origin_resolver_timeout=10))

    async def run() -> None:
        waiting = asyncio.create_task(ask_async(app, scope("/", (b"origin", TENANT.encode()))))
        await asyncio.sleep(0.01)
        assert (await ask_async(app, scope("/", (b"origin", ORIGIN.encode()))))["access-control-allow-origin"] == ORIGIN
        assert not waiting.done()
        go_on.set()
        assert (await waiting)["access-control-allow-origin"] == TENANT

    asyncio.run(run())
