"""The key of this installation: made once, private, the same for all processes."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from geo_service.auth import keys
from geo_service.auth.keys import secret_key
from geo_service.errors import GeoServiceError
from geo_service.settings import Settings


def settings(home: Path, key: str | None = None) -> Settings:
    return Settings(home=home, secret_key=key)


def test_key_of_the_settings_wins(tmp_path: Path) -> None:
    assert secret_key(settings(tmp_path, "k" * 32)) == "k" * 32
    assert list(tmp_path.iterdir()) == []


def test_key_is_made_once_for_the_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "new home"
    first = secret_key(settings(home))
    assert len(first) >= 32
    assert secret_key(settings(home)) == first
    assert [path.name for path in home.iterdir()] == ["secret.key"]
    assert stat.S_IMODE((home / "secret.key").stat().st_mode) == 0o600


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda _: secret_key(settings(tmp_path)), range(64)))
    assert len(set(made)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_key_that_another_process_made_meanwhile_is_taken(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("made by another process")
    keys._make(tmp_path / "secret.key")
    assert secret_key(settings(tmp_path)) == "made by another process"


def test_home_that_cannot_be_used_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(GeoServiceError, match="GEO_SECRET_KEY"):
        secret_key(settings(tmp_path / "file"))
