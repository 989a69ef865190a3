"""The registry of targets: which module writes the configuration, and which program proves it."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from corsense.errors import InputError, nearest, quoted
from corsense.layers.export.names import TargetName
from corsense.layers.export.rules import CannotExpress, Rules, rules_of
from corsense.layers.export.site import Site
from corsense.layers.programs import ProgramName
from corsense.policy import Policy


@dataclass(frozen=True, slots=True)
class Target:
    """A layer that a policy can be exported to.

    - `module`: the module of this package whose `export(rules, site)` writes it; it is imported when it is used.
    - `title`: its name for people.
    - `program`: the proxy that proves the export; None: it cannot be run here.
    - `carries`: the methods that the layer forwards at all, as an expression; others it answers with 400.
    - `keeps_vary_lines`: whether several lines of `Vary` of the app stay; otherwise only the first one does.
    - `comment`: what begins and ends a line of comment; None where the format has none.
    - `remark`: what is known of a layer that cannot be run here.
    """

    module: str
    title: str
    program: ProgramName | None = None
    carries: str = ".+"
    keeps_vary_lines: bool = True
    comment: tuple[str, str] | None = ("#", "")
    remark: str = ""

    def write(self, rules: Rules, site: Site) -> str:
        """The configuration. Raises CannotExpress."""
        written: str = importlib.import_module(f"corsense.layers.export.{self.module}").export(rules, site)
        return written


_SWITCH_OFF: Final = "switch the CORS of the app itself off."
_VARY: Final = "let the app send Vary: Origin if a cache stands in front."

TARGETS: Final[Mapping[TargetName, Target]] = {
    "nginx": Target("nginx", "nginx", "nginx", "[A-Z_-]+"),
    "caddy": Target("caddy", "Caddy", "caddy"),
    "haproxy": Target("haproxy", "HAProxy", "haproxy"),
    "apache": Target("apache", "Apache httpd", "apache"),
    "traefik": Target("traefik", "Traefik", "traefik", keeps_vary_lines=False),
    "envoy": Target("envoy", "Envoy", "envoy", "(?!QUERY$).+"),
    "gateway-api": Target("gateway_api", "the Gateway API", remark=_SWITCH_OFF),
    "kong": Target("kong", "Kong", remark=_SWITCH_OFF),
    "aws-http-api": Target("aws_http_api", "an HTTP API of API Gateway", comment=None, remark=_VARY),
    "aws-s3": Target("aws_s3", "a bucket of S3", comment=None, remark="check the answers of the bucket after the change."),
    "azure": Target("azure", "Azure API Management", comment=("<!--", " -->"), remark=_SWITCH_OFF),
    "gcp": Target("gcp", "a load balancer of Google Cloud", remark="the app gets the preflights of other origins."),
}


def target_of(name: str) -> Target:
    """The target of this name. Raises InputError."""
    for known, target in TARGETS.items():
        if known == name:
            return target
    near = nearest(name, TARGETS)
    hint = f"did you mean {near}?" if near is not None else f"choose one of {', '.join(TARGETS)}."
    raise InputError(f"{quoted(name)} is not a layer that a policy can be exported to; {hint}")


def export_policy(policy: Policy, to: str, site: Site | None = None, *, app_keeps_cors: bool = False) -> str:
    """The configuration that enforces exactly `policy` at the layer `to`, a key of `TARGETS`.

    `app_keeps_cors`: CORS headers that the app sets stay, and those that are missing are added; otherwise the app's are removed.
    Raises CannotExpress for what the layer cannot express, InputError for an unknown layer.
    """
    target = target_of(to)
    for method in sorted(policy.methods):
        if not re.fullmatch(target.carries, method):
            raise CannotExpress(f"{target.title} does not forward the method {quoted(method)}; it answers 400 itself.")
    return target.write(rules_of(policy, keeps_app=app_keeps_cors), site or Site())
