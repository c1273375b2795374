"""The key that signs session cookies."""

import os
import secrets
from pathlib import Path

from geo_service.errors import GeoServiceError
from geo_service.settings import Settings

FILE_NAME = "secret.key"


def secret_key(settings: Settings) -> str:
    """Return ``GEO_SECRET_KEY``, or the key of this installation, made on first use (mode 0600).

    Processes that start at the same time agree on one key: the file appears complete, or not at all.

    Raises
    ------
    GeoServiceError
        When the key can be neither read nor made.
    """
    if settings.secret_key:
        return settings.secret_key
    path = settings.home / FILE_NAME
    try:
        if not path.exists():
            _make(path)
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise GeoServiceError(
            f"The key that signs sessions cannot be kept in {path} ({error.strerror}). Set GEO_SECRET_KEY."
        ) from error


def _make(path: Path) -> None:
    """Write a new key under another name, then link it to its place: the first process wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
        path.hardlink_to(draft)
    except FileExistsError:
        return  # another process was first
    finally:
        draft.unlink()
