"""Every page is reStructuredText without a fault, and can be shown by an index."""

from __future__ import annotations

import pytest

from ..servers import ROOT

PAGES = [
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.rst", "docs/*.rst", "benchmarks/*.rst", "tests/*.rst")
    for path in sorted(ROOT.glob(pattern))
]
BY_TWINE = "it comes with twine"
WARNING = 2


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_no_fault(page: str) -> None:
    core = pytest.importorskip("docutils.core", reason=BY_TWINE)
    strict = {"report_level": WARNING, "halt_level": WARNING}

    core.publish_string((ROOT / page).read_text("utf-8"), settings_overrides=strict)


def test_a_package_index_can_show_the_readme() -> None:
    renderer = pytest.importorskip("readme_renderer.rst", reason=BY_TWINE)

    assert renderer.render((ROOT / "README.rst").read_text("utf-8"))
