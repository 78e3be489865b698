"""What only some interpreters promise."""

from __future__ import annotations

import sys

import pytest

counts_references = pytest.mark.skipif(
    sys.implementation.name != "cpython",
    reason="only CPython lets go of an object with the last reference to it",
)
