"""Why an origin is not in a list: the nearest entry, and what keeps it from matching. Pure functions on strings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import translate

from corsense.diagnose.lists import joined_parts
from corsense.url import ParsedUrl, assumed_scheme, is_loopback_host, parse_url

_NEAR = 0.6
DEFAULT_PORTS = {"http": 80, "https": 443}

# From the surest likeness to the vaguest: of several entries, the one that comes first here was meant.
LIKENESS = (
    "joined-values",
    "env-split-without-strip",
    "origin-trailing-slash",
    "origin-default-port",
    "origin-not-normalised",
    "origin-has-path",
    "origin-without-scheme",
    "glob-in-origins",
    "regex-in-origins",
    "origin-scheme-mismatch",
    "origin-port-mismatch",
    "origin-host-mismatch",
    "origin-mismatch",
)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How an entry of a list of origins relates to the origin that a page sent.

    `slug` is the cause, `entry` the entry as written in the list (None when the list is empty), `meant` what should be
    there.
    """

    slug: str
    entry: str | None
    meant: str

    @property
    def is_slip(self) -> bool:
        """Whether the entry can only have been meant for this origin: correcting it opens nothing that was not asked for."""
        return self.slug in LIKENESS[: LIKENESS.index("glob-in-origins")]

    @property
    def is_near(self) -> bool:
        """Whether the entry is enough like the origin to be shown beside it."""
        if self.slug != "origin-mismatch":
            return True
        return self.entry is not None and _shared(self.meant, self.entry) >= _NEAR * max(len(self.meant), len(self.entry))


def nearest_entry(origin: str, entries: Iterable[str]) -> Likeness:
    """The entry that comes nearest to `origin`, none of which equals it, and the fault that keeps them apart."""
    found = [compare(origin, entry) for entry in entries]
    if not found:
        return Likeness("origin-mismatch", None, origin)
    return min(found, key=lambda likeness: (LIKENESS.index(likeness.slug), -_shared(origin, likeness.entry or "")))


def compare(origin: str, entry: str) -> Likeness:
    """The fault that keeps `entry`, as written in a list of origins, from equalling `origin`."""
    return Likeness(_fault(origin, entry), entry, origin)


def meant_origin(entry: str) -> str | None:
    """The origin that an entry of a list of origins was meant for, None when it names none (`*`, `null`, a regular
    expression)."""
    text = entry.strip().strip("\"'[] ").replace("://*.", "://app.").replace(":*", ":3000")
    if not text or text in ("*", "null") or re.search(r"[\\^$()|*]", text):
        return None
    if "://" not in text:
        text = f"{assumed_scheme(text)}://{text}"
    url = parse_url(text)
    if url is None or not url.host:
        return None
    if url.origin != "null":
        return url.origin
    return f"{url.scheme}://{url.host}" + (f":{url.port}" if url.port and url.port != DEFAULT_PORTS.get(url.scheme) else "")


def pattern_slug(entry: str) -> str | None:
    """Whether an entry of a list is a glob or a regular expression, which a list does not take; None for all other entries."""
    text = entry.strip().replace("[::1]", "")
    if text in ("", "*", "null") or joined_parts(entry):
        return None
    if re.search(r"[\\^$()\[\]{}|+?]|\.\*", text):
        return "regex-in-origins"
    return "glob-in-origins" if "*" in text else None


def pattern_remedy(entry: str) -> str:
    """What to write in place of a glob or a regular expression in a list."""
    scheme = entry.partition("://")[0]
    if scheme.endswith("-extension"):
        return f"List the extensions by their ids, {scheme}://<id>: each extension has an origin of its own."
    if pattern_slug(entry) == "regex-in-origins":
        return _expression_remedy(entry)
    preview = shared_preview(entry)
    if preview is not None:
        return (
            f"Anyone can register a name on {preview[1]}. If no one else can take one of this shape, allow exactly it: "
            f"allow_origin_regex=r'{preview[0]}'; else list the origins."
        )
    return "Express it as allow_origin_regex, with the dots escaped, or list the origins."


