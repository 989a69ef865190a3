"""What the CORS layer costs a request: time over the bare app, against Starlette's layer, a bare sketch and other packages."""

from __future__ import annotations

import argparse
import asyncio
import gc
import importlib.metadata
import importlib.util
import logging
import random
import subprocess
import sys
import time
import warnings
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

from bench.instructions import count as count_instructions
from bench.rounds import median, table
from bench.sockets import SERVERS, throughput
from corsense.middleware import CORSMiddleware
from corsense.policy import Policy

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

ORIGIN = "https://app.example.com"
METHODS = ["GET", "POST", "PUT", "DELETE"]
NAMES = ["authorization", "content-type", "x-request-id", "x-token"]
BATCH = 300


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of request and the policy it meets. `aim` is the share of Starlette's overhead that is aimed at."""

    name: str
    headers: Headers
    aim: float | None
    method: str = "GET"
    origins: list[str] = field(default_factory=lambda: [ORIGIN])
    regex: str | None = None
    credentials: bool = False
    expose: list[str] = field(default_factory=list)
    granted: bool = True


# The app, and the layers around it.


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The app: two headers, two bytes."""
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain"), (b"content-length", b"2")]}
    )
    await send({"type": "http.response.body", "body": b"ok"})


class PassThrough:
    """A layer that does nothing."""

    def __init__(self, inner: App) -> None:
        self.app = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        await self.app(scope, receive, send)


class Sketch:
    """The floor: Starlette's semantics for a list of origins, and wildcards by suffix, in as little Python as possible. No
    features: nothing is checked, logged, bounded or configurable."""

    def __init__(self, inner: App, case: Case) -> None:
        self.app = inner
        self.any = "*" in case.origins
        self.exact = frozenset(origin.encode() for origin in case.origins)
        self.suffixes = frozenset(origin.encode().replace(b"https://*", b"") for origin in case.origins if "*." in origin)
        self.methods = frozenset(method.encode() for method in METHODS)
        self.names = frozenset(name.encode() for name in NAMES)
        credentials: Headers = [(b"access-control-allow-credentials", b"true")] if case.credentials else []
        expose: Headers = [(b"access-control-expose-headers", ", ".join(case.expose).encode())] if case.expose else []
        self.static = [*credentials, *expose]
        self.preflight = [
            (b"vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),
            (b"access-control-allow-methods", ", ".join(METHODS).encode()),
            (b"access-control-allow-headers", ", ".join(NAMES).encode()),
            (b"access-control-max-age", b"600"),
            *credentials,
            (b"content-length", b"2"),
            (b"content-type", b"text/plain; charset=utf-8"),
        ]

    def allows(self, origin: bytes) -> bool:
        """Whether an origin is let in."""
        if self.any or origin in self.exact:
            return True
        if not self.suffixes or len(origin) > 300:
            return False
        dot = origin.find(b".")
        return dot > 0 and origin[dot:] in self.suffixes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        origin = asked = names = None
        if scope["method"] == "OPTIONS":
            for name, value in scope["headers"]:
                if name == b"origin":
                    origin = value
                elif name == b"access-control-request-method":
                    asked = value
                elif name == b"access-control-request-headers":
                    names = value
            if origin is not None and asked is not None:
                await self.answer(origin, asked, names, send)
                return
        else:
            for name, value in scope["headers"]:
                if name == b"origin":
                    origin = value
                    break

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                if origin is not None and self.allows(origin):
                    headers = [pair for pair in headers if pair[0] != b"access-control-allow-origin"]
                    headers.append((b"access-control-allow-origin", b"*" if self.any else origin))
                    headers += self.static
                if not self.any:
                    for index, (name, value) in enumerate(headers):
                        if name == b"vary":
                            headers[index] = (name, value + b", Origin")
                            break
                    else:
                        headers.append((b"vary", b"Origin"))
                message["headers"] = headers
            await send(message)

        await self.app(scope, receive, send_with)

    async def answer(self, origin: bytes, asked: bytes, names: bytes | None, send: Send) -> None:
        """Answer a preflight."""
        allowed = self.allows(origin)
        fits = asked in self.methods and (names is None or (len(names) < 1000 and self.names.issuperset(names.split(b","))))
        if allowed and fits:
            await send(
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [(b"access-control-allow-origin", b"*" if self.any else origin), *self.preflight],
                }
            )
            await send({"type": "http.response.body", "body": b"OK"})
            return
        await send({"type": "http.response.start", "status": 400, "headers": [self.preflight[0]]})
        await send({"type": "http.response.body", "body": b"Disallowed CORS"})


def corsense(case: Case) -> App:
    """corsense's layer, the policy of the case spelled as a `Policy`."""
    policy = Policy(
        origins="*" if case.origins == ["*"] else case.origins,
        credentials=case.credentials,
        methods=METHODS,
        request_headers=NAMES,
        expose_headers=case.expose,
        max_age=600,
    )
    return CORSMiddleware(app, policy=policy)


