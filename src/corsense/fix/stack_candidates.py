"""The edits to try for the stack of layers: a CORS layer that is missing, there twice, in the wrong place, or written by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from corsense.app.description import AppDescription, AppInfo, LayerInfo
from corsense.diagnose.policies import LayerPolicy
from corsense.fetch.check import list_of_tokens
from corsense.fetch.safelist import SAFELISTED_METHODS
from corsense.finding import Place
from corsense.fix import edits
from corsense.fix.candidate import Candidate, Case, TextEdit, edited

OF_ERRORS = ("error-response-without-cors", "unhandled-exception")


BY_HAND = ("reflected-origin", "manual-cors-headers")


def merged_layers(case: Case, inner: LayerInfo) -> Iterator[Candidate]:
    """Make one layer of two, with what both allow."""
    layers = [layer for layer in case.app.cors_layers if layer.app == inner.app and layer.place is not None]
    outer = layers[0].place if layers else None
    place = inner.place
    if outer is None or place is None or outer.file != place.file or len(layers) != 2:
        return
    opens = LayerPolicy.of(inner).entries
    title = f"one CORS layer, at line {outer.line}, with the lists of both"
    yield Candidate(place, title, lambda text: edits.merge_cors_layers(text, outer.line, place.line), opens)


def origins_in_place_of_star(line: int, layer: LayerInfo, named: Sequence[str]) -> TextEdit:
    """The edit that names origins where `*` stands."""

    def apply(text: str) -> str | None:
        listed = edits.wildcard_to_origins(text, line, named)
        if listed is None or LayerPolicy.of(layer).credentials:
            return listed
        return edits.set_credentials(listed, line, True)

    return apply


def new_layer(case: Case) -> Iterator[Candidate]:
    """Add a CORS layer that allows what was requested, and no more."""
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


def layer_of_the_served_app(case: Case, place: Place) -> Iterator[Candidate]:
    """Add the layer of an app object that was replaced to the one that replaced it; else a layer of the app's own."""
    move = edited(edits.move_cors_to_later_app, place.line)
    title = "add CORSMiddleware to the app that is checked"
    yield Candidate(place, title, move, moves=True, proven_only=True, reveals=True)
    for added in new_layer(case):
        if added.place.file != place.file:
            yield added
        else:
            yield replace(added, apply=partial(_unless, move, added.apply))


def _unless(first: TextEdit, other: TextEdit, text: str) -> str | None:
    """What `other` makes of a text that `first` does not apply to."""
    return None if first(text) is not None else other(text)


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


def outermost_layer(case: Case) -> Iterator[Candidate]:
    """Make the CORS layer the outermost."""
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
    yield from installed_around(case)


def installed_around(case: Case) -> Iterator[Candidate]:
    """Put the layer around everything an app does, errors included."""
    layer = next((layer for layer in case.app.cors_layers if layer.position == "app" and layer.app == 0), None)
    if layer is None or layer.place is None:
        return
    place = layer.place
    guess = None if case.has_corsense else "the app will need corsense where it runs: pass --adopt"
    title = "install the CORS layer around everything, so that pages can read errors too"
    yield Candidate(place, title, lambda text: edits.install_layer(text, place.line), guess=guess, moves=True, proven_only=True)


def layer_out_of_startup(case: Case) -> Iterator[Candidate]:
    """Add the layer where the app is made, in place of its start-up code."""
    place, owner = case.finding.place, _owner(case.app)
    if place is None or owner is None or owner.place is None or owner.place.file != place.file:
        return
    app_line = owner.place.line
    title = "add the middleware where the app is made"
    apply = edited(edits.move_from_startup, place.line, app_line)
    yield Candidate(place, title, apply, moves=True, proven_only=True, reveals=True)


def no_options_handler(case: Case, place: Place) -> Iterator[Candidate]:
    """The handler removed, and a CORS layer added where there is none."""
    removed = edited(edits.remove_manual_options, place.line)
    if case.app.cors_layers:
        yield Candidate(place, "remove the OPTIONS handler", removed, proven_only=True)
        return
    for insertion in new_layer(case):
        title = f"{insertion.title}, in place of the OPTIONS handler"
        yield from both(insertion, title, place, removed)


def no_headers_by_hand(case: Case, place: Place) -> Iterator[Candidate]:
    """What sets the headers by hand removed, and a CORS layer added where there is none."""
    removed = edited(edits.remove_manual_cors, place.line)
    if case.app.cors_layers:
        yield Candidate(place, "let CORSMiddleware set the headers", removed, proven_only=True)
        return
    for insertion in new_layer(case):
        yield from both(insertion, f"{insertion.title}, in place of headers set by hand", place, removed)


def both(insertion: Candidate, title: str, place: Place, removed: TextEdit) -> Iterator[Candidate]:
    """An insertion together with a removal further down in the same file."""
    if insertion.place.file != place.file or insertion.place.line > place.line:
        return

    def replaced(text: str) -> str | None:
        without = removed(text)
        return None if without is None else insertion.apply(without)

    yield Candidate(insertion.place, title, replaced, insertion.opens, guess=insertion.guess, moves=True, proven_only=True)


def other_layers(slug: str, evidence: Mapping[str, object], place: Place) -> Iterator[Candidate]:
    """What to do about a layer, or a function, that is not a CORS layer."""
    line = place.line
    if slug == "duplicate-cors-headers":
        title = "let CORSMiddleware set the headers"
        yield Candidate(place, title, lambda text: edits.remove_manual_cors(text, line), proven_only=True)
    elif slug == "vary-origin-missing":
        yield Candidate(place, "add Vary: Origin", lambda text: edits.vary_by_origin(text, line))
    elif slug == "preflight-redirected":
        guess = "the redirect is gone wherever APP_ENV is not 'production'"
        title = "redirect to https only where APP_ENV is 'production'"
        yield Candidate(place, title, lambda text: edits.only_in_production(text, line), guess=guess, moves=True)
    elif slug == "redirect-loses-cors":
        guess = "the page gets {'url': ...} to call itself, instead of a redirect"
        title = "return the target URL instead of redirecting to another host"
        yield Candidate(place, title, lambda text: edits.address_instead_of_redirect(text, line), guess=guess)
    elif slug == "cookie-not-sent" and evidence.get("attribute", "same-site") == "same-site":
        given = {"same_site": '"none"', "https_only": "True"}
        guess = "requests from every site carry the cookie: protect what changes state against forgery"
        title = "let the session cookie cross sites: SameSite=None; Secure"
        yield Candidate(place, title, lambda text: edits.give_keywords(text, line, "SessionMiddleware", given), guess=guess)
