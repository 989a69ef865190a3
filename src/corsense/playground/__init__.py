"""The playground: what is pasted into a page, answered there by what the commands run. It runs on Pyodide, in a worker of the
page, and never executes what is pasted.

`question` reads what the page sends and says what kind of input it is; `answering` runs what the command would run;
`pasted_request` judges a copied call by the headers of its answers; `written_policy` reads `Policy(...)` without running it;
`explained` and `drawing` draw the answers; `link` says what a link to an answer holds.
"""

from __future__ import annotations

from corsense.playground.answering import answer

__all__ = ["answer"]