def starlette(case: Case) -> App:
    """Starlette's layer; patterns as the regular expression it wants."""
    from starlette.middleware.cors import CORSMiddleware as Starlette

    return Starlette(
        app,
        allow_origins=[origin for origin in case.origins if "*." not in origin],
        allow_origin_regex=case.regex,
        allow_credentials=case.credentials,
        allow_methods=METHODS,
        allow_headers=NAMES,
        expose_headers=case.expose,
    )


def asgi_cors(case: Case) -> App:
    """asgi-cors, which answers no preflight and never sends `Vary`."""
    from asgi_cors import asgi_cors as wrap  # type: ignore[import-untyped,import-not-found,unused-ignore]

    wildcards = [origin for origin in case.origins if "*." in origin]
    everyone = case.origins == ["*"]
    made: App = wrap(
        app,
        allow_all=everyone,
        hosts=[] if everyone else [origin for origin in case.origins if "*." not in origin],
        host_wildcards=wildcards,
    )
    return made


def litestar(case: Case) -> App:
    """Litestar's layer alone, around the same app."""
    from litestar.config.cors import CORSConfig  # type: ignore[import-not-found,unused-ignore]
    from litestar.middleware._internal.cors import CORSMiddleware as Litestar  # type: ignore[import-not-found,unused-ignore]

    config = CORSConfig(
        allow_origins=case.origins,
        allow_methods=METHODS,
        allow_headers=NAMES,
        allow_credentials=case.credentials,
        expose_headers=case.expose,
        max_age=600,
    )
    made: App = Litestar(app, config)
    return made


LAYERS: dict[str, Callable[[Case], App]] = {
    "bare": lambda case: app,
    "pass-through": lambda case: PassThrough(app),
    "floor": lambda case: Sketch(app, case),
    "corsense": corsense,
    "Starlette": starlette,
    "asgi-cors": asgi_cors,
    "Litestar": litestar,
}
PEERS = {"asgi-cors": "asgi_cors", "Litestar": "litestar"}


# The requests.


