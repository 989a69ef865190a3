"""`corsense lsp`: the linter in editors."""

from __future__ import annotations

from corsense.cli.process import fail


def lsp() -> None:
    """Serve an editor over the Language Server Protocol on standard input and output: diagnostics of `corsense lint` as you type,
    hover with the page of the rule, edits that repair or silence a finding. docs/how-to/editors.md has the lines for editors.

    Needs `pip install 'corsense[lsp]'`.
    """
    try:
        from corsense.lsp.server import serve
    except ModuleNotFoundError as error:
        if error.name not in ("pygls", "lsprotocol"):
            raise
        fail("serving editors needs pygls, which is not installed; run: pip install 'corsense[lsp]'")
    serve()
