"""The edits to try for a finding on an app, the best first: each with what it opens, and whether it is a guess."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from corsense.app.description import AppDescription, AppInfo, LayerInfo
from corsense.check.results import Result
from corsense.diagnose.lists import joined_parts
from corsense.diagnose.origins import shared_preview
from corsense.diagnose.policies import LayerPolicy
from corsense.fetch.check import list_of_tokens
from corsense.fetch.safelist import SAFELISTED_METHODS
from corsense.finding import Finding, Place
from corsense.fix import edits
from corsense.origin.not_a_regex import Listed

TextEdit: TypeAlias = Callable[[str], str | None]


def edited(edit: Callable[..., str | None], *given: object) -> TextEdit:
    """The repair that hands a text to `edit`, and what was `given` with it."""
    return lambda text: edit(text, *given)


CORRECTED = frozenset(
    {"origin-trailing-slash", "origin-has-path", "origin-without-scheme", "origin-default-port", "origin-not-normalised",
     "env-split-without-strip"}
)  # fmt: skip
"""What is wrong with an entry that can only have been meant for one origin."""

_ADDED = ("origin-scheme-mismatch", "origin-port-mismatch", "origin-host-mismatch", "origin-mismatch")
_OF_ERRORS = ("error-response-without-cors", "unhandled-exception")
_BY_HAND = ("reflected-origin", "manual-cors-headers")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way to remove a cause: `apply` turns the text of the file of `place` into its repaired text, or None.

    - `opens`: origins, and `patterns` expressions, that may be let in by it; `shuts`: origins that the finding says are let in by
      mistake.
    - `guess`: why it is unsafe, as the end of a sentence; None for a safe one. A safe fix keeps every origin allowed that
      is listed for good reason, and lets in nobody but those named by the user or by the finding.
    - `moves`: it moves a statement; `proven_only`: it is safe only where the failing request can be replayed.
    - `closes`: it puts names in the place of a `*`, so that other pages lose their access on purpose.
    - `reveals`: it makes a policy count that the source has, and that had no effect so far.
    """

    place: Place
    title: str
    apply: TextEdit
    opens: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    shuts: tuple[str, ...] = ()
    guess: str | None = None
    moves: bool = False
    proven_only: bool = False
    reveals: bool = False
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A finding, the results it was made from, the app, and the origins that the user named: only these may gain access where a
    finding does not name one itself. `has_corsense`: the program depends on corsense already, or is to. `asked` are all results:
    what the pages want, whatever came of it. `with_credentials`: the user said that pages send them."""

    finding: Finding
    affected: Sequence[Result]
    app: AppDescription
    named: Sequence[str]
    has_corsense: bool = False
    asked: Sequence[Result] = ()
    with_credentials: bool = False

    @property
    def layer(self) -> LayerInfo | None:
        """The CORS layer that the finding points at."""
        return next((layer for layer in self.app.cors_layers if layer.place == self.finding.place), None)


def candidates(case: Case) -> Iterator[Candidate]:
    """The edits to try for a finding, the best first."""
    slug, place = case.finding.cause.slug, case.finding.place
    if slug in ("missing-cors-middleware", "mounted-app-without-cors", "redirect-slashes"):
        yield from _insertion(case)
    elif slug == "cors-not-outermost":
        yield from _reordering(case)
    elif slug in _OF_ERRORS:
        yield from _installation(case)
    elif slug == "middleware-added-after-startup":
        yield from _from_startup(case)
    elif place is None:
        return
    elif slug == "manual-options-handler":
        yield from _without_handler(case, place)
    elif slug in _BY_HAND:
        yield from _without_headers(case, place)
    elif "field" in case.finding.evidence:
        yield from _policy_repairs(slug, case.finding.evidence, place)
    elif case.layer is None:
        yield from _of_other_layers(slug, case.finding.evidence, place)
    else:
        yield from _argument_repairs(case, case.layer, place)


def _policy_repairs(slug: str, evidence: Mapping[str, object], place: Place) -> Iterator[Candidate]:
    """What to add to the list of a `Policy` of corsense's own that lacks something; `field` of the evidence is its name."""
    field = str(evidence["field"])
    wanted = {"methods": "method", "request_headers": "header", "origins": "sent"}.get(field)
    values = _values(evidence, wanted) if wanted is not None else []
    if values and "null" not in values:
        title = f"add {', '.join(map(repr, values))} to {field} of the policy"
        opens = tuple(values) if field == "origins" else ()
        yield Candidate(place, title, lambda text: edits.extend_policy(text, place.line, field, values), opens)