def browser_headers(*own: tuple[bytes, bytes]) -> Headers:
    """The headers of a request of Chromium's, with those that a case is about where Chromium has them."""
    return [
        (b"host", b"api.example.com"),
        (b"connection", b"keep-alive"),
        (b"sec-ch-ua-platform", b'"Linux"'),
        (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"),
        (b"accept", b"*/*"),
        *own,
        (b"sec-fetch-site", b"same-site"),
        (b"sec-fetch-mode", b"cors"),
        (b"sec-fetch-dest", b"empty"),
        (b"referer", b"https://app.example.com/"),
        (b"accept-encoding", b"gzip, deflate, br, zstd"),
        (b"accept-language", b"en-GB,en;q=0.9"),
        (b"priority", b"u=1, i"),
    ]


def actual(origin: str | bytes | None) -> Headers:
    """A request that is no preflight."""
    if origin is None:
        return browser_headers()
    return browser_headers((b"origin", origin if isinstance(origin, bytes) else origin.encode()))


def preflight(origin: str, names: bytes, method: bytes = b"PUT") -> Headers:
    """A preflight."""
    return browser_headers(
        (b"access-control-request-method", method), (b"access-control-request-headers", names), (b"origin", origin.encode())
    )


def many(count: int) -> list[str]:
    """So many origins, the one of the requests last."""
    return [*(f"https://tenant-{number}.customers.example" for number in range(count - 1)), ORIGIN]


def wildcards(count: int) -> list[str]:
    """So many patterns, the one of the requests last."""
    return [*(f"https://*.team{number}.example.org" for number in range(count - 1)), "https://*.example.com"]


def regex(patterns: Sequence[str]) -> str:
    """The same patterns as a regular expression, each dot escaped."""
    return "|".join(pattern.replace(".", r"\.").replace("*", r"[a-z0-9.-]+") for pattern in patterns)


def cases() -> list[Case]:
    """The cases of the table."""
    asked = b"authorization,content-type,x-token"
    one, fifty, thousand = wildcards(1), wildcards(50), wildcards(1000)
    untrusted_page = "https://stranger.example.net"
    found = [
        Case("no `Origin`", actual(None), 0.22, granted=False),
        Case("actual, allowed, 1 origin", actual(ORIGIN), 0.27),
        Case("actual, allowed, credentials and 2 exposed", actual(ORIGIN), 0.23, credentials=True, expose=["X-Total", "X-Page"]),
        Case("actual, refused", actual(untrusted_page), 0.30, granted=False),
        Case("actual, `*`", actual(ORIGIN), None, origins=["*"]),
        Case("preflight, allowed, 3 headers", preflight(ORIGIN, asked), 0.21, "OPTIONS"),
        Case("preflight, refused by origin", preflight(untrusted_page, asked), 0.15, "OPTIONS", granted=False),
        Case("preflight, refused by header", preflight(ORIGIN, asked + b",x-unknown"), 0.30, "OPTIONS", granted=False),
        Case("preflight, refused by method", preflight(ORIGIN, asked, b"PATCH"), None, "OPTIONS", granted=False),
    ]
    for count in (10, 1_000, 100_000):
        found.append(Case(f"actual, {count:,} origins, last", actual(ORIGIN), None, origins=many(count)))
        found.append(
            Case(f"actual, {count:,} origins, refused", actual(untrusted_page), None, origins=many(count), granted=False)
        )
    for patterns, aim in ((one, 0.40), (fifty, 0.33), (thousand, None)):
        name = f"{len(patterns):,} pattern{'s' if len(patterns) > 1 else ''}"
        found.append(Case(f"actual, {name}, last", actual(ORIGIN), aim, origins=patterns, regex=regex(patterns)))
    miss = Case("actual, 50 patterns, refused", actual(untrusted_page), 0.33, origins=fifty, regex=regex(fifty), granted=False)
    commas = preflight(ORIGIN, b"," * 8192)
    names = preflight(ORIGIN, b",".join(b"x-name-%d" % number for number in range(1000)))
    long = b"https://" + b"a" * 8184
    return [
        *found,
        miss,
        Case("hostile: 8 kB of commas", commas, 0.01, "OPTIONS", granted=False),
        Case("hostile: 1,000 names", names, 0.02, "OPTIONS", granted=False),
        Case("hostile: `Origin` of 8 kB", actual(long), 0.27, granted=False),
        Case("hostile: the same, 50 patterns", actual(long), 0.005, origins=fifty, regex=regex(fifty), granted=False),
    ]


def scopes(case: Case, count: int) -> list[Scope]:
    """Fresh scopes, as a server makes them: no hash of any of their bytes has been computed yet."""
    return [
        {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 50000),
            "scheme": "http",
            "method": case.method,
            "root_path": "",
            "path": "/items",
            "raw_path": b"/items",
            "query_string": b"",
            "headers": [(bytes(bytearray(name)), bytes(bytearray(value))) for name, value in case.headers],
            "state": {},
        }
        for _ in range(count)
    ]


async def receive() -> Message:
    """No body."""
    return {"type": "http.request", "body": b"", "more_body": False}


async def drop(message: Message) -> None:
    """Where answers go."""


def time_one(layer: App, case: Case, count: int) -> float:
    """Microseconds of processor time per request, which others on the machine take nothing of. The layers never wait, so each
    request is run by one `send(None)`, without an event loop."""
    prepared = scopes(case, count)
    start = time.process_time()
    for scope in prepared:
        try:
            layer(scope, receive, drop).send(None)  # type: ignore[attr-defined]
        except StopIteration:
            continue
        raise RuntimeError("the layer waited")
    return (time.process_time() - start) / count * 1e6


