"""`corsense fix`: propose repairs for findings, prove them on the app loaded with them, and write the files.

`candidates` lists the edits to try for a finding, `app` applies and proves them in rounds, `source` repairs source without an
app, `write` reads and writes the files. `edits` has one pure function for each kind of repair; `edits.place` finds calls,
arguments and literals, `edits.diff` prints an edit.

Edits splice text at positions given by the standard library's `ast`, so whatever is not spliced stays byte-identical by
construction: comments, blank lines, quotes, line ends and all. A concrete syntax tree would give the same guarantee for 380 ms of
import time. Importing this package costs nothing.
"""

from __future__ import annotations
