"""`Policy(clients=...)` adds what the clients need, and nothing else."""

from __future__ import annotations

import pytest

from corsense import Policy, PolicyError
from corsense.clients import PROFILES, ClientProfile
from corsense.fetch import FetchRequest

PAGE = "https://app.example.com"


@pytest.mark.parametrize("client", PROFILES, ids=lambda client: client.name)
def test_every_request_of_a_client_is_permitted(client: ClientProfile) -> None:
    policy = Policy(origins=[PAGE], credentials=client.credentials == "include", clients=[client.name])
    for request in client.requests:
        asked = FetchRequest("https://api.example.com/", PAGE, request.method, request.headers, client.credentials)
        assert policy.permits(asked), (request.method, request.headers)
    assert {name.lower() for name in policy.expose_headers} == set(client.expose_headers)


@pytest.mark.parametrize("client", PROFILES, ids=lambda client: client.name)
def test_a_client_brings_no_permission_that_it_does_not_need(client: ClientProfile) -> None:
    policy = Policy(origins=[PAGE], clients=[client.name])
    needed = Policy(
        origins=[PAGE], methods=client.methods, request_headers=client.request_headers, expose_headers=client.expose_headers
    )
    assert policy == needed
    assert [policy.credentials, policy.allows_any_method, policy.allows_any_header, policy.exposes_any_header] == [False] * 4


def test_what_was_given_stays_and_nothing_is_doubled() -> None:
    policy = Policy(origins=[PAGE], clients=["tus", "mcp", "tus"], expose_headers=["Location"], methods=["PUT"])
    assert policy.expose_headers == ("Location", "upload-offset", "upload-length", "mcp-session-id")
    assert policy.methods == {"PUT", "PATCH", "DELETE"}


@pytest.mark.parametrize(("given", "message"), [(["mpc"], "'mcp'"), ("mcp", "['mcp']"), ([3], "3"), (None, "list of names")])
def test_a_name_that_does_not_exist_is_refused_with_what_to_write(given: object, message: str) -> None:
    with pytest.raises(PolicyError) as raised:
        Policy(origins=[PAGE], clients=given)  # type: ignore[arg-type]
    assert message in str(raised.value)
    assert [fault.field for fault in raised.value.faults] == ["clients"]
