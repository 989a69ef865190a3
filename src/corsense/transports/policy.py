"""Answers of a policy without a server: what a middleware that follows it would send."""

from __future__ import annotations

from corsense.fetch.wire import NetworkError, WireRequest, WireResponse
from corsense.policy import Decision, Policy


class PolicyTransport:
    """Answers each `WireRequest` as an API whose CORS layer is `policy`; its endpoints answer 200.

        trace = drive(Browser().fetch(request), PolicyTransport(policy))

    `resolved` is what the policy's resolver says about each origin, where there is one. The headers are those of an answer of the
    middleware; their order is not.
    """

    def __init__(self, policy: Policy, *, resolved: bool | None = None) -> None:
        self.policy, self.resolved = policy, resolved

    def __call__(self, request: WireRequest) -> WireResponse | NetworkError:
        """The answer to `request`."""
        origin = request.header("origin")
        asked = request.header("access-control-request-method")
        if request.method == "OPTIONS" and origin is not None and asked is not None:
            return self._preflight(request, origin, asked)
        decision = self.policy.decide(origin, resolved=self.resolved)
        return WireResponse(200, (*self._origin_lines(decision), *self._exposed(decision)))

    def _preflight(self, request: WireRequest, origin: str, method: str) -> WireResponse:
        listed = request.header("access-control-request-headers") or ""
        names = [name.strip().lower() for name in listed.split(",") if name.strip()]
        private = request.header("access-control-request-private-network") == "true"
        decision = self.policy.decide(origin, method, names, private_network=private, resolved=self.resolved)
        if not decision.allowed:
            return WireResponse(403, (("vary", "Origin"),))
        lines = [*self._origin_lines(decision)]
        if self.policy.allows_any_method or self.policy.methods:
            lines.append(("access-control-allow-methods", method if self.policy.allows_any_method else self._methods()))
        if names:
            lines.append(("access-control-allow-headers", ",".join(names)))
        if private:
            lines.append(("access-control-allow-private-network", "true"))
        if self.policy.max_age is not None:
            lines.append(("access-control-max-age", str(max(self.policy.max_age, 0))))
        return WireResponse(204, tuple(lines))

    def _methods(self) -> str:
        return ",".join(sorted(self.policy.methods))

    def _origin_lines(self, decision: Decision) -> tuple[tuple[str, str], ...]:
        policy = self.policy
        anonymous = policy.any_origin and not policy.credentials
        vary = () if anonymous else (("vary", "Origin"),)
        if decision.origin is None or not decision.allowed:
            return vary
        lines = [("access-control-allow-origin", "*" if anonymous else decision.origin)]
        if decision.credentials:
            lines.append(("access-control-allow-credentials", "true"))
        return (*lines, *vary)

    def _exposed(self, decision: Decision) -> tuple[tuple[str, str], ...]:
        names = ("*",) if self.policy.exposes_any_header else self.policy.expose_headers
        if not names or decision.origin is None or not decision.allowed:
            return ()
        return (("access-control-expose-headers", ",".join(names)),)
