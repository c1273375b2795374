"""The working folder of an import: removed when it ends, and by the next import where one was killed."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Final

PREFIX: Final = "gtfs-"
LOCK: Final = ".in-use"
"""File in the folder whose lock the process holds as long as it lives."""


@contextmanager
def working_folder() -> Iterator[Path]:
    """Make a folder for the time of an import; those of imports that were killed go first."""
    remove_abandoned()
    with TemporaryDirectory(prefix=PREFIX) as name:
        folder = Path(name)
        with (folder / f"{LOCK}.new").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            Path(lock.name).rename(folder / LOCK)  # there is never a lock file that nobody has locked yet
            yield folder


def remove_abandoned() -> None:
    """Remove working folders of this user whose process is no more."""
    for folder in Path(gettempdir()).glob(f"{PREFIX}*"):
        try:
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            with (folder / LOCK).open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # in use, none of ours, or just being removed
            continue
