"""The addresses between a URL and its app: each gets the same request that the URL got."""

from __future__ import annotations

from dataclasses import replace

from corsense.diagnose import Observation
from corsense.errors import InputError, quoted
from corsense.fetch import NetworkError, WireRequest
from corsense.layers.changes import Hop
from corsense.transports.browser_headers import BrowserHeaders
from corsense.transports.http import HttpClient
from corsense.transports.unsafe_methods import is_safe
from corsense.url import parse_url


def read_via(url: str, via: tuple[str, ...]) -> tuple[str, ...]:
    """The addresses of `--via` as origins, in their order. Raises InputError for what is no address, has a path, or is named
    twice."""
    found = []
    for text in via:
        parsed = parse_url(text)
        if parsed is None or not parsed.is_http:
            raise InputError(f"--via {quoted(text)} is not an http or https URL; write for example http://127.0.0.1:8000.")
        if parsed.request_url.removeprefix(parsed.origin) not in ("", "/") or parsed.has_credentials:
            raise InputError(f"--via {quoted(text)} must be scheme, host and port alone: {parsed.origin}")
        found.append(parsed.origin)
    target = parse_url(url)
    known = [*([target.origin] if target is not None else []), *found]
    twice = next((address for address in known if known.count(address) > 1), None)
    if twice is not None:
        raise InputError(f"{twice} is named twice; give the URL that pages call, then --via for each other address on the way.")
    return tuple(found)


class HopClient:
    """Sends to every address of `via` what was sent to `url`, with the same Host and header lines. What may change something is
    not sent again."""

    def __init__(self, client: HttpClient, url: str, via: tuple[str, ...]) -> None:
        parsed = parse_url(url)
        assert parsed is not None
        self._client, self._origin, self._via = client, parsed.origin, via

    def __call__(self, observation: Observation, index: int) -> tuple[Hop, ...]:
        request = observation.trace.exchanges[index].request
        parsed = parse_url(request.url)
        if parsed is None or parsed.origin != self._origin or not (request.preflight or is_safe(request.method)):
            return ()
        host = parsed.host + (f":{parsed.port}" if parsed.port else "")
        lines = (("Host", host), *BrowserHeaders(observation.trace.request, observation.trace.engine).lines(request))
        path = parsed.request_url.removeprefix(parsed.origin)
        return tuple(self._hop(address, replace(request, url=address + path, headers=lines)) for address in self._via)

    def _hop(self, address: str, request: WireRequest) -> Hop:
        answer = self._client.send(request)
        return Hop(address, None if isinstance(answer, NetworkError) else answer)
