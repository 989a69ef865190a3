"""Policies at random: every field, every kind of origin, and names that configuration languages read as their own."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from corsense import Policy, PolicyError

ORIGINS = (
    "https://app.example.com", "https://admin.example.com", "https://app.example.com:8443", "http://localhost:3000",
    "https://xn--80ak6aa92e.example", "https://192.0.2.7", "http://127.0.0.1:5173", "https://[2001:db8::1]", "http://[::1]:8080",
    "capacitor://localhost", "tauri://localhost", "chrome-extension://abcdefghijklmnop", "web+app.v1-x://host",
    "https://under_score.example.com", "https://a-very-long-name-of-a-preview-deployment-42.region-7.apps.example.net",
    f"https://{'a' * 63}.{'b' * 63}.{'c' * 63}.example.org",
)  # fmt: skip
WILDCARDS = (
    "https://*.example.com", "https://*.preview.example.net", "https://*.example.org:8443", "http://localhost:*",
    "https://*.example.com:*", "http://*.local.test:*", "https://*.xn--bcher-kva.example", "http://[::1]:*", "app+v2://*.internal",
)  # fmt: skip
EXPRESSIONS = (
    r"https://(app|admin)\.example\.com", r"https://[a-z0-9-]+\.team\.example\.net", r"https://pr-[0-9]{1,4}\.example\.com",
    r"^https://(?:[a-z]+\.)?example\.org(:[0-9]{4})?$", r"(?i)https://App[0-9]\.example\.com", r"https://[^.]+\.example\.com",
    r"https?://dev-\d+\.example\.com", r"https://a{2,3}b?c*\.example\.com|capacitor://localhost",
    r"https://(?:[a-z0-9]+-)*[a-z0-9]+\.example\.com", r"https://(?:a+)+\.example\.com", r"https://x\.example\.com/?",
    r"https://[\w$'\"`;{}%]+\.example\.com",
)  # fmt: skip
METHODS = ("PUT", "PATCH", "DELETE", "GET", "HEAD", "OPTIONS", "PURGE", "M-SEARCH", "QUERY", "X$Y", "A%B'C")
_COMMON = 8
HEADERS = ("Content-Type", "Authorization", "X-Request-ID", "X-$host", "X-`id`", "X-'q'", "X-%%", "X-#c")
EXPOSED = ("ETag", "X-Request-ID", "X-Total", "Content-Disposition", "X-$a%b'c", "Link", "*")


def policies(seed: int) -> Iterator[Policy]:
    """Valid policies without end; the same for the same seed."""
    random = Random(seed)
    while True:
        try:
            yield Policy(**_keywords(random))
        except PolicyError:
            continue


def _keywords(random: Random) -> dict[str, Any]:
    listed = [*random.sample(ORIGINS, random.randint(0, 4)), *random.sample(WILDCARDS, random.choice((0, 0, 1, 1, 2)))]
    if random.random() < 0.05:
        listed += [f"https://tenant-{number}.example.com" for number in range(random.randint(20, 250))]
    origins: Any = "*" if random.random() < 0.15 else listed
    expression = random.choice(EXPRESSIONS) if origins != "*" and random.random() < 0.3 else None
    credentials: Any = random.random() < 0.45
    if random.random() < 0.25 and listed:
        credentials = random.sample(listed, random.randint(1, len(listed)))
    return {
        "origins": origins,
        "origin_regex": expression,
        "credentials": credentials,
        "methods": [
            *random.sample(METHODS if random.random() < 0.2 else METHODS[:_COMMON], random.randint(0, 4)),
            *_star(random),
        ],
        "request_headers": [*random.sample(HEADERS, random.randint(0, 4)), *_star(random)],
        "expose_headers": random.sample(EXPOSED, random.randint(0, 3)),
        "max_age": random.choice((None, -1, 0, 5, 600, 86_400)),
        "private_network": random.random() < 0.2,
        "websockets": random.random() < 0.3,
        "dangerously_allow_insecure_origins": True,
        "dangerously_allow_public_suffixes": True,
        "dangerously_allow_broad_regex": True,
        "dangerously_allow_any_origin_with_credentials": random.random() < 0.5,
    }


def _star(random: Random) -> list[str]:
    return ["*"] if random.random() < 0.1 else []
