"""One identity of the program: what workers share with their client, and what stored results name."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from geo_service.availability import identity as program


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The files that compute, in a folder where they can be changed."""
    for file in program.computing_files():
        shutil.copy(file, tmp_path)
    monkeypatch.setattr(program, "computing_files", lambda: sorted(tmp_path.iterdir()))
    program.identity.cache_clear()
    yield tmp_path
    program.identity.cache_clear()


@pytest.mark.parametrize("name", ["kernel.py", "categories.toml", "plan_spans.toml"])
def test_changed_code_or_rules_are_another_program_for_workers_and_stored_results(
    copied: Path, name: str
) -> None:
    before, digest = program.identity(), program.program_digest()
    with (copied / name).open("a") as file:
        file.write("\n# changed\n")
    program.identity.cache_clear()
    assert program.differences(before, program.identity()).startswith("geo_service is ")
    assert program.program_digest() != digest


def test_every_library_that_computes_is_named() -> None:
    assert {"geo_service", "shapely", "numpy", "pandas", "GEOS"} <= program.identity().keys()
    assert len(program.program_digest()) == 16
