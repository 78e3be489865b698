"""Fixtures and profiles of the whole suite."""

from __future__ import annotations

import os
from typing import Any, Callable

import pytest
from hypothesis import settings

from .interfaces import BY, Result

# Derandomized, so that a failure is of the change and not of the day; by hand:
# HYPOTHESIS_PROFILE=thorough.
settings.register_profile("default", deadline=None, derandomize=True, max_examples=150)
settings.register_profile("thorough", deadline=None, max_examples=100_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(params=sorted(BY))
def ask(request: Any) -> Callable[..., Result]:
    """Drive a request through one interface; each test runs on both."""
    return BY[request.param]
