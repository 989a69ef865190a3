"""From the answers of a place to a `Policy`, and to what a browser meets there besides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from corsense.errors import quoted
from corsense.fetch.engines import LONGEST_AGE
from corsense.layers.reading.expressions import OriginMatch
from corsense.layers.reading.outcomes import (
    ALLOW_CREDENTIALS,
    ALLOW_HEADERS,
    ALLOW_METHODS,
    ALLOW_ORIGIN,
    EXPOSE_HEADERS,
    MAX_AGE,
    Outcome,
    Trials,
    access,
    has_credentials,
    is_let_in,
    listed,
    varies_by_origin,
)
from corsense.layers.reading.result import PlacedPolicy, Remark, Severity
from corsense.layers.reading.trial import (
    ASKED,
    Budget,
    HeaderLine,
    LayerAnswer,
    OriginCase,
    Place,
    Spot,
    Unread,
    Written,
    is_template,
)

if TYPE_CHECKING:
    from corsense.faults import Fault
    from corsense.policy import Policy

_SAFELISTED = ("GET", "HEAD", "POST")
_ORDINARY = ("PUT", "PATCH", "DELETE")
_HATCHES = {
    "insecure-origin-with-credentials": "dangerously_allow_insecure_origins",
    "public-suffix-origin": "dangerously_allow_public_suffixes",
    "wildcard-with-credentials": "dangerously_allow_any_origin_with_credentials",
    "regex-too-broad": "dangerously_allow_broad_regex",
}
_NAMES = {
    "origin-trailing-slash", "origin-has-path", "origin-without-scheme", "origin-default-port", "origin-not-normalised",
    "glob-in-origins", "regex-in-origins", "invalid-cors-header",
}  # fmt: skip


def judge(place: Place, budget: Budget | None = None) -> PlacedPolicy | None:
    """The policy of a place, with the remarks; None where the layer sends no CORS header. `budget` bounds the work."""
    return _Judge(place, budget or Budget()).judged()


@dataclass(slots=True)
class _Judge:
    place: Place
    budget: Budget
    remarks: list[Remark] = field(default_factory=list)

    def judged(self) -> PlacedPolicy | None:
        try:
            trials = Trials.of(self.place, self.budget)
            if _only_redirects(trials):
                return None
            if not _concerns_cors(trials):
                self._hidden(trials)
                return self._without_headers()
            policy = self.policy(trials)
        except Unread as unread:
            self.say(None, unread.message, unread.line, "warning")
            return self._without_headers()
        # Whether its own error responses have the headers was tried.
        self.remarks += [note for note in self.place.notes if note.slug != "error-response-without-cors"]
        answers = [outcome.answer for outcome in _ordinary(trials)]
        added = {line.name for answer in answers for line in answer.lines if line.is_added and _is_cors(line)}
        every = {line.name for answer in answers for line in answer.lines if _is_cors(line)}
        hidden = {name for answer in answers for name in answer.hides}
        doubled = set() if "*" in hidden else added - hidden
        answered = any(_passes(trials.outcome(case, "OPTIONS", is_preflight=True).answer) for case in trials.cases)
        return PlacedPolicy(
            self.place.where,
            self.place.file,
            self.place.line,
            policy,
            tuple(dict.fromkeys(self.remarks)),
            answered,
            tuple(sorted(doubled)),
            tuple(sorted(every - doubled)),
        )

    def _hidden(self, trials: Trials) -> None:
        """What to say about a layer that removes the app's header and sets none."""
        answer = trials.outcome(OriginCase(None), "GET").answer
        if ALLOW_ORIGIN in answer.hides or "*" in answer.hides:
            message = f"{self.place.speaks_of} removes the app's Access-Control-Allow-Origin here and sets none."
            self.say("proxy-loses-cors", message, self.place.line, "error", "Set the header here, or stop removing the app's.")

    def _without_headers(self) -> PlacedPolicy | None:
        """A place without a policy, where there is something to say about it."""
        remarks = (*self.remarks, *(note for note in self.place.notes if note.slug is not None))
        return PlacedPolicy(self.place.where, self.place.file, self.place.line, None, remarks) if remarks else None

    def say(
        self,
        slug: str | None,
        message: str,
        line: Written,
        severity: Severity = "warning",
        remedy: str | None = None,
    ) -> None:
        place = self.place
        if isinstance(line, Spot):
            self.remarks.append(Remark(slug, message, line.file, line.line, severity, remedy))
        else:
            self.remarks.append(Remark(slug, message, place.file, line or place.line, severity, remedy))

    # The policy.

    def policy(self, trials: Trials) -> Policy | None:
        base = {case: trials.outcome(case, "GET").answer for case in trials.cases}
        letting = [case for case in trials.cases if is_let_in(base[case], case) and _exists(case)]
        self._odd_values(base)
        self._odd_comparisons(trials, base)
        keywords: dict[str, Any] = self._origins(trials, letting)
        if not keywords:
            self._no_one(trials, base)
            return None
        keywords["credentials"] = self._credentials(trials, base, letting)
        preflights = {case: trials.outcome(case, "OPTIONS", is_preflight=True) for case in letting}
        answered = self._preflights(trials, preflights, base)
        keywords |= self._permissions(preflights, letting, keywords, answered)
        keywords["expose_headers"] = self._exposed(base, letting, keywords)
        self._errors(trials, letting)
        self._methods(trials, letting, keywords)
        self._vary(trials, base)
        return self._made(trials, keywords)

    def _origins(self, trials: Trials, letting: Sequence[OriginCase]) -> dict[str, Any]:
        """`origins` and `origin_regex`; empty where no page is let in. Raises Unread where no policy says it."""
        any_other = OriginCase(None) in letting
        sets = [case for case in trials.cases if case.text is None]
        texts = [case.text for case in letting if case.text is not None]
        everyone = any(self._is_everyone(one, sets, letting) for one in trials.mentions.expressions)
        if any_other or everyone:
            refused = [case for case in trials.cases if case not in letting and case.text != "null" and _exists(case)]
            refused = [case for case in refused if any_other or case.text is not None]
            if refused:
                raise Unread("Every origin is allowed except some, which no policy says.", self.place.line)
            return {"origins": "*"}
        kept = {
            one
            for one in trials.mentions.expressions
            if any(one in case.matching for case in sets) and all(case in letting for case in sets if one in case.matching)
        }
        for case in sets:
            if (case in letting) != bool(kept & case.matching):
                raise Unread("Which origins are allowed depends on several expressions together.", self.place.line)
        for case in trials.cases:
            if case.text not in (None, "null") and case not in letting and any(one.matches(case.text or "") for one in kept):
                raise Unread(f"The expressions allow {quoted(case.text)}, but it is refused.", self.place.line)
        return self._listed(trials, texts, sorted(kept, key=lambda one: one.written))

    def _is_everyone(self, one: OriginMatch, sets: Sequence[OriginCase], letting: Sequence[OriginCase]) -> bool:
        """Whether an expression lets in, and matches every origin but perhaps 'null'."""
        from corsense.origin.breadth import admits_every_origin
        from corsense.origin.regex import OriginRegex

        admitted = [case for case in sets if one in case.matching]
        return all(case in letting for case in admitted) and admits_every_origin(OriginRegex.compile(one.pattern))

    def _listed(self, trials: Trials, texts: Sequence[str], expressions: Sequence[OriginMatch]) -> dict[str, Any]:
        origins = [text for text in texts if text != "null" and not any(one.matches(text) for one in expressions)]
        patterns = []
        for one in expressions:
            few = one.origins
            if few is None:
                patterns.append(one.pattern)
            else:
                origins += [origin for origin in few if origin not in origins and origin != "null"]
            self._expression(one, trials.mentions.expressions.get(one))
        if "null" in texts:
            message = "Pages with the origin 'null' are allowed: any page can have it, in a sandboxed frame."
            line = trials.mentions.texts.get("null") or next((trials.mentions.expressions.get(one) for one in expressions), None)
            self.say("null-origin", message, line, "error", "Allow the origins of your pages only. `Policy` refuses 'null'.")
        found: dict[str, Any] = {"origins": origins} if origins else {}
        if patterns:
            found["origin_regex"] = patterns[0] if len(patterns) == 1 else "|".join(f"(?:{each})" for each in patterns)
        return found

    def _expression(self, one: OriginMatch, line: Written) -> None:
        """What is wrong with an expression: other sites match it."""
        from corsense.origin.reach import foreign_origin, leaves_a_dot_bare, shared_suffix

        foreign, shared = foreign_origin(one.pattern), shared_suffix(one.pattern)
        if foreign is None:
            return
        written = quoted(one.written)
        if shared is not None and shared[1] == foreign:
            message = f"{written} allows any name below {shared[0]}, and anyone can register one, such as {quoted(foreign)}."
            self.say("public-suffix-origin", message, line, "error", "List your own hosts.")
            return
        if one.is_partial:
            message = f"{written} only has to match a part of the origin, so {quoted(foreign)} is allowed too."
            remedy = "Anchor it with ^ and $, and escape the dots: ^https://app\\.example\\.com$."
            self.say("regex-partial-match", message, line, "error", remedy)
        elif leaves_a_dot_bare(one.pattern):
            message = f"{written} has an unescaped dot, which matches any character, so {quoted(foreign)} is allowed too."
            self.say("regex-unescaped-dot", message, line, "error", "Write \\. for each dot of a host name.")
        else:
            message = f"{written} also matches {quoted(foreign)}, which belongs to somebody else."
            self.say("regex-too-broad", message, line, "error", "List your own origins.")

    def _no_one(self, trials: Trials, base: dict[OriginCase, LayerAnswer]) -> None:
        """Why no page is let in, though there are CORS headers."""
        several = next((answer for case, answer in base.items() if access(answer, case) == "several"), None)
        if several is not None:
            values = several.values(ALLOW_ORIGIN)
            message = f"Access-Control-Allow-Origin is sent {len(values)} times, and browsers accept one value."
            self.say("duplicate-cors-headers", message, _line(several, ALLOW_ORIGIN), "error", "Set it in one place.")
        elif not self.remarks:
            everything = [trials.outcome(case, "OPTIONS", is_preflight=True).answer for case in trials.cases]
            found = next((line for answer in everything for line in answer.lines if _is_cors(line)), None)
            message = "Preflights get CORS headers, but the responses to requests have no Access-Control-Allow-Origin."
            if found is None:
                found = next((line for answer in base.values() for line in answer.lines if _is_cors(line)), None)
                message = "There are CORS headers, but no Access-Control-Allow-Origin that a page could have."
            remedy = "Send it on every response, not only to OPTIONS."
            self.say("manual-options-handler", message, found.line if found else None, "error", remedy)

    def _odd_values(self, base: dict[OriginCase, LayerAnswer]) -> None:
        """Origins that no browser sends."""
        said: set[str] = set()
        for answer in base.values():
            if len(answer.values(ALLOW_CREDENTIALS)) > 1 and ALLOW_CREDENTIALS not in said:
                said.add(ALLOW_CREDENTIALS)
                message = "Access-Control-Allow-Credentials is sent more than once, and browsers accept one 'true'."
                self.say("duplicate-cors-headers", message, _line(answer, ALLOW_CREDENTIALS), "error", "Set it in one place.")
            for line in answer.lines:
                if line.name == ALLOW_ORIGIN and "\0" not in line.value and line.value not in ("*", "null"):
                    self._odd_origin(line, said)
                if line.name == ALLOW_CREDENTIALS and line.value.strip() not in ("true", "false") and line.value not in said:
                    said.add(line.value)
                    message = f"Access-Control-Allow-Credentials is {quoted(line.value)}, and browsers accept only 'true'."
                    self.say("invalid-cors-header", message, line.line, "error", "Write true, in lower case.")

    def _odd_comparisons(self, trials: Trials, base: dict[OriginCase, LayerAnswer]) -> None:
        """Origins that the Origin is compared with, and that no browser sends."""
        for case, answer in base.items():
            if (
                case.text is None
                or _exists(case)
                or not is_let_in(answer, case)
                or is_let_in(base[OriginCase(None)], OriginCase(None))
            ):
                continue
            fault = origin_fault(case.text)
            if (
                fault is not None
                and not is_template(case.text)
                and not any(quoted(case.text) in remark.message for remark in self.remarks)
            ):
                message = f"The Origin is compared with {quoted(case.text)}, which no browser sends."
                self.say(fault.slug, message, trials.mentions.texts.get(case.text), "error", fault.remedy)

    def _odd_origin(self, line: HeaderLine, said: set[str]) -> None:
        value = line.value.strip()
        fault = origin_fault(value)
        if fault is None or value in said:
            return
        said.add(value)
        if is_template(value):
            self.say(None, f"{quoted(value)} is a placeholder, and what will stand there is not known.", line.line)
        elif not value:
            message = "Access-Control-Allow-Origin is sent with an empty value, which no page can have."
            self.say("invalid-cors-header", message, line.line, "info", "Send no header to other origins.")
        elif "," in value or " " in value:
            message = f"Access-Control-Allow-Origin holds several origins ({quoted(value)}), and browsers accept one."
            self.say("joined-values", message, line.line, "error", "Choose the one that equals the request's Origin.")
        else:
            message = f"No browser sends the origin {quoted(value)}, so it allows no page."
            self.say(fault.slug, message, line.line, "error", fault.remedy)

    def _credentials(self, trials: Trials, base: dict[OriginCase, LayerAnswer], letting: list[OriginCase]) -> bool | list[str]:
        trusted = [case for case in letting if has_credentials(base[case], case)]
        star = next((base[case] for case in letting if access(base[case], case) == "star"), None)
        if star is not None and "true" in star.values(ALLOW_CREDENTIALS):
            message = "Browsers refuse '*' together with Access-Control-Allow-Credentials: true in requests with credentials."
            remedy = "Name the page's origin instead of *, or drop Access-Control-Allow-Credentials."
            self.say("wildcard-with-credentials", message, _line(star, ALLOW_ORIGIN), "error", remedy)
        if not trusted:
            return False
        if OriginCase(None) in trusted:
            line = _line(base[OriginCase(None)], ALLOW_ORIGIN)
            message = (
                "Every origin is sent back with Access-Control-Allow-Credentials: true, so every page may use the user's cookies."
            )
            self.say("reflected-origin", message, line, "error", "Compare the Origin with a list of your own.")
        if set(trusted) | {OriginCase("null")} >= set(letting):
            return True
        if any(case.text is None for case in trusted):
            raise Unread("Some of the origins that match an expression may send cookies, and some may not.", self.place.line)
        return [case.text for case in trusted if case.text not in (None, "null")]

    def _preflights(self, trials: Trials, preflights: dict[OriginCase, Outcome], base: dict[OriginCase, LayerAnswer]) -> bool:
        """What is wrong with preflights; whether the layer answers them."""
        statuses = {outcome.answer.status for outcome in preflights.values()}
        if self.place.is_static and not any(status is not None and 200 <= status < 300 for status in statuses):
            return False  # files need no preflight
        answer = next(iter(preflights.values())).answer
        if statuses == {None}:
            if not self.place.is_static:
                message = (
                    f"{self.place.speaks_of} passes preflights on to the app. Unless the app answers OPTIONS with a status of "
                    "200 to 299, browsers send no request with JSON, PUT, DELETE or Authorization."
                )
                remedy = f"Answer OPTIONS in {self.place.speaks_of} with 204, or leave CORS to the app."
                severity: Severity = "warning" if self.place.is_proxy else "info"
                self.say("preflight-bad-status", message, _line(base[next(iter(preflights))], ALLOW_ORIGIN), severity, remedy)
            return False
        if any(status is None or not 200 <= status < 300 for status in statuses):
            bad = next((o.answer for o in preflights.values() if o.answer.status and not 200 <= o.answer.status < 300), answer)
            if bad.status is not None:
                message = f"{self.place.speaks_of} answers preflights with {bad.status}, and browsers accept only 200 to 299."
                self.say("preflight-bad-status", message, bad.line, "error", "Answer OPTIONS before this, with 204.")
            else:
                message = "Some preflights are answered here and some by the app."
                self.say("preflight-answered-by-other-layer", message, bad.line, "warning")
            return True
        for case, outcome in preflights.items():
            if case.text != "null" and (case == OriginCase(None) or OriginCase(None) not in preflights):
                self._preflight(case, outcome, base[case])
        self._let_in_by_preflights(trials, base)
        return True

    def _preflight(self, case: OriginCase, outcome: Outcome, base: LayerAnswer) -> None:
        answer = outcome.answer
        who = "" if case.text is None else f" from {case.text}"
        if not is_let_in(answer, case):
            found = access(answer, case)
            what = {"none": "without Access-Control-Allow-Origin", "several": "with more than one Access-Control-Allow-Origin"}
            message = f"{self.place.speaks_of} answers preflights{who} {what.get(found, 'for another origin')}."
            remedy = "Set the CORS headers where OPTIONS is answered, too."
            self.say("preflight-answered-by-other-layer", message, answer.line, "error", remedy)
        elif has_credentials(answer, case) != has_credentials(base, case):
            message = f"Preflights{who} and the responses to requests do not agree on Access-Control-Allow-Credentials."
            self.say("credentials-not-allowed", message, answer.line, "warning", "Send it on both.")
        for refusal, condition in outcome.refusals:
            message = f"Preflights{who} get {refusal.status} {condition}, and browsers accept only 200 to 299."
            self.say("preflight-bad-status", message, refusal.line, "warning", "Answer OPTIONS before this.")

    def _let_in_by_preflights(self, trials: Trials, base: dict[OriginCase, LayerAnswer]) -> None:
        """Pages that a preflight lets in and the answer does not: their request runs, and they cannot read the answer."""
        for case in trials.cases:
            answer = trials.outcome(case, "OPTIONS", is_preflight=True).answer
            if _exists(case) and _passes(answer) and is_let_in(answer, case) and not is_let_in(base[case], case):
                who = "other origins" if case.text is None else case.text
                message = f"Preflights let in {who}, but the responses to requests do not."
                self.say("preflight-answered-by-other-layer", message, answer.line, "warning", "Compare the Origin in both.")
                return

    def _permissions(
        self, preflights: dict[OriginCase, Outcome], letting: list[OriginCase], keywords: dict[str, Any], answered: bool
    ) -> dict[str, Any]:
        """Methods, request headers and the age of preflights."""
        cases = [case for case in letting if case.text != "null"] or letting
        answers = [preflights[case].answer for case in cases if is_let_in(preflights[case].answer, case)]
        if not answers or (self.place.is_static and not answered):
            return {}
        first = answers[0]
        for name in (ALLOW_METHODS, ALLOW_HEADERS, MAX_AGE):
            if any(answer.values(name) != first.values(name) for answer in answers):
                raise Unread(f"{_shown(name)} differs between origins, which no policy says.", _line(first, name))
        methods, headers = self._names(first, ALLOW_METHODS), self._names(first, ALLOW_HEADERS)
        if methods is None or headers is None:
            return {"max_age": None}
        for name, names in ((ALLOW_METHODS, methods), (ALLOW_HEADERS, headers)):
            if "*" in names and keywords["credentials"] and ASKED not in first.values(name):
                message = f"Browsers take '*' in {_shown(name)} literally when a request has credentials."
                self.say("header-not-allowed" if name == ALLOW_HEADERS else "method-not-allowed", message, _line(first, name),
                         "warning", "Write the names.")  # fmt: skip
        if keywords["credentials"]:
            methods = [each for each in methods if each != "*" or ASKED in first.values(ALLOW_METHODS)]
            headers = [each for each in headers if each != "*" or ASKED in first.values(ALLOW_HEADERS)]
        kept = [each for each in methods if each not in _SAFELISTED]
        return {"methods": kept, "request_headers": headers, "max_age": self._age(first)}

    def _names(self, answer: LayerAnswer, name: str) -> list[str] | None:
        values = answer.values(name)
        if ASKED in values:
            return ["*", "Authorization"] if name == ALLOW_HEADERS else ["*"]
        names = listed(values)
        if names is None:
            message = f"{_shown(name)} cannot be read by browsers ({quoted(', '.join(values))}), so every preflight fails."
            self.say("invalid-cors-header", message, _line(answer, name), "error", "Write names with commas between them.")
            return None
        return list(names)

    def _age(self, answer: LayerAnswer) -> int | None:
        values = answer.values(MAX_AGE)
        if not values:
            return None
        try:
            age = int(values[0])
        except ValueError:
            self.say("max-age-out-of-range", f"Access-Control-Max-Age is {quoted(values[0])}, which is no number of seconds.",
                     _line(answer, MAX_AGE), "warning", "Write seconds, such as 600.")  # fmt: skip
            return None
        if age > LONGEST_AGE:
            message = f"Access-Control-Max-Age is {age} seconds, and browsers keep a preflight for {LONGEST_AGE} at most."
            self.say("max-age-out-of-range", message, _line(answer, MAX_AGE), "info", f"Write {LONGEST_AGE}, or less.")
        return max(-1, min(age, LONGEST_AGE))

    def _exposed(self, base: dict[OriginCase, LayerAnswer], letting: list[OriginCase], keywords: dict[str, Any]) -> list[str]:
        first = base[letting[0]]
        names = self._names_exposed(first)
        for case in letting:
            if base[case].values(EXPOSE_HEADERS) != first.values(EXPOSE_HEADERS):
                raise Unread("Access-Control-Expose-Headers differs between origins.", _line(first, EXPOSE_HEADERS))
        if "*" in names and keywords["credentials"]:
            message = "Browsers take '*' in Access-Control-Expose-Headers literally when a request has credentials."
            self.say("expose-wildcard-with-credentials", message, _line(first, EXPOSE_HEADERS), "warning", "Write the names.")
            names.remove("*")
        return names

    def _names_exposed(self, answer: LayerAnswer) -> list[str]:
        names = listed(answer.values(EXPOSE_HEADERS))
        if names is None:
            message = "Access-Control-Expose-Headers cannot be read by browsers, so it exposes nothing."
            self.say("invalid-cors-header", message, _line(answer, EXPOSE_HEADERS), "warning", "Write names with commas.")
        return list(names or ())

    # What else a browser meets.

    def _errors(self, trials: Trials, letting: list[OriginCase]) -> None:
        for case in letting:
            if case.text == "null":
                continue
            base = trials.outcome(case, "GET").answer
            lines = {each: trials.outcome(case, "GET", situation=each) for each in ("error", "own-error", "early-error")}
            line = _line(base, ALLOW_ORIGIN)
            if not self.place.is_static and _differs(lines["error"].answer, base, case):
                message = (
                    f"{self.place.speaks_of} adds the headers only to successful responses, so pages cannot read 401, 404 or 500."
                )
                self.say("error-response-without-cors", message, line, "warning", self._remedy_for_errors())
            elif not self.place.is_static:
                self._own_errors(lines, base, case, line)
            for refusal, condition in trials.outcome(case, "GET").refusals:
                if not is_let_in(refusal, case):
                    message = f"The response {refusal.status} ({condition}) has no Access-Control-Allow-Origin."
                    self.say("error-response-without-cors", message, refusal.line, "warning")
            return

    def _own_errors(self, lines: dict[str, Outcome], base: LayerAnswer, case: OriginCase, line: Written) -> None:
        missing = [each for each in ("own-error", "early-error") if _differs(lines[each].answer, base, case)]
        if missing:
            which = "413 and 400" if missing == ["early-error"] else "such as 413, 502, 503 and 504"
            message = f"Error responses of {self.place.speaks_of} itself ({which}) lack these headers, so pages see a CORS error."
            self.say("error-response-without-cors", message, line, "info")

    def _remedy_for_errors(self) -> str:
        return "Write `always` behind the value of each add_header." if self.place.speaks_of == "nginx" else (
            "Set the headers on every response.")  # fmt: skip

    def _methods(self, trials: Trials, letting: list[OriginCase], keywords: dict[str, Any]) -> None:
        """Methods whose answers lack what the answer to GET has."""
        named = [each for each in keywords.get("methods", ()) if each not in ("*", "OPTIONS")]
        wanted = [*_SAFELISTED[1:], *named, *(_ORDINARY if "*" in keywords.get("methods", ()) else ())]
        case = next((each for each in letting if each.text != "null"), letting[0])
        base = trials.outcome(case, "GET").answer
        missing = [each for each in wanted if _differs(trials.outcome(case, each).answer, base, case)]
        if not missing:
            return
        message = f"The responses to {' and '.join(missing)} do not have the CORS headers that the response to GET has."
        severity: Severity = "info" if missing == ["HEAD"] else "warning"
        self.say("method-not-allowed", message, _line(base, ALLOW_ORIGIN), severity, "Set the headers whatever the method is.")

    def _vary(self, trials: Trials, base: dict[OriginCase, LayerAnswer]) -> None:
        values = {tuple(answer.values(ALLOW_ORIGIN)) for answer in base.values()}
        depends = len(values) > 1
        without = next((answer for answer in base.values() if not varies_by_origin(answer)), None)
        if not depends or without is None:
            return
        named = next((answer for answer in base.values() if answer.values(ALLOW_ORIGIN)), without)
        message = (
            "Access-Control-Allow-Origin depends on the Origin. Without Vary: Origin on every response, a cache mixes them up."
        )
        remedy = "Add Vary: Origin to every response, also to those for other origins."
        self.say("vary-origin-missing", message, _line(named, ALLOW_ORIGIN), "warning", remedy)

    # Making it.

    def _made(self, trials: Trials, keywords: dict[str, Any]) -> Policy | None:
        """The policy, with what it cannot hold taken out, and said."""
        from corsense.policy import Policy, PolicyError

        keywords = {name: value for name, value in keywords.items() if value is not None and value is not False and value != []}
        for _ in range(12):
            try:
                return Policy(**keywords)
            except PolicyError as error:
                settled = [self._settle(fault, keywords, trials) for fault in error.faults]
                if not all(settled):
                    fault = error.faults[0]
                    self.say(
                        fault.slug, f"No policy can say this: {fault.message}", self._line_of(trials, fault.value), "warning"
                    )
                    return None
        return None

    def _settle(self, fault: Fault, keywords: dict[str, Any], trials: Trials) -> bool:
        """Change the keywords so that a fault is gone; False where that would change who is let in."""
        line = self._line_of(trials, fault.value)
        if fault.field in ("methods", "request_headers", "expose_headers"):
            values = keywords[fault.field]
            keywords[fault.field] = [value for value in values if value != fault.value]
            if fault.slug == "method-not-allowed":
                message = f"Access-Control-Allow-Methods: {fault.message}"
                self.say(fault.slug, message, line, "warning", fault.remedy)
            return len(keywords[fault.field]) < len(values)
        hatch = _HATCHES.get(fault.slug)
        if hatch is None or keywords.get(hatch):
            return False
        keywords[hatch] = True
        if fault.slug not in {remark.slug for remark in self.remarks} and not self._is_said(fault.slug):
            self.say(fault.slug, _sentence(fault.message), line, "error", _own_remedy(fault.remedy))
        return True

    def _is_said(self, slug: str) -> bool:
        said = {remark.slug for remark in self.remarks}
        also = {
            "regex-too-broad": {"regex-partial-match", "regex-unescaped-dot"},
            "wildcard-with-credentials": {"reflected-origin"},
        }
        return bool(also.get(slug, set()) & said)

    def _line_of(self, trials: Trials, value: object) -> Written:
        if isinstance(value, str):
            for one, line in trials.mentions.expressions.items():
                if one.pattern == value:
                    return line
            return trials.mentions.texts.get(value)
        return None