def _argument_repairs(case: Case, layer: LayerInfo, place: Place) -> Iterator[Candidate]:
    slug, evidence, line = case.finding.cause.slug, case.finding.evidence, place.line
    if slug.startswith("regex-") or slug == "public-suffix-origin":
        yield from _regex_repairs(case, layer, place)
    elif slug in CORRECTED or slug in _ADDED:
        yield from origin_repairs(slug, evidence, place)
    elif slug in ("wildcard-with-credentials", "null-origin", "insecure-origin-with-credentials", "duplicate-cors-middleware"):
        yield from _dangers(case, layer, place)
    elif slug == "credentials-not-allowed":
        opens = LayerPolicy.of(layer).entries
        title = "accept credentials from the listed origins"
        yield Candidate(place, title, lambda text: edits.set_credentials(text, line, True), opens)
    else:
        yield from plain_repairs(slug, evidence, place)


def origin_repairs(slug: str, evidence: Mapping[str, object], place: Place) -> Iterator[Candidate]:
    """What to do about an entry of a list that was meant for another origin."""
    sent, allowed, line = str(evidence.get("sent", "")), str(evidence.get("allowed", "")), place.line
    if slug in _ADDED and sent and sent != "null":
        title = f"add {sent!r} to the allowed origins"
        yield Candidate(place, title, lambda text: edits.add_origin(text, line, sent), (sent,))
        guess = "the list is made elsewhere, and may be meant to be the whole truth: better written there"
        yield Candidate(place, title, lambda text: edits.extend_origins(text, line, sent), (sent,), guess=guess)
        return
    if slug not in CORRECTED or not sent:
        return
    title = f"write {sent!r} in place of {allowed!r}"
    yield Candidate(place, title, lambda text: edits.replace_origin(text, line, allowed, sent), (sent,))
    if slug == "env-split-without-strip":
        title = "take the white space off the origins of the setting"
        yield Candidate(place, title, lambda text: edits.strip_origins(text, line), (sent,))
    if slug == "origin-trailing-slash":
        yield Candidate(place, "take the slash off the origins", lambda text: edits.unslash_origins(text, line), (sent,))
    if allowed.startswith(sent) and slug != "env-split-without-strip":
        tail = allowed[len(sent) :]
        guess = "the f-string loses that part wherever the app runs"
        yield Candidate(
            place, f"drop {tail!r} from the f-string", edited(edits.shorten_computed, line, tail), (sent,), guess=guess
        )


