"""The names of the targets, for the command line, which imports nothing heavy."""

from __future__ import annotations

from typing import Final, Literal, get_args

TargetName = Literal[
    "nginx", "caddy", "haproxy", "apache", "traefik", "envoy", "gateway-api", "kong", "aws-http-api", "aws-s3", "azure", "gcp"
]
NAMES: Final[tuple[TargetName, ...]] = get_args(TargetName)