def _expression_remedy(entry: str) -> str:
    """What to write in place of a regular expression in a list: the argument, unless the expression lets other sites in."""
    from corsense.diagnose.regexes import regex_fault  # brings the automata along
    from corsense.origin.reach import shared_suffix

    fault = regex_fault(entry, credentials=True)
    if fault is None:
        return f"Write it as allow_origin_regex=r'{entry}'."
    shared = shared_suffix(entry)
    if shared is None or not fault.names_a_project:
        return "Write out the origins that it stands for: as allow_origin_regex it lets other sites in."
    return (
        f"Anyone can register a name on {shared[0]}. If no one else can take one of this shape, allow exactly it: "
        f"allow_origin_regex=r'{entry}'; else list the origins."
    )


def shared_preview(entry: str) -> tuple[str, str] | None:
    """For a glob over the previews of one project on a shared host (`https://shop-*-team.vercel.app`): the expression for exactly
    these, and the host. None for other entries."""
    match = re.fullmatch(r"(https)://([a-z0-9][a-z0-9-]*-)\*((?:-[a-z0-9-]+)?)\.([a-z0-9-]+(?:\.[a-z0-9-]+)+)", entry)
    if match is None:
        return None
    from corsense.sites import is_public_suffix  # its list takes long to load

    scheme, prefix, suffix, host = match.groups()
    if not is_public_suffix(host):
        return None
    return f"{scheme}://{prefix}[a-z0-9-]+{suffix}\\.{host.replace('.', chr(92) + '.')}", host


def _fault(origin: str, entry: str) -> str:
    if origin in joined_parts(entry):
        return "joined-values"
    if entry.strip().strip("\"'") == origin:
        return "env-split-without-strip"
    if entry.rstrip("/") == origin:
        return "origin-trailing-slash"
    if "*" in entry:
        return "glob-in-origins" if _glob_matches(entry, origin) else "origin-mismatch"
    if re.search(r"[\\^$()\[\]|+?]", entry.replace("[::1]", "")):
        return "regex-in-origins" if _regex_matches(entry, origin) else "origin-mismatch"
    page = parse_url(origin)
    if page is None or page.origin == "null":
        return "origin-not-normalised" if entry.lower() == origin.lower() else "origin-mismatch"
    if "://" not in entry:
        return "origin-without-scheme" if entry.rstrip("/").lower() in (_authority(page), page.host) else "origin-mismatch"
    return _fault_of_url(page, entry)


def _fault_of_url(page: ParsedUrl, entry: str) -> str:
    written = parse_url(entry)
    if written is None:
        return "origin-mismatch"
    if written.origin == page.origin:
        if re.fullmatch(r"[^:/]+://[^/?#]+", entry) is None:
            return "origin-has-path"
        explicit = f":{DEFAULT_PORTS.get(page.scheme)}"
        return "origin-default-port" if entry.lower().endswith(explicit) else "origin-not-normalised"
    if written.host == page.host:
        if written.scheme != page.scheme and _port(written) in (_port(page), DEFAULT_PORTS.get(written.scheme)):
            return "origin-scheme-mismatch"
        return "origin-port-mismatch" if written.scheme == page.scheme else "origin-mismatch"
    if (
        written.scheme == page.scheme
        and _port(written) == _port(page)
        and _is_this_machine(written.host)
        and _is_this_machine(page.host)
    ):
        return "origin-host-mismatch"
    return "origin-mismatch"


def _port(url: ParsedUrl) -> int | None:
    return url.port or DEFAULT_PORTS.get(url.scheme)


def _authority(url: ParsedUrl) -> str:
    return f"{url.host}:{url.port}" if url.port else url.host


def _is_this_machine(host: str) -> bool:
    return is_loopback_host(host) or host == "0.0.0.0"


def _glob_matches(entry: str, origin: str) -> bool:
    return re.fullmatch(translate(entry), origin) is not None


def _regex_matches(entry: str, origin: str) -> bool:
    try:
        return re.match(entry, origin) is not None
    except re.error:
        return False


def _shared(one: str, other: str) -> int:
    """How many characters two strings share at their ends: among equal faults, the entry most alike is shown."""
    head = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    tail = next((i for i, (a, b) in enumerate(zip(reversed(one), reversed(other), strict=False)) if a != b), 0)
    return head + tail