def plain_repairs(slug: str, evidence: Mapping[str, object], place: Place) -> Iterator[Candidate]:
    """What to do about arguments of the layer at `place` that are wrong whatever app they are given to."""
    allowed, line = str(evidence.get("allowed", evidence.get("value", ""))), place.line
    if slug == "origins-not-a-list":
        yield from _string_repairs(allowed, place)
    elif slug == "nested-origins":
        argument = str(evidence.get("argument", "allow_origins"))
        values = tuple(value for value in _values(evidence, "value") if "*" not in value)
        opens = values if argument == "allow_origins" else ()
        title = "unpack the list that stands inside the list"
        yield Candidate(place, title, edited(edits.unnest_list, line, argument), opens)
    elif slug == "origin-regex-not-a-string":
        listed = Listed.of(_values(evidence, "value"))
        title = "make allow_origins of the list" if listed.origins else "take the expression out of its list"
        yield Candidate(place, title, edited(edits.regex_out_of_list, line), listed.origins, listed.expressions, reveals=True)
        title = "write the expression as a string"
        yield Candidate(place, title, edited(edits.regex_of_text, line), (), tuple(_values(evidence, "value")), reveals=True)
    elif slug == "joined-values":
        argument = str(evidence.get("argument", "allow_origins"))
        values = joined_parts(allowed, argument)
        opens = tuple(value for value in values if "*" not in value) if argument == "allow_origins" else ()
        title = f"write {', '.join(map(repr, values))} in place of {allowed!r}"
        yield Candidate(place, title, edited(edits.split_joined, line, argument, allowed, values), opens)
        title = "split the one entry of the list at its commas"
        yield Candidate(place, title, edited(edits.split_only_entry, line, argument), opens)
    elif slug == "glob-in-origins":
        from corsense.fix.edits.patterns import glob_pattern

        title = f"express {allowed!r} as allow_origin_regex"
        pattern = glob_pattern(allowed)
        if pattern is not None:
            yield Candidate(place, title, lambda text: edits.glob_to_regex(text, line, allowed), patterns=(pattern,))
        elif (preview := shared_preview(allowed)) is not None:
            expression, host = preview
            guess = f"whoever can take a name of this shape on {host} is allowed too"
            apply = edited(edits.glob_to_expression, line, allowed, expression)
            yield Candidate(place, title, apply, patterns=(expression,), guess=guess)
    elif slug == "regex-in-origins":
        title = "move the expression to allow_origin_regex"
        yield Candidate(place, title, lambda text: edits.regex_in_list(text, line, allowed), patterns=(allowed,))
    elif slug == "method-not-allowed":
        methods = _values(evidence, "method")
        title = f"allow {', '.join(methods)}"
        yield Candidate(place, title, lambda text: _each(edits.add_method, text, line, methods))
    elif slug in ("header-not-allowed", "authorization-not-covered-by-wildcard"):
        yield from _header_repairs(slug, evidence, place)
    elif slug == "header-not-exposed":
        header = str(evidence.get("header", ""))
        yield Candidate(place, f"expose the header {header}", lambda text: edits.expose_header(text, line, header))
    elif slug == "unknown-keyword":
        from difflib import get_close_matches

        from corsense.policy.keywords import STARLETTE

        wrong = str(evidence.get("keyword", ""))
        near = get_close_matches(wrong, STARLETTE, 1)
        if near:
            title = f"write {near[0]} in place of {wrong}"
            yield Candidate(place, title, lambda text: edits.rename_keyword(text, line, wrong, near[0]), reveals=True)


def _string_repairs(value: str, place: Place) -> Iterator[Candidate]:
    """What to do about a string of origins in place of a list: as a literal, as JSON, as what a setting holds."""
    parts = joined_parts(value) or (value.strip(),)
    opens = tuple(part for part in parts if "*" not in part)
    yield Candidate(place, "make allow_origins a list", edited(edits.string_to_list, place.line), opens)
    for accessor in _accessors_at(place, value):
        title = f"read {accessor}, which makes a list of the string"
        yield Candidate(place, title, edited(edits.read_accessor, place.line, accessor), opens)
    if value.lstrip().startswith("["):
        yield Candidate(place, "read allow_origins as JSON", edited(edits.load_json, place.line), opens)
    else:
        title = "split the string of origins at its commas"
        yield Candidate(place, title, edited(edits.split_string, place.line), opens)


def _accessors_at(place: Place, held: str) -> list[str]:
    """The properties and methods of the settings at `place` that make a list of the string given as `allow_origins`."""
    from corsense.fix.accessors import accessors_at

    try:
        text = Path(place.file).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    return accessors_at(text, place.file, place.line, held)


def _header_repairs(slug: str, evidence: Mapping[str, object], place: Place) -> Iterator[Candidate]:
    headers = _values(evidence, "header") or (["Authorization"] if slug.startswith("authorization") else [])
    star = slug.startswith("authorization")

    def add(text: str, line: int, header: str) -> str | None:
        return edits.add_header(text, line, header, beside_star=star)

    if headers:
        title = f"allow the header {', '.join(headers)}"
        yield Candidate(place, title, lambda text: _each(add, text, place.line, headers))


