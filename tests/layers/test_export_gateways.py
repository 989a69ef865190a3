"""Exports for gateways that cannot be run here: valid by their published schemas, or refused with the reason."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from jsonschema import Draft202012Validator

from corsense import Policy
from corsense.layers.export import TARGETS, CannotExpress, export_policy
from tests.cli.commands import corsense
from tests.layers.generated_policies import policies

SCHEMAS = Path(__file__).parents[1] / "data" / "layers" / "schemas"
GATEWAYS = tuple(name for name, target in TARGETS.items() if target.program is None)
APP = "https://app.example.com"
FULL = Policy(
    origins=[APP, "https://b.example.com:8443"],
    credentials=True,
    methods=["DELETE"],
    request_headers=["Authorization", "Content-Type"],
    expose_headers=["X-Request-ID"],
    max_age=600,
)


def schema(name: str) -> Any:
    return json.loads((SCHEMAS / name).read_text(encoding="utf-8"))


def of_shapes(shapes: dict[str, Any], name: str) -> dict[str, Any]:
    """The JSON Schema of a shape of an AWS service model."""
    shape = shapes[name]
    match shape["type"]:
        case "structure":
            members = {key: of_shapes(shapes, member["shape"]) for key, member in shape["members"].items()}
            return {
                "type": "object",
                "additionalProperties": False,
                "required": shape.get("required", []),
                "properties": members,
            }
        case "list":
            return {"type": "array", "items": of_shapes(shapes, shape["member"]["shape"])}
        case "integer":
            bounds = {"minimum": shape["min"], "maximum": shape["max"]} if "min" in shape else {}
            return {"type": "integer", **bounds}
        case kind:
            return {"type": kind}


def closed(found: dict[str, Any]) -> dict[str, Any]:
    """A schema whose objects have no other properties."""
    return {**found, "additionalProperties": False} if "properties" in found else found


def validate(to: str, text: str) -> None:
    match to:
        case "gateway-api":
            route = yaml.safe_load(text)
            assert (route["apiVersion"], route["kind"]) == ("gateway.networking.k8s.io/v1", "HTTPRoute")
            for each in route["spec"]["rules"][0]["filters"]:
                Draft202012Validator(schema("gateway-api-httproute-filter.json")).validate(each)
                cors = each.get("cors", {})
                assert not any("*" in values and len(values) > 1 for values in cors.values() if isinstance(values, list))
        case "kong":
            document = yaml.safe_load(text)
            assert document["_format_version"] == "3.0"
            Draft202012Validator(schema("kong-cors-plugin.json")).validate(document["services"][0]["plugins"][0])
        case "aws-http-api":
            Draft202012Validator(of_shapes(schema("aws-apigatewayv2-shapes.json"), "Cors")).validate(json.loads(text))
        case "aws-s3":
            Draft202012Validator(of_shapes(schema("aws-s3-shapes.json"), "CORSConfiguration")).validate(json.loads(text))
        case "gcp":
            document, schemas = yaml.safe_load(text), schema("gcp-compute-v1.json")
            Draft202012Validator(closed(schemas["CorsPolicy"])).validate(document["defaultRouteAction"]["corsPolicy"])
            assert set(document["headerAction"]) <= set(schemas["HttpHeaderAction"]["properties"])
        case _:
            cors = ElementTree.fromstring(text).find("./inbound/cors")
            assert cors is not None
            order = [child.tag for child in cors]
            assert order == [tag for tag in AZURE if tag in order]
            assert set(cors.attrib) == {"allow-credentials", "terminate-unmatched-request"}
            assert all(child.tag == AZURE[parent.tag] for parent in cors for child in parent)


AZURE = {"allowed-origins": "origin", "allowed-methods": "method", "allowed-headers": "header", "expose-headers": "header"}


@pytest.mark.parametrize("to", GATEWAYS)
def test_a_policy_of_a_list_is_valid_by_the_published_schema(to: str) -> None:
    text = export_policy(FULL, to)
    validate(to, text)
    assert APP in text


@pytest.mark.parametrize("to", GATEWAYS)
def test_policies_at_random_are_valid_or_refused(to: str) -> None:
    written = 0
    for policy in islice(policies(1), 300):
        with suppress(CannotExpress):
            validate(to, export_policy(policy, to))
            written += 1
    assert written


@pytest.mark.parametrize("to", GATEWAYS)
@pytest.mark.parametrize(
    ("keywords", "reason"),
    [
        ({"origins": [APP, "https://b.example.com"], "credentials": [APP]}, "one switch for credentials"),
        ({"origins": [APP], "private_network": True}, "private_network"),
        ({"origins": [APP], "request_headers": ["*"]}, "Authorization|credentials to every origin that is listed"),
        ({"origin_regex": r"https://[a-z]+\.example\.com", "credentials": True}, "expression"),
        ({"origins": "*", "credentials": True, "dangerously_allow_any_origin_with_credentials": True}, "list the origins"),
        ({"origins": [APP], "credentials": True, "methods": ["PURGE"]}, "'PURGE'"),
    ],
)
def test_what_a_gateway_cannot_express_is_refused(to: str, keywords: dict[str, Any], reason: str) -> None:
    if to == "kong" and "origin_regex" in keywords:
        assert "example" in export_policy(Policy(**keywords), to)
        return
    with pytest.raises(CannotExpress, match=reason):
        export_policy(Policy(**keywords), to)


@pytest.mark.parametrize("to", GATEWAYS)
def test_a_gateway_does_not_leave_the_apps_headers_alone(to: str) -> None:
    with pytest.raises(CannotExpress, match="drop --app-keeps-cors"):
        export_policy(FULL, to, app_keeps_cors=True)


def test_a_wildcard_is_exact_in_the_gateway_api_alone() -> None:
    wild = Policy(origins=["https://*.example.com"], credentials=True)
    assert "https://*.example.com" in export_policy(wild, "gateway-api")
    for to in ("aws-http-api", "aws-s3", "azure", "gcp"):
        with pytest.raises(CannotExpress, match="no exact wildcard"):
            export_policy(wild, to)


def test_kong_gets_a_header_that_no_script_can_send_in_place_of_none() -> None:
    plugin = yaml.safe_load(export_policy(Policy(origins=[APP]), "kong"))["services"][0]["plugins"][0]
    assert plugin["config"]["headers"] == ["Origin"]


def test_kong_gets_an_origin_with_an_underscore_as_an_escaped_expression() -> None:
    plugin = yaml.safe_load(export_policy(Policy(origins=["https://a_b.example.com"]), "kong"))["services"][0]["plugins"][0]
    assert plugin["config"]["origins"] == [r"^https://a_b\.example\.com$"]


def test_s3_allows_credentials_to_whom_it_lists() -> None:
    with pytest.raises(CannotExpress, match="allows credentials to every origin that is listed"):
        export_policy(Policy(origins=[APP]), "aws-s3")
    assert '"*"' in export_policy(Policy(origins="*"), "aws-s3")


@pytest.mark.parametrize("to", GATEWAYS)
def test_the_command_says_that_nothing_was_proven_here(to: str, tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_text(json.dumps(FULL.document()), encoding="utf-8")
    ran = corsense("policy", "export", "policy.json", "--to", to, folder=tmp_path)
    assert ran.status == 0
    assert ran.err.startswith("corsense: not proven here: ")
    validate(to, ran.out)
    ran = corsense("policy", "export", "policy.json", "--to", to, "--prove", folder=tmp_path)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.endswith("so its export cannot be proven; drop --prove.\n")