def answers(layer: App, case: Case) -> bool:
    """Whether the answer lets the page in: what is timed must do the work."""
    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    asyncio.run(layer(scopes(case, 1)[0], receive, keep))  # type: ignore[arg-type]
    refused = sent[0]["status"] >= 400
    return not refused and any(bytes(name).lower() == b"access-control-allow-origin" for name, _ in sent[0]["headers"])


def measure(case: Case, layers: dict[str, App], rounds: int) -> dict[str, list[float]]:
    """Rounds in random order; each layer is timed once a round."""
    slow = len(case.origins) > 10_000 or (case.regex is not None and len(case.regex) > 10_000) or len(str(case.headers)) > 8000
    count = 30 if slow else BATCH
    order = list(layers)
    times: dict[str, list[float]] = {name: [] for name in order}
    for name in order:
        time_one(layers[name], case, count)
    gc.disable()
    try:
        for _ in range(rounds):
            random.shuffle(order)
            for name in order:
                times[name].append(time_one(layers[name], case, count))
            gc.collect(0)
    finally:
        gc.enable()
    return times


def overhead(times: dict[str, list[float]], name: str, reference: str = "Starlette") -> float:
    """The median, over the rounds, of the time over the bare app in relation to that of `reference`."""
    pairs = zip(times[name], times[reference], times["bare"], strict=True)
    return median([(one - bare) / max(other - bare, 1e-3) for one, other, bare in pairs])


def present(names: Sequence[str]) -> list[str]:
    """The layers that can be measured here."""
    return [name for name in names if name not in PEERS or importlib.util.find_spec(PEERS[name]) is not None]


def requests(rounds: int) -> str:
    """The table of requests."""
    names = present(list(LAYERS))
    rows = []
    for case in cases():
        layers: dict[str, App] = {}
        for name in names:
            # What a peer cannot do, or does in minutes, is left out.
            if name in PEERS and (case.method == "OPTIONS" or len(case.origins) > 1000):
                continue
            layers[name] = LAYERS[name](case)
        for name in ("floor", "corsense", "Starlette"):
            if answers(layers[name], case) is not case.granted:
                raise RuntimeError(f"{name} does not do the work of {case.name!r}")
        times = measure(case, layers, rounds)
        base = median([one - bare for one, bare in zip(times["Starlette"], times["bare"], strict=True)])
        share = overhead(times, "corsense")
        verdict = "" if case.aim is None else f"{case.aim:g}"
        cells = [f"{share:.3f}" if share < 0.02 else f"{share:.2f}", verdict]
        cells += [f"{overhead(times, 'corsense', 'floor'):.2f}"]
        for name in names[1:]:
            if name not in ("corsense", "Starlette"):
                cells.append(f"{overhead(times, name):.2f}" if name in times else "-")
        rows.append([case.name, f"{base:.1f}", *cells])
    others = [name for name in names[1:] if name not in ("corsense", "Starlette")]
    head = ["time over the bare app", "Starlette, us", "corsense", "aim", "to the floor", *others]
    absent = [name for name in PEERS if name not in names]
    versions = ", ".join(f"{name} {importlib.metadata.version(name.lower())}" for name in names if name in ("Starlette", *PEERS))
    note = f" Not installed here: {', '.join(absent)}." if absent else ""
    message_text = f"Shares of Starlette's time; medians of {rounds} interleaved rounds. {versions}.{note}"
    return f"### A request through the layer\n\n{message_text}\n\n{table(head, rows)}\n"


PROBE = """
import gc, sys, time, tracemalloc
origins = [f"https://tenant-{number}.customers.example" for number in range(100_000)]
from corsense.middleware import CORSMiddleware
from corsense.policy import Policy
async def app(scope, receive, send): ...
CORSMiddleware(app, policy=Policy(origins=["https://warm.example"]))
gc.collect()
if sys.argv[1] == "memory":
    tracemalloc.start()
start = time.perf_counter()
layer = CORSMiddleware(app, policy=Policy(origins=origins))
spent = time.perf_counter() - start
if sys.argv[1] == "memory":
    gc.collect()
    print(tracemalloc.get_traced_memory()[0] / 1e6)
else:
    print(spent)
"""