def _regex_repairs(case: Case, layer: LayerInfo, place: Place) -> Iterator[Candidate]:
    slug, evidence = case.finding.cause.slug, case.finding.evidence
    if slug == "regex-in-origins":
        yield from plain_repairs(slug, evidence, place)
        return
    listed = [origin for origin in LayerPolicy.of(layer).entries if origin != "*"]
    yield from expression_repairs(slug, evidence, place, case.named, listed)


def expression_repairs(
    slug: str, evidence: Mapping[str, object], place: Place, user_named: Sequence[str], listed_origins: Sequence[str] = ()
) -> Iterator[Candidate]:
    """What to do about the `allow_origin_regex` of the layer at `place`."""
    from corsense.fix.edits.patterns import anchored, escaped_dots, meant_by_glob, tightened
    from corsense.origin.reach import shared_suffix

    line = place.line
    regex = str(evidence.get("value", evidence.get("allow_origin_regex", "")))
    meant = meant_by_glob(regex)
    if meant is not None and slug != "public-suffix-origin" and _is_tight(meant):
        title = f"write the expression that was meant: {meant}"
        yield Candidate(place, title, edited(edits.replace_regex, line, meant), patterns=(meant,))
    if slug == "regex-partial-match":
        whole = anchored(regex, str(evidence.get("sent", "")))
        if whole is not None and _is_tight(whole) and shared_suffix(whole) is None:
            title = f"let the expression match the whole origin: {whole}"
            yield Candidate(place, title, lambda text: edits.replace_regex(text, line, whole), patterns=(whole,))
        return
    if slug == "regex-unescaped-dot" and _is_tight(escaped_dots(regex)):
        yield Candidate(place, "escape the dots", lambda text: edits.escape_regex_dots(text, line))
    narrow = tightened(regex)
    if slug != "public-suffix-origin" and narrow is not None and _is_tight(narrow):
        title = f"keep the expression to its own site: {narrow}"
        yield Candidate(place, title, lambda text: edits.replace_regex(text, line, narrow))
    named = list(user_named or listed_origins)
    if named:
        guess = "pages that only the expression let in lose access"
        title = f"drop the expression, and name the origins: {', '.join(named)}"

        def listed(text: str) -> str | None:
            after = edits.regex_to_origins(text, line, named)
            return after if after is None else _each(edits.add_origin, after, line, user_named, always=True)

        yield Candidate(place, title, listed, tuple(named), guess=guess)


def _is_tight(pattern: str | None) -> bool:
    """Whether a repaired expression keeps to its own sites: a fix that leaves the hole open does not count."""
    from corsense.origin.reach import foreign_origin

    return pattern is not None and foreign_origin(pattern) is None


def _dangers(case: Case, layer: LayerInfo, place: Place) -> Iterator[Candidate]:
    slug, line = case.finding.cause.slug, place.line
    value = str(case.finding.evidence.get("value", ""))
    entries = LayerPolicy.of(layer).entries
    if slug == "wildcard-with-credentials":
        if case.named:
            origins = list(case.named)
            title = f"name the origins that may send cookies: {', '.join(origins)}"
            # Where no layer accepts credentials, the plain * may be meant for everybody.
            meant = LayerPolicy.of(layer).credentials or case.with_credentials
            guess = None if meant else "every other page loses its access; if the API is public, let the page omit credentials"
            apply = _named_origins(line, layer, origins)
            yield Candidate(place, title, apply, tuple(origins), guess=guess, closes=True)
    elif slug == "null-origin" and value == "null":
        yield Candidate(place, "take 'null' off the list", lambda text: edits.remove_origin(text, line, "null"), shuts=("null",))
    elif slug == "insecure-origin-with-credentials":
        secure = value.replace("http://", "https://", 1)
        if secure in entries:
            title = f"take {value!r} off the list: {secure!r} is on it"
            yield Candidate(place, title, lambda text: edits.remove_origin(text, line, value), shuts=(value,))
        else:
            guess = f"pages of {value} lose access"
            title = f"write {secure!r} in place of {value!r}"
            apply = edited(edits.replace_origin, line, value, secure)
            yield Candidate(place, title, apply, (secure,), shuts=(value,), guess=guess)
    elif slug == "duplicate-cors-middleware":
        yield from _merging(case, layer)