def origin_fault(value: str) -> Fault | None:
    """Why no browser sends an origin; None for one that a browser can send."""
    from corsense.faults import Fault
    from corsense.origin.spelling import read_pattern

    if not value or "," in value or " " in value:
        return Fault("origins", value, "invalid-cors-header", "It is not one origin.", "Write one origin.")
    read = read_pattern(value, "origins")
    if isinstance(read, Fault):
        return read
    if "*" in value:
        return Fault(
            "origins", value, "glob-in-origins", "Browsers compare it letter by letter.", "Compare the Origin with a list."
        )
    return None


def _exists(case: OriginCase) -> bool:
    """Whether a browser can send the origin of a case."""
    return case.text is None or case.text == "null" or origin_fault(case.text) is None


def _only_redirects(trials: Trials) -> bool:
    """Whether every request is sent elsewhere, such as to https: what is allowed is decided there."""
    statuses = [outcome.answer.status for outcome in _ordinary(trials)]
    return all(status is not None and 300 <= status < 400 for status in statuses)


def _ordinary(trials: Trials) -> Iterator[Outcome]:
    for case in trials.cases:
        yield trials.outcome(case, "GET")


def _concerns_cors(trials: Trials) -> bool:
    for case in trials.cases:
        for method in ("GET", "OPTIONS"):
            outcome = trials.outcome(case, method, is_preflight=method == "OPTIONS")
            if any(_is_cors(line) for line in outcome.answer.lines):
                return True
    return False


def _is_cors(line: HeaderLine) -> bool:
    return line.name.startswith("access-control-")


def _passes(answer: LayerAnswer) -> bool:
    return answer.status is not None and 200 <= answer.status < 300


def _differs(answer: LayerAnswer, base: LayerAnswer, case: OriginCase) -> bool:
    """Whether a page may read less of an answer than of the ordinary one."""
    return is_let_in(answer, case) != is_let_in(base, case) or has_credentials(answer, case) != has_credentials(base, case)


def _line(answer: LayerAnswer, name: str) -> Written:
    return next((line.line for line in answer.lines if line.name == name), answer.line)


def _shown(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _own_remedy(text: str) -> str:
    """A remedy without the keywords of a policy, which a proxy does not have."""
    return text.split(", or set ")[0].split("; or, ")[0].rstrip(".") + "."
