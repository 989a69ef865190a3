"""From the text of a browser's console to causes and fixes, by likelihood for a FastAPI backend. Pure."""

from __future__ import annotations

from corsense.explain.explanation import Explanation, Likelihood, LikelyCause, explain

__all__ = ["Explanation", "Likelihood", "LikelyCause", "explain"]
