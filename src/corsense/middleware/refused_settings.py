"""What happens when a layer's settings are refused: it is logged with the line that adds the layer, and a server that starts the
app learns that the start-up failed."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from corsense.errors import quoted
from corsense.faults import PolicyError
from corsense.middleware.call_site import built_for_lifespan, call_site
from corsense.middleware.response_headers import AsgiApp, Receive, Scope, Send
from corsense.policy.environment import environment_of
from corsense.policy.origins import insecure_fault
from corsense.warnings import DevelopmentOriginWarning

if TYPE_CHECKING:
    from corsense.policy import Policy

LOGGER: Final = logging.getLogger("corsense")


def report_refusal(layer: Any, app: AsgiApp, error: Exception) -> bool:
    """Log why the settings of `layer` are refused, and note the line that adds it in the error.

    True when the layer now stands in for the error: where a server starts the app, it answers that the start-up failed, because a
    server takes an exception there for an app without start-up, and serves a 500 to every request.
    """
    site = call_site(type(layer))
    where = "" if site is None else f", added at {site},"
    message_text = f"CORSMiddleware{where} refuses its settings: {error}"
    LOGGER.error("%s", message_text)
    if site is not None:
        error.add_note(f"CORSMiddleware is added at {site}.")
    if not built_for_lifespan():
        return False
    layer.app, layer._error, layer._said = app, error, message_text
    layer.__class__ = RefusedLayer
    return True


class RefusedLayer:
    """Stands in for a layer whose settings are refused: the start-up fails, and so does each request."""

    app: AsgiApp
    _error: Exception
    _said: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises why the settings are refused."""
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.failed", "message": self._said})
        raise self._error


def check_development_origins(policies: Iterable[Policy | None], field: str) -> None:
    """Warn about `http:` pages of a developer's network that may send cookies; `field` is the name of their list. Raises
    `PolicyError` where a variable names an environment that is production."""
    found = {origin: None for policy in policies if policy is not None for origin in policy.insecure_development_origins}
    if not found:
        return
    environment = environment_of(os.environ)
    if environment is not None and environment.kind == "production":
        faults = (insecure_fault(field, origin) for origin in found)
        named = f"{environment.variable} is {quoted(environment.name)}, and"
        instead = f"Where this is not production, set {environment.variable}=development."
        raise PolicyError(
            replace(fault, message=f"{named} {fault.message}", remedy=f"{fault.remedy} {instead}") for fault in faults
        )
    warn(
        f"{', '.join(found)} may send cookies over http. That is fine on your own network; where ENVIRONMENT=production is set, "
        "it is refused, because anyone on the network can forge these pages.",
        DevelopmentOriginWarning,
    )


def warn(text: str, category: type[Warning]) -> None:
    """Warn at the line that adds or makes the layer."""
    site = call_site()
    if site is None:
        warnings.warn(f"CORS: {text}", category, stacklevel=3)
    else:
        warnings.warn_explicit(f"CORS: {text}", category, site.file, site.line)
