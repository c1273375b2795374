"""Working folders of imports: of those that were killed the next one removes, of those that run none."""

import subprocess
import sys
from pathlib import Path

import pytest

from geo_service.transit import gtfs_folder

HOLD = """
import time
from geo_service.transit.gtfs_folder import working_folder
with working_folder() as folder:
    (folder / "stops.txt").write_text("x")
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


def test_folder_of_a_killed_import_goes_with_the_next(temporary: Path) -> None:
    other = temporary / "gtfs-feeds-of-somebody"
    other.mkdir()
    with subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        left = Path(process.stdout.readline().strip())
        assert left.parent == temporary
        with gtfs_folder.working_folder() as own:
            assert left.is_dir(), "its process is alive"
            assert own.is_dir()
        assert not own.exists()
        process.kill()
        process.wait()
    assert left.is_dir()
    with gtfs_folder.working_folder() as own:
        assert not left.exists()
        gtfs_folder.remove_abandoned()
        assert own.is_dir(), "in use"
    assert [path.name for path in temporary.iterdir()] == [other.name]
