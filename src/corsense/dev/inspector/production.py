"""Whether the environment says that this is production, where the inspector does not start."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Final

from corsense.errors import quoted

NAMED_BY_PROJECTS: Final = (
    "ENV",
    "ENVIRONMENT",
    "APP_ENV",
    "APP_ENVIRONMENT",
    "APPLICATION_ENV",
    "FASTAPI_ENV",
    "STARLETTE_ENV",
    "PYTHON_ENV",
    "NODE_ENV",
    "DJANGO_ENV",
    "FLASK_ENV",
    "STAGE",
    "DEPLOY_ENV",
    "DEPLOYMENT_ENV",
    "DEPLOYMENT_ENVIRONMENT",
    "RUNTIME_ENV",
    "SENTRY_ENVIRONMENT",
    "DD_ENV",
    "VERCEL_ENV",
)
"""Variables whose value names the environment: those that projects choose, and those of Sentry, Datadog and Vercel.

Sources: Sentry's and Datadog's configuration of their SDKs (`SENTRY_ENVIRONMENT`, `DD_ENV`); Vercel's System Environment
Variables (`VERCEL_ENV`: production, preview or development).
"""

SET_BY_PLATFORMS: Final = {
    "RENDER": "Render",
    "DYNO": "Heroku",
    "K_SERVICE": "Cloud Run",
    "GAE_APPLICATION": "App Engine",
    "AWS_LAMBDA_FUNCTION_NAME": "AWS Lambda",
    "ECS_CONTAINER_METADATA_URI_V4": "Amazon ECS",
    "FLY_MACHINE_ID": "Fly.io",
    "WEBSITE_SITE_NAME": "Azure App Service",
    "CONTAINER_APP_REPLICA_NAME": "Azure Container Apps",
    "KOYEB_INSTANCE_ID": "Koyeb",
    "RAILWAY_REPLICA_ID": "Railway",
    "REPLIT_DEPLOYMENT": "Replit Deployments",
}
"""Variables that a hosting platform sets in every app that it runs, and the platform. Where there are several, the one of the
running instance, because developers name their apps in variables too, for tools that deploy them, and `railway run` gives a
command on the developer's machine the variables of the environment. (Azure's images set `WEBSITE_INSTANCE_ID` everywhere.)

Sources: Render, Default Environment Variables; Heroku, Dyno Startup Behavior; Cloud Run, Container runtime contract; App Engine,
Python runtime environment; AWS Lambda, Defined runtime environment variables; Amazon ECS, Task metadata endpoint version 4;
Fly.io, The Machine Runtime Environment; Azure App Service, Environment variables and app settings; Azure Container Apps, Manage
environment variables; Koyeb, Environment Variables; Railway, Variables Reference; Replit, About Deployments.
"""

NOT_DEPLOYED: Final = {
    "AWS_SAM_LOCAL": ("AWS_LAMBDA_FUNCTION_NAME", None),
    "GAE_ENV": ("GAE_APPLICATION", "localdev"),
    "CODEBUILD_BUILD_ID": ("ECS_CONTAINER_METADATA_URI_V4", None),
    "AWS_EXECUTION_ENV": ("ECS_CONTAINER_METADATA_URI_V4", "CloudShell"),
    "HEROKU_TEST_RUN_ID": ("DYNO", None),
}
"""Variables of a platform's emulator, build or shell, with the variable above that does not say there that an app is deployed,
and the value that they have; None: any.

Sources: AWS SAM, `sam local`; App Engine, Using the local development server; AWS CodeBuild, Environment variables in build
environments; AWS CloudShell; Heroku CI, Environment variables.
"""

_PRODUCTION = frozenset({"prod", "production", "prd", "live"})
_NEGATED = frozenset({"non", "not", "no", "pre", "like", "local", "localhost", "dev", "development"})
_OFF = frozenset({"", "0", "false", "no", "off"})


def production_sign(environ: Mapping[str, str] = os.environ) -> str | None:
    """What says that this is production, as `ENV='production'`; None where nothing does."""
    for name in NAMED_BY_PROJECTS:
        if _is_production(environ.get(name, "")):
            return f"{name}={quoted(environ[name])}"
    ignored = {about for name, (about, value) in NOT_DEPLOYED.items() if _is_on(environ, name) and value in (None, environ[name])}
    for name, platform in SET_BY_PLATFORMS.items():
        if _is_on(environ, name) and name not in ignored:
            return f"{name}={quoted(environ[name])}, which {platform} sets"
    return None


def _is_production(value: str) -> bool:
    words = set(re.split(r"[^a-z]+", value[:200].lower()))
    is_path = value.lstrip().startswith(("/", "~", "$", "."))  # shells read a file that ENV names
    return bool(words & _PRODUCTION) and not words & _NEGATED and not is_path


def _is_on(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").strip().lower() not in _OFF


def refuse_in_production() -> None:
    """Raises `RuntimeError` where the environment says that this is production: the inspector shows requests to whoever sits at
    the machine, and writes source."""
    sign = production_sign()
    if sign is not None:
        raise RuntimeError(
            f"the inspector is for development and does not start in production ({sign}); set CORSENSE_INSPECTOR=0 here, or "
            "correct that variable if this is a development machine."
        )
