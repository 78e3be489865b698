"""The public names as their users type them: read by type checkers, never run.

A line with ``type: ignore`` has to be an error to mypy and to pyright alike, for both
say so of one that is not needed.
"""
