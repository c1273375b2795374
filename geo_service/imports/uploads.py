"""Files that people send to be imported: kept beside the register until they are applied or thrown away."""

import json
import re
import secrets
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

from geo_service.errors import InvalidInput, NotFound, TooLarge
from geo_service.imports.catalogue import KINDS
from geo_service.imports.reading import Choice, read_file
from geo_service.imports.source import SourceTable
from geo_service.wording import Sentence

LARGEST_UPLOAD_BYTES: Final = 512 * 2**20
"""Larger files are imported by command. A choice of this service."""
KEPT_S: Final = 24 * 3600
"""What nobody applied within a day is thrown away."""
MOST_KEPT: Final = 5
"""Files that one person may have waiting."""
FOLDER: Final = "uploads"
TOKEN: Final = re.compile(r"[0-9a-f]{32}")
REJECTS: Final = "rejects.csv"
ABOUT: Final = "about.json"
LONGEST_NAME: Final = 80
BLOCK: Final = 2**20


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent.

    Parameters
    ----------
    token
        Names it in addresses; 32 hexadecimal digits that nobody can guess.
    folder
        Where it lies, with nothing but what belongs to it.
    file_name
        Its name, without what a path or a message could trip over.
    size
        Bytes.
    """

    token: str
    folder: Path
    file_name: str
    size: int

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / self.file_name

    @property
    def rejects(self) -> Path:
        """The reject file of the last check, if it refused rows."""
        return self.folder / REJECTS


def keep(home: Path, owner: str, file_name: str, content: BinaryIO) -> Upload:
    """Keep a file for its owner.

    Parameters
    ----------
    home
        ``GEO_HOME``.
    owner
        Who sent it: nobody else may see or apply it.
    file_name
        As the person's computer calls it.
    content
        What is in it.

    Raises
    ------
    InvalidInput
        When it is empty, or too many are waiting.
    TooLarge
        When it holds more than `LARGEST_UPLOAD_BYTES`.
    """
    sweep(home)
    if len(list(_of(home, owner))) >= MOST_KEPT:
        said = Sentence(
            f"{MOST_KEPT} Ihrer Dateien warten schon. Bitte zuerst eine davon übernehmen oder verwerfen.",
            f"{MOST_KEPT} of your files are waiting already. Apply or discard one of them first.",
        )
        raise InvalidInput(said, parameter="file")
    token = secrets.token_hex(16)
    upload = Upload(token, home / FOLDER / token, plain_name(file_name), 0)
    upload.folder.mkdir(parents=True, mode=0o700)
    try:
        size = _copy(content, upload.path)
        about = {"owner": owner, "file_name": upload.file_name, "size": size}
        (upload.folder / ABOUT).write_text(json.dumps(about), encoding="utf-8")
    except BaseException:
        shutil.rmtree(upload.folder, ignore_errors=True)
        raise
    return replace(upload, size=size)


def _copy(content: BinaryIO, path: Path) -> int:
    with path.open("wb") as file:
        while block := content.read(BLOCK):
            file.write(block)
            if file.tell() > LARGEST_UPLOAD_BYTES:
                most = LARGEST_UPLOAD_BYTES // 2**20
                raise TooLarge(
                    Sentence(
                        f"Hier darf eine Datei höchstens {most} MB groß sein. Größere bringt die "
                        "Befehlszeile ein: geo import.",
                        f"A file may hold at most {most} MB here. Import it by command: geo import.",
                    )
                )
        size = file.tell()
    if size == 0:
        said = Sentence(
            "Die Datei ist leer. Bitte eine mit Zeilen wählen.", "The file is empty. Choose one with rows."
        )
        raise InvalidInput(said, parameter="file")
    return size


def plain_name(file_name: str) -> str:
    """Return a file name that is safe in a folder: letters, digits, dots, dashes; its ending is kept."""
    last = re.split(r"[/\\]", file_name)[-1]
    plain = re.sub(r"[^\w.\-]+", "_", last, flags=re.ASCII).strip("._")[-LONGEST_NAME:].lstrip("._")
    return plain if plain and plain not in {REJECTS, ABOUT} else f"file_{plain}".rstrip("_")


def find(home: Path, owner: str, token: str) -> Upload:
    """Return a file that was sent.

    Raises
    ------
    NotFound
        When there is none, or it is somebody else's.
    """
    if TOKEN.fullmatch(token):
        for upload in _of(home, owner, [home / FOLDER / token]):
            return upload
    raise NotFound(
        Sentence(
            "Diese Datei liegt hier nicht (mehr). Bitte schicken Sie sie noch einmal.",
            "This file is not here (any more). Send it again.",
        )
    )


def discard(upload: Upload) -> None:
    """Throw a file away."""
    shutil.rmtree(upload.folder, ignore_errors=True)


def sweep(home: Path) -> None:
    """Throw away what nobody applied in time."""
    for folder in (home / FOLDER).glob("*"):
        if TOKEN.fullmatch(folder.name) and time.time() - folder.stat().st_mtime > KEPT_S:
            shutil.rmtree(folder, ignore_errors=True)


def _of(home: Path, owner: str, folders: Iterable[Path] | None = None) -> Iterable[Upload]:
    for folder in (home / FOLDER).glob("*") if folders is None else folders:
        try:
            about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        except FileNotFoundError:  # being written, or gone meanwhile
            continue
        if about["owner"] == owner:
            yield Upload(folder.name, folder, about["file_name"], about["size"])


def read_any(upload: Upload, layer: str | None) -> SourceTable:
    """Read a file of whatever kind: the layer that fits any kind best.

    Raises
    ------
    InvalidInput
        As `geo_service.imports.reading.read_file`.
    """
    scores = [kind.headings().score for kind in KINDS.values()]
    return read_file(
        upload.path, Choice(lambda headings: max(score(list(headings)) for score in scores), layer)
    )


def likely_kinds(headings: list[str]) -> list[str]:
    """Return the kinds of import in the order in which headings speak for them.

    First those of which no required column is missing, then by the number of columns named.
    """

    def doubt(name: str) -> tuple[bool, int]:
        known = KINDS[name].headings()
        found = {known.find(heading) for heading in headings}
        lacking = any(column.required and column.name not in found for column in known.columns)
        return lacking, -known.score(headings)

    return sorted(KINDS, key=doubt)
