"""Source text in, repaired source text out: the edits behind every diff that is offered.

`corsense.fix.edits` has one pure function for each kind of repair, `corsense.fix.edits.place` points at calls, arguments and
literals, and `corsense.fix.edits.diff` prints an edit. Only `corsense.fix.write` reads and writes files, and nothing imports the
program being edited; whether an edit cures the failing request is for the caller to prove by replaying it.

Edits splice text at positions given by the standard library's `ast`, so whatever is not spliced stays byte-identical by
construction: comments, blank lines, quotes, line ends and all. A concrete syntax tree would give the same guarantee for 380 ms of
import time. Importing this package costs nothing; its modules need the standard library only.
"""

from __future__ import annotations
