"""Origins that only a function can tell: in time, remembered, refused in doubt."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from corsense.fetch import FetchRequest
from corsense.middleware import CORSMiddleware
from corsense.middleware.resolver import MOST_AT_ONCE, MOST_THREADS, OriginResolver
from corsense.middleware.worker_threads import MOST_IN_ALL, WorkerThreads
from corsense.policy import Policy, ResolverSettings
from tests.middleware.asking import ORIGIN, UNTRUSTED_ORIGIN, ask_async, get, plain, preflight, scope

trio = pytest.importorskip("trio")  # of the development dependencies
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
    assert (get(app, UNTRUSTED_ORIGIN).cors, preflight(app, UNTRUSTED_ORIGIN).status) == ({}, 400)
    assert get(app, UNTRUSTED_ORIGIN)["vary"] == "Origin"


came_to_its_end: list[str] = []


async def too_slow(origin: str) -> bool:
    await asyncio.sleep(30)
    came_to_its_end.append("too_slow")
    return True


def raises(origin: str) -> bool:
    raise OSError("the database is down")


def raising(error: BaseException) -> Any:
    def resolver(origin: str) -> bool:
        raise error

    return resolver


def raising_later(error: BaseException) -> Any:
    async def resolver(origin: str) -> bool:
        await asyncio.sleep(0)
        raise error

    return resolver


async def gives_up_too_late(origin: str) -> bool:
    try:
        await asyncio.sleep(30)
    except asyncio.CancelledError:
        return True
    return True


async def blocks_the_loop(origin: str) -> bool:
    time.sleep(0.2)
    return True


def blocks_its_thread(origin: str) -> bool:
    time.sleep(0.2)
    return True


BASE_ERRORS = [asyncio.CancelledError, GeneratorExit, SystemExit, TimeoutError, RuntimeError]


@pytest.mark.parametrize(
    "resolver",
    [
        too_slow, raises, gives_up_too_late, blocks_the_loop, blocks_its_thread, lambda origin: 1, lambda origin: "yes",
        lambda origin: None, lambda origin: too_slow(origin),
        *(raising(error()) for error in BASE_ERRORS), *(raising_later(error()) for error in BASE_ERRORS),
    ],
)  # fmt: skip
def test_whatever_goes_wrong_is_a_refusal(resolver: Any) -> None:
    policy = Policy(origin_resolver=resolver, origin_resolver_timeout=0.05)
    app = CORSMiddleware(plain, policy=policy)
    assert (get(app, TENANT).status, get(app, TENANT).cors) == (200, {})
    assert came_to_its_end == []


SAID = [True, False, None, 0, 1, "", "yes", [], [0], {}, object(), 1.0, float("nan"), b"x", True == 1, TypeError]


@pytest.mark.parametrize("message", SAID, ids=lambda message: type(message).__name__)
@pytest.mark.parametrize("origin", [TENANT, "null", "https://A.example", "capacitor://localhost", "http://localhost:3000"])
def test_a_policy_on_paper_and_the_middleware_take_an_answer_alike(message: object, origin: str) -> None:
    policy = Policy(origin_resolver=lambda asked: message)
    request = FetchRequest("https://api.example.com/", origin)
    allowed = get(CORSMiddleware(plain, policy=policy), origin)["access-control-allow-origin"] is not None
    assert policy.permits(request) is allowed
    assert bool(policy.decide(origin, resolved=message is True)) is allowed


@pytest.mark.parametrize("error", BASE_ERRORS[:2])
def test_a_policy_on_paper_takes_a_failure_for_a_refusal(error: Any) -> None:
    assert not Policy(origin_resolver=raising(error())).permits(FetchRequest("https://api.example.com/", TENANT))


def test_a_policy_on_paper_takes_a_late_answer_for_a_refusal() -> None:
    policy = Policy(origin_resolver=blocks_its_thread, origin_resolver_timeout=0.05)
    assert not policy.permits(FetchRequest("https://api.example.com/", TENANT))


def test_a_policy_on_paper_asks_only_about_what_nothing_else_lets_in() -> None:
    asked: list[str] = []
    policy = Policy(origins=[ORIGIN], origin_resolver=asked.append)
    assert policy.permits(FetchRequest("https://api.example.com/", ORIGIN))
    assert not policy.permits(FetchRequest("https://api.example.com/", UNTRUSTED_ORIGIN))
    assert asked == [UNTRUSTED_ORIGIN]


def test_an_answer_that_is_true_and_not_true_is_logged_with_its_type(caplog: pytest.LogCaptureFixture) -> None:
    get(CORSMiddleware(plain, policy=Policy(origin_resolver=lambda origin: "secret")), TENANT)
    (record,) = (record for record in caplog.records if record.levelname == "ERROR")
    assert record.getMessage() == "CORS: origin_resolver failed: the origin is refused."
    assert "it returned a value of type str, and only True allows an origin" in str(record.exc_info)
    assert "secret" not in str(record.exc_info)


def test_a_late_answer_is_not_kept() -> None:
    go_on, started, answered = threading.Event(), threading.Event(), threading.Event()

    def resolver(origin: str) -> bool:
        started.set()
        go_on.wait(60)
        answered.set()
        return True

    resolving = OriginResolver(ResolverSettings(resolver, timeout=0.05))

    async def run() -> None:
        while not started.is_set():  # a busy machine may not start the thread in time
            assert not await resolving.admits(TENANT.encode())
        go_on.set()
        assert await asyncio.to_thread(answered.wait, 60)
        in_time = [await resolving.admits(TENANT.encode()) for _ in range(20)]
        assert any(in_time), "it is asked anew, and answers in time"

    asyncio.run(run())


@pytest.mark.parametrize("resolver", [knows, knows_async, Knows(), lambda origin: knows_async(origin)])
def test_it_is_asked_under_trio(resolver: Any) -> None:
    async def knows_under_trio(origin: str) -> bool:
        await trio.lowlevel.checkpoint()
        return origin == TENANT

    asked = knows_under_trio if resolver is knows_async else resolver if resolver in (knows,) else lambda o: knows_under_trio(o)
    app = CORSMiddleware(plain, policy=Policy(origins=[ORIGIN], origin_resolver=asked, methods=["PUT"]))
    for origin, allowed in ((TENANT, TENANT), (UNTRUSTED_ORIGIN, None), (ORIGIN, ORIGIN)):
        answer = trio.run(ask_async, app, scope("/", (b"origin", origin.encode())))
        assert answer["access-control-allow-origin"] == allowed


def test_trio_keeps_the_time_limit_and_lets_a_client_go() -> None:
    async def too_slow_under_trio(origin: str) -> bool:
        await trio.sleep(30)
        came_to_its_end.append("trio")
        return True

    def hangs(origin: str) -> bool:
        return go_on.wait(60)

    go_on = threading.Event()
    for resolver in (too_slow_under_trio, hangs):
        app = CORSMiddleware(plain, policy=Policy(origin_resolver=resolver, origin_resolver_timeout=0.05))
        assert trio.run(ask_async, app, scope("/", (b"origin", TENANT.encode()))).cors == {}
    go_on.set()
    assert came_to_its_end == []


def test_one_question_is_asked_for_the_loops_of_several_threads_and_one_that_ends_takes_no_answer_along() -> None:
    asked: list[str] = []
    go_on = threading.Event()

    def resolver(origin: str) -> bool:
        asked.append(origin)
        return go_on.wait(60)

    resolving = OriginResolver(ResolverSettings(resolver, timeout=60))
    answers: list[bool] = []

    def serve(run: Any) -> None:
        answers.append(run(resolving.admits, TENANT.encode()))

    def run_asyncio(ask: Any, origin: bytes) -> bool:
        return bool(asyncio.run(ask(origin)))

    async def leave_early() -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(resolving.admits(TENANT.encode()), 0.05)

    asyncio.run(leave_early())
    threads = [threading.Thread(target=serve, args=(run,)) for run in (run_asyncio, trio.run, run_asyncio)]
    for thread in threads:
        thread.start()
    while len(next(iter(resolving._questions.values())).waiters) < 3:
        time.sleep(0.005)
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert (answers, asked) == ([True] * 3, [TENANT])


def test_an_asynchronous_answer_reaches_the_loops_of_other_threads() -> None:
    waiting = threading.Event()

    async def resolver(origin: str) -> bool:
        while not waiting.is_set():
            await asyncio.sleep(0.005)
        return True

    resolving = OriginResolver(ResolverSettings(resolver, timeout=60))
    answers: list[bool] = []
    threads = [threading.Thread(target=lambda: answers.append(asyncio.run(resolving.admits(TENANT.encode())))) for _ in range(4)]
    for thread in threads:
        thread.start()
    while sum(len(question.waiters) for question in tuple(resolving._questions.values())) < 4:
        time.sleep(0.005)
    waiting.set()
    for thread in threads:
        thread.join(60)
    assert answers == [True] * 4


def test_a_resolver_that_hangs_takes_no_thread_from_the_app_and_does_not_keep_the_loop_open() -> None:
    go_on = threading.Event()
    hanging: list[str] = []
    ended: list[str] = []

    def resolver(origin: str) -> bool:
        hanging.append(origin)
        go_on.wait(60)
        ended.append(origin)
        return True

    resolving = OriginResolver(ResolverSettings(resolver, timeout=0.05))

    async def run() -> None:
        answers = await asyncio.gather(*(resolving.admits(b"https://a%d.example" % number) for number in range(MOST_AT_ONCE)))
        assert not any(answers)
        assert len(hanging) == MOST_THREADS
        assert await asyncio.to_thread(lambda: "free") == "free"
        own = [thread for thread in threading.enumerate() if thread.name == "corsense-resolver"]
        assert len(own) >= MOST_THREADS
        assert all(thread.daemon for thread in own)

    asyncio.run(run())
    assert ended == []
    go_on.set()


def test_questions_beyond_the_bound_are_refused_even_when_those_before_hang_for_ever() -> None:
    go_on = threading.Event()
    resolving = OriginResolver(ResolverSettings(lambda origin: go_on.wait(60), timeout=0.01))

    async def run() -> None:
        for _ in range(3):
            asks = (resolving.admits(b"https://a%d.example" % number) for number in range(2 * MOST_AT_ONCE))
            assert not any(await asyncio.gather(*asks))
        assert len(resolving._questions) <= MOST_AT_ONCE
        go_on.set()
        while not await resolving.admits(TENANT.encode()):
            await asyncio.sleep(0.01)

    asyncio.run(run())


def test_policies_that_replace_each_other_share_the_threads_of_their_resolver() -> None:
    go_on = threading.Event()
    hanging: list[str] = []

    def resolver(origin: str) -> bool:
        hanging.append(origin)
        return go_on.wait(60)

    layer = CORSMiddleware(plain, policy=Policy(origins=[ORIGIN]))

    async def run() -> None:
        for turn in range(5):
            layer.reconfigure(Policy(origin_resolver=resolver, origin_resolver_timeout=0.05))
            asks = (ask_async(layer, scope("/", (b"origin", b"https://a%d-%d.example" % (turn, n)))) for n in range(20))
            assert [answer.cors for answer in await asyncio.gather(*asks)] == [{}] * 20
        assert len(hanging) == MOST_THREADS
        go_on.set()

    asyncio.run(run())


def test_threads_that_never_return_are_bounded_for_the_process() -> None:
    go_on = threading.Event()
    pools = [WorkerThreads(MOST_IN_ALL) for _ in range(2)]

    def hang() -> None:
        go_on.wait(60)

    for _ in range(MOST_IN_ALL):
        pools[0].submit(hang)
    with pytest.raises(RuntimeError, match="functions that do not return"):
        pools[1].submit(hang)
    own = [thread for thread in threading.enumerate() if thread.name == "corsense-resolver"]
    assert len(own) == MOST_IN_ALL
    go_on.set()
    for thread in own:
        thread.join(60)
    assert not any(thread.is_alive() for thread in own)


def test_the_process_ends_while_a_resolver_hangs() -> None:
    code = """
