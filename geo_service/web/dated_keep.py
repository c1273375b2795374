"""Land of asked days, kept for the next who asks: in the process, and in files for the other processes."""

import json
import os
import tempfile
import zlib
from base64 import b64decode, b64encode
from collections import OrderedDict
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from maps.dated import DatedLand, DayTotal

MOST_KEPT: Final = 24
"""Days in a process, a byte per parcel each; twice as many as files."""

Key = tuple[date, bool]
"""The day, and whether it is for the public."""


@dataclass
class DatedKeep:
    """Land of days by state of the data.

    Parameters
    ----------
    folder
        Where the processes of one host leave it for each other; what cannot be read or written there is
        computed anew.
    """

    folder: Path
    _held: "OrderedDict[Key, tuple[str, DatedLand]]" = field(default_factory=OrderedDict)

    def find(self, version: str, key: Key) -> DatedLand | None:
        """Return the land of a day as of a state of the data, if any process computed it."""
        known = self._held.get(key)
        if known and known[0] == version:
            self._held.move_to_end(key)
            return known[1]
        with suppress(OSError, ValueError, zlib.error):
            land = _read(self._path(version, key).read_bytes())
            self._hold(version, key, land)
            return land
        return None

    def keep(self, version: str, key: Key, land: DatedLand) -> None:
        """Keep the land of a day; the oldest files go."""
        self._hold(version, key, land)
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(dir=self.folder)
            with os.fdopen(number, "wb") as file:
                file.write(_written(land))
            Path(name).replace(self._path(version, key))
            kept = sorted(self.folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
            for old in kept[2 * MOST_KEPT :]:
                old.unlink(missing_ok=True)

    def _hold(self, version: str, key: Key, land: DatedLand) -> None:
        self._held[key] = version, land
        self._held.move_to_end(key)
        while len(self._held) > MOST_KEPT:
            self._held.popitem(last=False)

    def _path(self, version: str, key: Key) -> Path:
        day, public = key
        return self.folder / f"{day}-{'public' if public else 'agency'}-{version}"


def _written(land: DatedLand) -> bytes:
    codes = b64encode(zlib.compress(land.codes)).decode("ascii")
    return json.dumps({**asdict(land), "day": land.day.isoformat(), "codes": codes}).encode()


def _read(content: bytes) -> DatedLand:
    found = json.loads(content)
    totals = tuple(DayTotal(**each) for each in found["totals"])
    codes = zlib.decompress(b64decode(found["codes"]))
    return DatedLand(date.fromisoformat(found["day"]), found["first_id"], codes, totals)