def _merging(case: Case, inner: LayerInfo) -> Iterator[Candidate]:
    layers = [layer for layer in case.app.cors_layers if layer.app == inner.app and layer.place is not None]
    outer = layers[0].place if layers else None
    place = inner.place
    if outer is None or place is None or outer.file != place.file or len(layers) != 2:
        return
    opens = LayerPolicy.of(inner).entries
    title = f"one CORS layer, at line {outer.line}, with the lists of both"
    yield Candidate(place, title, lambda text: edits.merge_cors_layers(text, outer.line, place.line), opens)


def _values(evidence: Mapping[str, object], name: str) -> list[str]:
    """One value called `name`, or those of the list in the plural."""
    several = evidence.get(f"{name}s")
    return [str(value) for value in several] if isinstance(several, list) else [str(evidence[name])] if name in evidence else []


def _each(
    edit: Callable[[str, int, str], str | None], text: str, line: int, values: Sequence[str], *, always: bool = False
) -> str | None:
    """The edit for each value, one after the other; None when none of them changes anything, unless `always`."""
    changed = always
    for value in values:
        after = edit(text, line, value)
        text, changed = (after, True) if after is not None else (text, changed)
    return text if changed else None


def _named_origins(line: int, layer: LayerInfo, named: Sequence[str]) -> TextEdit:
    def apply(text: str) -> str | None:
        listed = edits.wildcard_to_origins(text, line, named)
        if listed is None or LayerPolicy.of(layer).credentials:
            return listed
        return edits.set_credentials(listed, line, True)

    return apply


def _insertion(case: Case) -> Iterator[Candidate]:
    owner = _owner(case.app)
    if owner is None or owner.place is None:
        return
    place, variable = owner.place, owner.variable
    origins, methods, headers, credentials = _smallest_policy(case)
    if not origins:
        return
    yield Candidate(
        place,
        f"add CORSMiddleware for {', '.join(origins)}",
        lambda text: edits.insert_cors_middleware(
            text, place.line, variable, origins=origins, methods=methods, headers=headers, credentials=credentials
        ),
        tuple(origins),
    )


def _smallest_policy(case: Case) -> tuple[list[str], list[str], list[str], bool]:
    """Just what the affected requests need: origins, methods, request headers, credentials."""
    affected = case.affected or [result for result in case.asked if result.situation == "success"]
    origins = [origin for origin in case.named if origin != "null"]
    methods = sorted({result.method for result in affected} - {"HEAD"} | {"GET"})
    names: set[str] = set()
    for result in affected:
        for exchange in result.trace.exchanges:
            names |= set(list_of_tokens(exchange.request.header("access-control-request-headers")) or ())
    asks_first = bool(names) or bool(set(methods) - SAFELISTED_METHODS)
    credentials = any(result.credentials == "include" for result in affected)
    return origins, methods if asks_first and methods != ["GET"] else [], sorted(names - {"content-type"}), credentials


def _owner(app: AppDescription) -> AppInfo | None:
    """The app to repair: the outermost one."""
    return app.apps[0] if app.apps else None


def _reordering(case: Case) -> Iterator[Candidate]:
    place, cors_line = case.finding.place, case.finding.evidence.get("cors_line")
    if place is None or not isinstance(cors_line, int):
        return
    layers = case.app.layers
    outer = [layer for layer in layers if layer.place is not None and layer.place.file == place.file and not layer.is_cors]
    last = max((layer.place.line for layer in outer if layer.place is not None), default=place.line)
    here = Place(place.file, cors_line)
    for target in dict.fromkeys((last, place.line)):
        title = "add CORSMiddleware last, so that it is outermost"
        yield Candidate(here, title, edited(edits.move_cors_outermost, cors_line, target), moves=True, proven_only=True)
    title = "put CORSMiddleware around the whole"
    apply = edited(edits.wrap_with_cors, cors_line, place.line)
    yield Candidate(here, title, apply, moves=True, proven_only=True)
    yield from _installation(case)


