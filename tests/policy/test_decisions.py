"""What a policy decides, reports and compares, detail by detail: each of these was left open by the rest of the tests."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from corsense import Policy, PolicyError
from corsense.errors import quoted
from corsense.policy import Reason
from corsense.policy.environment import read_value
from corsense.warnings import OriginWarning
from tests.policy.test_policy import APP, REFUSED


def test_a_header_that_is_not_listed_is_refused_and_named() -> None:
    decision = Policy(origins=[APP], request_headers=["X-Listed"]).decide(APP, "GET", ["x-listed", "x-other"])
    assert not decision.allowed
    assert (decision.reason, decision.value) == (Reason.HEADER_NOT_ALLOWED, "x-other")


def test_a_method_that_is_not_listed_is_refused_and_named() -> None:
    decision = Policy(origins=[APP], methods=["PUT"]).decide(APP, "DELETE")
    assert not decision.allowed
    assert (decision.reason, decision.value) == (Reason.METHOD_NOT_ALLOWED, "DELETE")


def test_only_the_star_exposes_every_header() -> None:
    assert Policy(origins=[APP], expose_headers=["*"]).exposes_any_header
    assert not Policy(origins=[APP], expose_headers=["X-A"]).exposes_any_header


@pytest.mark.parametrize(("keywords", "field", "slug"), REFUSED, ids=[f"{slug}-{field}" for _, field, slug in REFUSED])
def test_a_refusal_carries_the_value_and_names_it(keywords: dict[str, Any], field: str, slug: str) -> None:
    with pytest.raises(PolicyError) as refused:
        Policy(**keywords)
    (fault,) = refused.value.faults
    given = [value for member in keywords.values() for value in ([member, *member] if isinstance(member, list) else [member])]
    assert not given or any(fault.value is value or fault.value == value for value in given)
    named = [quoted(fault.value), str(fault.value).upper()] if fault.value not in ([], ()) else [field.partition("_")[0]]
    if slug == "no-origins":
        named = ["origin"]
    if isinstance(fault.value, list):
        named += [quoted(member) for member in fault.value]
    assert any(name in fault.message or name in fault.message.upper() for name in named)
    assert fault.message.isprintable()
    assert fault.remedy.isprintable()


@pytest.mark.parametrize("left", ["http://localhost:3000", "https://localhost", "http://app.example.com", "*"])
def test_what_production_refuses_is_quoted_with_a_remedy(left: str) -> None:
    with pytest.raises(PolicyError) as refused:
        Policy.production(left if left == "*" else [APP, left])
    (fault,) = refused.value.faults
    assert quoted(left) in fault.message
    assert fault.remedy.endswith(".")


def test_methods_that_differ_in_case_are_different_in_a_comparison_and_headers_are_not() -> None:
    shouted = Policy(origins=[APP], methods=["PURGE"], request_headers=["X-A"])
    mixed = Policy(origins=[APP], methods=["Purge"], request_headers=["x-a"])
    difference = shouted.diff(mixed)
    assert [change.value for change in difference.gained] == ["Purge"]
    assert [change.value for change in difference.lost] == ["PURGE"]


def test_an_origin_that_the_expression_had_let_in_is_no_gain() -> None:
    before = Policy(origin_regex=r"https://[a-z]+\.example\.com")
    difference = before.diff(Policy(origins=[APP, "https://elsewhere.example"]))
    assert [change.value for change in difference.gained] == ["https://elsewhere.example"]
    assert [change.field for change in difference.lost] == ["origin_regex"]


@pytest.mark.parametrize(
    ("after", "gained", "lost", "changed"),
    [
        ({"methods": ["PUT"]}, 1, 0, 0),
        ({"origins": ["https://b.example"]}, 1, 1, 0),
        ({"max_age": 5}, 0, 0, 1),
        ({}, 0, 0, 0),
    ],
)
def test_a_comparison_is_true_when_anything_differs(after: dict[str, Any], gained: int, lost: int, changed: int) -> None:
    before = Policy(origins=[APP])
    difference = before.diff(Policy(**{"origins": [APP], **after}))
    assert (len(difference.gained), len(difference.lost), len(difference.changed)) == (gained, lost, changed)
    assert bool(difference) is bool(gained or lost or changed)
    back = Policy(**{"origins": [APP], **after}).diff(before)
    assert bool(back) is bool(difference)


def test_a_preflight_that_may_not_be_kept_says_so() -> None:
    difference = Policy(origins=[APP], max_age=600).diff(Policy(origins=[APP], max_age=-1))
    assert [str(change) for change in difference.changed] == ["browsers may keep preflights not at all, before 600 s"]


def test_access_from_public_addresses_is_a_change_of_its_own() -> None:
    (change,) = Policy(origins=[APP]).diff(Policy(origins=[APP], private_network=True)).gained
    assert (change.field, change.value) == ("private_network", "true")
    assert "Private Network Access" in str(change)


def test_another_resolver_is_a_change_of_the_resolver() -> None:
    (change,) = Policy(origin_resolver=bool).diff(Policy(origin_resolver=callable)).changed
    assert change.field == "origin_resolver"
    assert "resolver" in str(change)


@pytest.mark.parametrize(
    ("origin", "differs"),
    [
        ("https://a.staging.example.com:8443", {"port"}),
        ("http://a.staging.example.com", {"scheme"}),
        ("https://a.staging.exampl.com", {"host"}),
        ("http://a.staging.example.com:8443", {"scheme", "port"}),
    ],
)
def test_an_explanation_names_every_part_that_differs_and_no_other(origin: str, differs: set[str]) -> None:
    text = Policy(origins=["https://*.staging.example.com"]).explain(origin).partition("the nearest is")[2]
    assert text
    assert {part for part in ("scheme", "host", "port") if f" {part} " in text} == differs


@pytest.mark.parametrize(
    ("document", "valid"),
    [
        ({"origins": [APP], "methods": ["PUT"], "request_headers": ["x-a"], "max_age": 5}, True),
        ({"origins": [APP], "methods": [3]}, False),
        ({"origins": [APP], "methods": [""]}, False),
        ({"origins": [APP], "request_headers": "x-a"}, False),
        ({"origins": [APP], "expose_headers": ["x-a", "x-a"]}, False),
        ({"origins": [APP], "max_age": "5"}, False),
        ({"origins": [APP], "unknown": True}, False),
    ],
)
def test_the_schema_takes_what_a_policy_file_may_hold(document: dict[str, Any], valid: bool) -> None:
    assert jsonschema.Draft202012Validator(Policy.json_schema()).is_valid(document) is valid


def test_the_schema_describes_each_keyword_in_a_sentence() -> None:
    described = [entry.get("description", "") for entry in Policy.json_schema()["properties"].values()]
    assert all(described)
    assert [text for text in described if text[0].islower()] == []


def test_json_that_is_not_a_list_of_strings_is_refused_with_the_text_itself() -> None:
    with pytest.raises(PolicyError) as refused:
        Policy.from_env({"CORS_ORIGINS": APP, "CORS_METHODS": '{"a": 1}'})
    (fault,) = refused.value.faults
    assert (fault.field, fault.value) == ("CORS_METHODS", '{"a": 1}')


def test_a_slash_at_the_end_is_forgiven_in_a_list_of_origins_and_kept_in_other_lists() -> None:
    with pytest.warns(OriginWarning):
        assert read_value("origins", [f"{APP}/"], "origins") == ([APP], [])
    assert read_value("methods", ["a/"], "methods") == (["a/"], [])


def test_one_origin_in_place_of_a_list_of_credentials_is_a_string_where_a_list_belongs() -> None:
    with pytest.raises(PolicyError) as refused:
        Policy(origins=[APP], credentials=APP)
    (fault,) = refused.value.faults
    assert (fault.field, fault.value, fault.slug) == ("credentials", APP, "origins-not-a-list")
    assert "[" in fault.remedy


def test_text_in_place_of_a_flag_is_refused_with_the_flag_that_it_means() -> None:
    for text, flag in (("true", "True"), ("off", "False")):
        with pytest.raises(PolicyError) as refused:
            Policy(origins=[APP], credentials=text)
        (fault,) = refused.value.faults
        assert fault.slug == "flag-not-a-bool"
        assert f"credentials={flag}" in fault.remedy
