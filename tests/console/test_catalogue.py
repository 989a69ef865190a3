"""The catalogue of messages: all of it can be printed and is recognised."""

from __future__ import annotations

import pytest

from corsense.console.catalogue import CatalogueEntry, catalogue, entry
from corsense.console.parse import parse
from corsense.console.templates import Template
from corsense.fetch import CorsError

SAMPLES = {
    "initiator": "fetch",
    "resource_kind": "script",
    "url": "http://localhost:8000/items?a=1&b=2",
    "initial_url": "https://api.example.com/a",
    "origin": "http://localhost:3000",
    "target_origin": "http://localhost:8000",
    "spec_origin": "http://localhost:8000",
    "page_origin": "http://localhost:3000",
    "other_origin": "http://localhost:5000",
    "page_url": "https://app.example.com/",
    "top_site": "https://app.example.com",
    "initiator_url": "https://app.example.com/a.js",
    "value": "http://example.com",
    "method": "PATCH",
    "header": "x-api-key",
    "status": "405",
    "status_text": "Method Not Allowed",
    "token": "a b",
    "space": "loopback",
    "target_space": "local",
    "schemes": "http, data, https",
    "protocol": "foo",
    "net_error": "ERR_CONNECTION_REFUSED",
    "what": "origin, method",
    "path": "/items",
    "ms": "5000",
    "detail": "Something that is new here.",
    "reason": "CORS Missing Allow Origin",
    "directive": "connect-src 'self'",
    "policy": "connect-src 'self'",
    "mime_type": "text/html",
    "family": "Lato",
    "style": "normal",
    "weight": "400",
    "stretch": "100",
    "index": "0",
    "host": "localhost",
    "port": "8000",
    "ip": "127.0.0.1",
    "mechanism": "fetch",
    "secure": "true",
    "action": "display",
    "help_url": "https://developer.mozilla.org/",
    "length": "11",
    "expected_length": "12",
}
HOLDS_ANOTHER = {
    ("chromium", "console:net-error"): "net::ERR_CONNECTION_REFUSED",
    ("chromium", "devtools:network-line"): "net::ERR_CONNECTION_REFUSED",
    ("chromium", "frame:redirected"): "frame",
    ("chromium", "frame:short"): "frame",
    ("chromium", "PrivateNetworkAccessPermissionDenied"): "LocalNetworkAccessPermissionDenied",  # the same words, earlier
    ("chromium-old", "old:method"): "method",  # the same words in WebKit, which is still printing them
    ("chromium-old", "old:header"): "header",
    ("chromium-old", "old:http-only"): "http-only",
}


def sample(known: CatalogueEntry) -> str:
    return known.template.format(**{name: SAMPLES[name] for name in known.template.fields})


@pytest.mark.parametrize("known", [pytest.param(known, id=f"{known.product}-{known.code}") for known in catalogue()])
def test_every_message_is_recognised_as_itself(known: CatalogueEntry) -> None:
    assert [message.code for message in parse(sample(known))] == [HOLDS_ANOTHER.get((known.product, known.code), known.code)]


@pytest.mark.parametrize(
    "known", [pytest.param(known, id=f"{known.product}-{known.code}") for known in catalogue() if known.others]
)
def test_older_and_translated_wordings_are_recognised_too(known: CatalogueEntry) -> None:
    for template in known.others:
        text = template.format(**{name: SAMPLES[name] for name in template.fields})
        assert [message.code for message in parse(text)] == [known.code], text


def test_names_are_unique_and_every_entry_says_when_it_appears() -> None:
    names = [(known.product, known.code) for known in catalogue()]
    assert len(set(names)) == len(names)
    assert all(known.condition.endswith((".", ";")) for known in catalogue())


def test_every_error_has_words() -> None:
    worded = {known.error for known in catalogue()}
    assert worded >= set(CorsError)


def test_an_unknown_entry_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        entry("chromium", "no such code")


def test_a_template_reads_what_it_prints() -> None:
    template = Template("Method {method} is not allowed by {header}.")
    assert template.read(template.format(method="PUT", header="X")) == {"method": "PUT", "header": "X"}
    assert template.read("Method PUT is not allowed") is None


def test_braces_around_anything_but_a_name_stand_for_themselves() -> None:
    template = Template('{"detail":"Method Not Allowed"}')
    assert template.fields == ()
    assert template.format() == '{"detail":"Method Not Allowed"}'


def test_a_field_without_a_value_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Template("at {url}").format()