def _installation(case: Case) -> Iterator[Candidate]:
    layer = next((layer for layer in case.app.cors_layers if layer.position == "app" and layer.app == 0), None)
    if layer is None or layer.place is None:
        return
    place = layer.place
    guess = None if case.has_corsense else "the app will need corsense where it runs: say --adopt"
    title = "install the CORS layer around everything, so that pages can read errors too"
    yield Candidate(place, title, lambda text: edits.install_layer(text, place.line), guess=guess, moves=True, proven_only=True)


def _from_startup(case: Case) -> Iterator[Candidate]:
    place, owner = case.finding.place, _owner(case.app)
    if place is None or owner is None or owner.place is None or owner.place.file != place.file:
        return
    app_line = owner.place.line
    title = "add the middleware where the app is made"
    apply = edited(edits.move_from_startup, place.line, app_line)
    yield Candidate(place, title, apply, moves=True, proven_only=True, reveals=True)


def _without_handler(case: Case, place: Place) -> Iterator[Candidate]:
    """The handler taken out, and a CORS layer in its stead where there is none."""
    removed = edited(edits.remove_manual_options, place.line)
    if case.app.cors_layers:
        yield Candidate(place, "remove the OPTIONS handler", removed, proven_only=True)
        return
    for insertion in _insertion(case):
        title = f"{insertion.title}, in place of the OPTIONS handler"
        yield from _both(insertion, title, place, removed)


def _without_headers(case: Case, place: Place) -> Iterator[Candidate]:
    """What sets the headers by hand taken out, and a CORS layer in its stead where there is none."""
    removed = edited(edits.remove_manual_cors, place.line)
    if case.app.cors_layers:
        yield Candidate(place, "leave the headers to CORSMiddleware", removed, proven_only=True)
        return
    for insertion in _insertion(case):
        yield from _both(insertion, f"{insertion.title}, in place of headers set by hand", place, removed)


def _both(insertion: Candidate, title: str, place: Place, removed: TextEdit) -> Iterator[Candidate]:
    """An insertion together with a removal further down in the same file."""
    if insertion.place.file != place.file or insertion.place.line > place.line:
        return

    def replaced(text: str) -> str | None:
        without = removed(text)
        return None if without is None else insertion.apply(without)

    yield Candidate(insertion.place, title, replaced, insertion.opens, guess=insertion.guess, moves=True, proven_only=True)


def _of_other_layers(slug: str, evidence: Mapping[str, object], place: Place) -> Iterator[Candidate]:
    """What to do about a layer, or a function, that is no CORS layer."""
    line = place.line
    if slug == "duplicate-cors-headers":
        title = "leave the headers to CORSMiddleware"
        yield Candidate(place, title, lambda text: edits.remove_manual_cors(text, line), proven_only=True)
    elif slug == "vary-origin-missing":
        yield Candidate(place, "say Vary: Origin", lambda text: edits.vary_by_origin(text, line))
    elif slug == "preflight-redirected":
        guess = "the redirect is gone wherever APP_ENV is not 'production'"
        title = "redirect to https only where APP_ENV is 'production'"
        yield Candidate(place, title, lambda text: edits.only_in_production(text, line), guess=guess, moves=True)
    elif slug == "redirect-loses-cors":
        guess = "the page gets {'url': ...} to call by itself, in place of a redirect"
        title = "say where to go in place of redirecting to another host"
        yield Candidate(place, title, lambda text: edits.address_instead_of_redirect(text, line), guess=guess)
    elif slug == "cookie-not-sent" and evidence.get("attribute", "same-site") == "same-site":
        given = {"same_site": '"none"', "https_only": "True"}
        guess = "the cookie goes with requests of every site: guard what changes state against forgery"
        title = "let the session cookie cross sites: SameSite=None; Secure"
        yield Candidate(place, title, lambda text: edits.give_keywords(text, line, "SessionMiddleware", given), guess=guess)