def construction(rounds: int) -> str:
    """The table of 100,000 origins: each run is a process of its own."""

    def run(what: str) -> list[float]:
        runs = [
            subprocess.run([sys.executable, "-c", PROBE, what], capture_output=True, text=True, check=True) for _ in range(rounds)
        ]
        return [float(done.stdout) for done in runs]

    rows = [
        ["built, s", f"{median(run('time')):.3f}", "0.1"],
        ["memory over the caller's list, MB", f"{median(run('memory')):.1f}", "13"],
    ]
    return f"### 100,000 origins ({rounds} runs)\n\n{table(['', 'corsense', 'aim'], rows)}\n"


def instructions(rounds: int) -> str:
    """The table of instructions; `rounds` means nothing, since every count is the same."""
    head = "### Instructions per request\n\n"
    # Starlette's time with 100,000 origins would be hours under valgrind, and says nothing new.
    chosen = [case for case in cases() if len(case.origins) <= 1000 and len(case.regex or "") < 10_000]
    counted = count_instructions([case.name for case in chosen])
    if counted is None:
        return f"{head}Not counted here: valgrind is not installed.\n"
    rows = []
    for case in chosen:
        counts = counted[case.name]
        ours, floor, theirs = (counts[name] - counts["bare"] for name in ("corsense", "floor", "Starlette"))
        share = ours / theirs
        cells = [f"{theirs:,.0f}", f"{ours:,.0f}", f"{share:.3f}" if share < 0.02 else f"{share:.2f}"]
        rows.append([case.name, *cells, "" if case.aim is None else f"{case.aim:g}", f"{ours / floor:.2f}"])
    message_text = "Over the bare app, counted by valgrind; nothing else on the machine changes them."
    names = ["instructions", "Starlette", "corsense", "share", "aim", "to the floor"]
    return f"{head}{message_text}\n\n{table(names, rows)}\n"


def sockets(rounds: int) -> str:
    """The table of throughput over sockets."""
    head = "### A FastAPI JSON route over sockets\n\n"
    measured = throughput(rounds)
    if measured is None:
        return f"{head}Not measured here: wrk is not installed.\n"
    found, message_text = measured
    rows = []
    for name in SERVERS:
        cells = []
        for loads in found.values():
            spent, alone = (quantiles([load.processor for load in loads[server]])[0] for server in (name, SERVERS[0]))
            rate = quantiles([load.rate for load in loads[name]])[-1]
            cells += [f"{rate:,.0f}", f"{spent:.0f}", f"{alone / spent:.2f}"]
        rows.append([name, *cells])
    names = ["", *(text for kind in found for text in (f"{kind}, requests/s", "processor, us", "share"))]
    note = (
        f"{message_text}; the better quartile of {rounds} interleaved rounds, since other work on the machine only makes them "
        "worse. The share of FastAPI alone is one of processor time; aim: 0.95."
    )
    return f"{head}{note}\n\n{table(names, rows)}\n"


SECTIONS: dict[str, Callable[[int], str]] = {
    "requests": requests,
    "instructions": instructions,
    "construction": construction,
    "sockets": sockets,
}
ROUNDS = {"requests": 41, "instructions": 1, "construction": 5, "sockets": 15}


def main() -> None:
    """Print the tables of the sections asked for, of all without a name."""
    parser = argparse.ArgumentParser(prog="scripts/bench middleware", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"{', '.join(SECTIONS)} (default: all)")
    parser.add_argument("--rounds", type=int, help="rounds to take the median of (default: by section)")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.sections if name not in SECTIONS]
    if unknown:
        parser.error(f"no section {unknown[0]!r}; there are {', '.join(SECTIONS)}")
    warnings.simplefilter("ignore")
    logging.disable()  # a refusal is logged once, in the round that is not counted
    for name in arguments.sections or SECTIONS:
        print(SECTIONS[name](arguments.rounds or ROUNDS[name]), flush=True)


if __name__ == "__main__":
    main()
