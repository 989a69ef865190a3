"""Writes the parts of the documents that follow from the source, so that they cannot go stale."""
