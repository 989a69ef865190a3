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
    "RAILWAY_ENVIRONMENT_NAME",
    "RAILWAY_ENVIRONMENT",
)
"""Variables whose value names the environment: those that projects choose, and those of Sentry, Datadog, Vercel and Railway.

Sources: Sentry's and Datadog's configuration of their SDKs (`SENTRY_ENVIRONMENT`, `DD_ENV`); Vercel's System Environment
Variables (`VERCEL_ENV`: production, preview or development); Railway's provided variables (`RAILWAY_ENVIRONMENT_NAME`).
"""

SET_BY_PLATFORMS: Final = {
    "RENDER": "Render",
    "DYNO": "Heroku",
    "K_SERVICE": "Cloud Run",
    "GAE_APPLICATION": "App Engine",
    "AWS_LAMBDA_FUNCTION_NAME": "AWS Lambda",
    "ECS_CONTAINER_METADATA_URI_V4": "Amazon ECS",
    "FLY_APP_NAME": "Fly.io",
    "WEBSITE_SITE_NAME": "Azure App Service",
    "CONTAINER_APP_NAME": "Azure Container Apps",
    "KOYEB_APP_NAME": "Koyeb",
    "REPLIT_DEPLOYMENT": "Replit Deployments",
}
"""Variables that a hosting platform sets in every app that it runs, and the platform.

Sources: Render, Default Environment Variables; Heroku, Dyno Startup Behavior; Cloud Run, Container runtime contract; App Engine,
Python runtime environment; AWS Lambda, Defined runtime environment variables; Amazon ECS environment variables; Fly.io, The
Machine Runtime Environment; Azure App Service, Environment variables and app settings; Azure Container Apps, Manage environment
variables; Koyeb, Environment Variables; Replit, About Deployments.
"""

_PRODUCTION = frozenset({"prod", "production", "prd", "live"})
_NEGATED = frozenset({"non", "not", "no", "pre", "like"})
_OFF = frozenset({"", "0", "false", "no", "off"})


def production_sign(environ: Mapping[str, str] = os.environ) -> str | None:
    """What says that this is production, as `ENV='production'`; None where nothing does."""
    for name in NAMED_BY_PROJECTS:
        words = set(re.split(r"[^a-z]+", environ.get(name, "")[:200].lower()))
        if words & _PRODUCTION and not words & _NEGATED:
            return f"{name}={quoted(environ[name])}"
    for name, platform in SET_BY_PLATFORMS.items():
        if environ.get(name, "").strip().lower() not in _OFF:
            return f"{name}={quoted(environ[name])}, which {platform} sets"
    return None


def refuse_in_production() -> None:
    """Raises `RuntimeError` where the environment says that this is production: the inspector shows requests to whoever sits at
    the machine, and writes source."""
    sign = production_sign()
    if sign is not None:
        raise RuntimeError(
            f"the inspector is for development and does not start in production ({sign}); set CORSENSE_INSPECTOR=0 here, or "
            "correct that variable if this is a development machine."
        )