import asyncio, threading
from corsense.middleware.resolver import OriginResolver
from corsense.policy import ResolverSettings
print(asyncio.run(OriginResolver(ResolverSettings(lambda origin: threading.Event().wait(), timeout=0.05)).admits(b"https://a.example")))
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout == "False\n"


def test_the_context_of_the_request_is_that_of_the_resolver() -> None:
    tenant = contextvars.ContextVar("tenant", default="")
    seen: list[str] = []

    def function(origin: str) -> bool:
        seen.append(tenant.get())
        return True

    async def coroutine(origin: str) -> bool:
        return function(origin)

    async def run() -> None:
        tenant.set("acme")
        for resolver in (function, coroutine):
            await OriginResolver(ResolverSettings(resolver)).admits(TENANT.encode())

    asyncio.run(run())
    assert seen == ["acme", "acme"]


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
        if origin == UNTRUSTED_ORIGIN:
            raise OSError
        return True

    resolving = OriginResolver(ResolverSettings(resolver, ttl=60, cache_size=2), clock=lambda: now[0])

    async def run() -> None:
        for _ in range(3):
            assert await resolving.admits(TENANT.encode())
        assert asked == [TENANT]
        now[0] = 61
        assert await resolving.admits(TENANT.encode())
        assert asked == [TENANT] * 2
        for _ in range(2):
            assert not await resolving.admits(UNTRUSTED_ORIGIN.encode())
        assert asked == [TENANT, TENANT, UNTRUSTED_ORIGIN, UNTRUSTED_ORIGIN]
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

    resolving = OriginResolver(ResolverSettings(resolver, timeout=60))

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


def test_a_late_resolver_is_logged_in_one_sentence(caplog: pytest.LogCaptureFixture) -> None:
    resolving = OriginResolver(ResolverSettings(blocks_its_thread, timeout=0.05))
    assert not asyncio.run(resolving.admits(TENANT.encode()))
    assert [record.getMessage() for record in caplog.records] == [
        "CORS: origin_resolver gave no answer within 0.05 s: the origin is refused."
    ]
