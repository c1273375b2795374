"""Opening a file: what it is, by its content, and who reads it."""

import hashlib
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final

from geo_service.errors import InvalidInput
from geo_service.imports.columns import Score
from geo_service.imports.sheets import read_csv, read_excel
from geo_service.imports.source import FileFormat, SourceTable
from geo_service.imports.vector import read_vector
from geo_service.wording import Sentence

HEAD: Final = 65_536
"""Bytes looked at to tell what a file is."""
LARGEST_UNPACKED: Final = 20 * 2**30
"""Most bytes that an archive may unpack to."""
LARGEST_RATIO: Final = 200
"""Times that an archive of over 1 GiB may grow: more is a trap, not data."""
SHAPE_PARTS: Final = frozenset({".shp", ".shx", ".dbf", ".prj", ".cpg", ".qpj"})
SHAPE_TABLES: Final = (".shp", ".shx", ".dbf")
MAGIC: Final = {
    b"SQLite format 3\x00": FileFormat.GEOPACKAGE,
    b"fgb\x03": FileFormat.FLATGEOBUF,
    b"\xd0\xcf\x11\xe0": FileFormat.EXCEL,
    b"PK": FileFormat.ZIP,
    b"\xff\xfe": FileFormat.CSV,
    b"\xfe\xff": FileFormat.CSV,
}
"""First bytes of a file to its format; the last two mark UTF-16."""
READABLE: Final = Sentence(
    "GML, GeoPackage, GeoJSON, Shapefile (auch als ZIP), FlatGeobuf, CSV und Excel (.xlsx, .xls, .ods)",
    "GML, GeoPackage, GeoJSON, shapefile (also zipped), FlatGeobuf, CSV and Excel (.xlsx, .xls, .ods)",
)
DATASETS: Final = frozenset(
    {".shp", ".gml", ".xml", ".gpkg", ".geojson", ".json", ".csv", ".txt", ".xlsx", ".xls", ".ods", ".fgb"}
)

SUFFIXES: Final = {
    FileFormat.GML: ".gml",
    FileFormat.GEOJSON: ".geojson",
    FileFormat.GEOPACKAGE: ".gpkg",
    FileFormat.FLATGEOBUF: ".fgb",
}

PROMISED: Final = {
    ".zip": FileFormat.ZIP,
    ".gpkg": FileFormat.GEOPACKAGE,
    ".fgb": FileFormat.FLATGEOBUF,
    ".xlsx": FileFormat.EXCEL,
    ".ods": FileFormat.EXCEL,
}
"""Endings of files that are never text; tables saved as ``.xls`` often are."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person said about how to read a file.

    Parameters
    ----------
    score
        Counts known headings: chooses between layers, sheets, separators and heading rows.
    layer
        Layer or sheet; None: the one with the best score.
    encoding
        Character encoding; None: found out.
    """

    score: Score
    layer: str | None = None
    encoding: str | None = None


def read_file(path: Path, choice: Choice) -> SourceTable:
    """Read a file, whatever its format, without writing anything beside it.

    Parameters
    ----------
    path
        The file.
    choice
        How to choose within it.

    Raises
    ------
    InvalidInput
        When there is no such file, or it cannot be read; says what would be.
    """
    file_format = recognise(path)
    with TemporaryDirectory(prefix="geo-import-") as folder:
        if file_format is FileFormat.ZIP:
            path, alone = _unpack(path, Path(folder), choice.layer)
            choice = choice if alone else replace(choice, layer=None)
            file_format = recognise(path)
        if file_format is FileFormat.CSV:
            table = read_csv(path, choice.score, choice.encoding)
        elif file_format is FileFormat.EXCEL:
            table = read_excel(path, choice.score, choice.layer)
        else:
            plain = _beside_nothing(path, Path(folder), file_format)
            table = read_vector(plain, file_format, choice.score, choice.layer, choice.encoding)
    if len(table) == 0:
        raise InvalidInput(
            Sentence(
                f"{path.name} enthält keine Zeilen. Ist es die richtige Datei, und ist sie vollständig?",
                f"{path.name} holds no rows. Is it the right file, and is its export complete?",
            )
        )
    return table


def content_hash(path: Path) -> str:
    """Return the SHA-256 of a file; of a shapefile, of all its parts."""
    digest = hashlib.sha256()
    for part in _parts(path):
        with part.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def recognise(path: Path) -> FileFormat:
    """Tell what a file is by its content.

    Raises
    ------
    InvalidInput
        When it cannot be opened, is empty, or is of a kind that is not read.
    """
    head = _head(path)
    if path.suffix.lower() in SHAPE_TABLES:
        return FileFormat.SHAPEFILE
    for magic, file_format in MAGIC.items():
        if head.startswith(magic):
            return _recognise_zip(path) if file_format is FileFormat.ZIP else file_format
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<"):
        _require_simple_gml(path, head)
        return FileFormat.GML
    if b"\x00" in head or head.startswith((b"%PDF", b"PAR1")):
        raise InvalidInput(
            Sentence(
                f"{path.name} ist keine lesbare Datei. Bekannt sind {READABLE.de}.",
                f"{path.name} is no file that can be read. Known are {READABLE.en}.",
            )
        )
    if text.startswith((b"{", b"[")):
        return FileFormat.GEOJSON
    _require_text_by_name(path)
    return FileFormat.CSV


def _require_text_by_name(path: Path) -> None:
    """Refuse text in a file whose name promises another format: a server's message, or its remains."""
    promised = PROMISED.get(path.suffix.lower())
    if promised is not None:
        raise InvalidInput(
            Sentence(
                f"{path.name} heißt nach {promised}, ist es aber nicht. Brach das Herunterladen ab, oder ist "
                "es eine Meldung des Servers? Bitte in einem Editor ansehen und dann neu holen.",
                f"{path.name} is no {promised} file, though its name says so. Was the download cut off, or "
                "is it a message of the server? Open it in an editor, then fetch it again.",
            )
        )


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except IsADirectoryError as error:
        raise InvalidInput(f"{path} is a folder. Name one file: {READABLE.en}.") from error
    except OSError as error:
        raise InvalidInput(f"{path} cannot be opened: {error.strerror}.") from error
    if not head.strip():
        raise InvalidInput(Sentence(f"{path.name} ist leer.", f"{path.name} is empty."))
    return head


def _recognise_zip(path: Path) -> FileFormat:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except zipfile.BadZipFile as error:
        raise InvalidInput(_damaged(path)) from error
    is_sheet = {"xl/workbook.xml", "xl/workbook.bin"} & names or {"mimetype", "content.xml"} <= names
    return FileFormat.EXCEL if is_sheet else FileFormat.ZIP


def _damaged(path: Path) -> Sentence:
    """Say that an archive cannot be opened, and what to do; tables of today are archives, too."""
    if path.suffix.lower() in {".xlsx", ".xls", ".ods"}:
        return Sentence(
            f"{path.name} ist beschädigt und lässt sich nicht als Tabelle öffnen. Bitte in Excel öffnen, "
            "noch einmal als .xlsx speichern und neu hochladen.",
            f"{path.name} is damaged and cannot be opened as a table. Open it in Excel, save it again as "
            ".xlsx, and upload it again.",
        )
    return Sentence(
        f"{path.name} ist ein beschädigtes Archiv. Bitte noch einmal packen oder herunterladen und neu "
        "hochladen.",
        f"{path.name} is a damaged archive. Pack or download it again, and upload it again.",
    )


def _require_simple_gml(path: Path, head: bytes) -> None:
    """Refuse XML that is not a plain feature collection, in words."""
    if b"OGRVRTDataSource" in head or b"<!ENTITY" in head:
        raise InvalidInput(
            Sentence(
                f"{path.name} verweist auf andere Dateien. Nötig ist die Datei mit den Daten selbst.",
                f"{path.name} refers to other files. Name the file that holds the data.",
            )
        )
    if b"http://www.adv-online.de/namespaces/adv/gid" in head and b"alkis-vereinfacht" not in head:
        raise InvalidInput(
            Sentence(
                f"{path.name} ist im Format NAS, das noch nicht gelesen wird: Bitte fordern Sie die "
                "Flurstücke im „ALKIS vereinfachtes Schema“ an (GML, Shape, GeoPackage oder GeoJSON).",
                f"{path.name} is in the format NAS. It is not read yet: please ask for the parcels in the "
                "'ALKIS vereinfachtes Schema' (GML, shape, GeoPackage or GeoJSON).",
            )
        )
    if b"http://www.xplanung.de/xplangml" in head:
        raise InvalidInput(
            Sentence(
                f"{path.name} ist im Format XPlanGML, das noch nicht gelesen wird: Bitte spielen Sie die "
                "Flächen als GeoPackage oder GeoJSON aus, eine Art je Datei.",
                f"{path.name} is in the format XPlanGML. It is not read yet: please export the areas as "
                "GeoPackage or GeoJSON, one kind to a file.",
            )
        )
    if b"ExceptionReport" in head:
        raise InvalidInput(
            Sentence(
                f"{path.name} ist eine Fehlermeldung des Dienstes, bei dem sie geholt wurde, keine Daten. "
                "Bitte in einem Editor lesen und den Dienst dann neu fragen.",
                f"{path.name} is an error message of the service that it was asked from, not data. Open it "
                "in an editor to read the message, then ask the service again.",
            )
        )
    if b"<html" in head.lower():
        raise InvalidInput(
            Sentence(
                f"{path.name} ist eine Webseite, keine Daten. Bitte laden Sie die Datei selbst herunter.",
                f"{path.name} is a web page, not data. Download the file itself.",
            )
        )


def _unpack(path: Path, folder: Path, layer: str | None) -> tuple[Path, bool]:
    """Unpack the one data file of an archive, with its parts, into a folder; tell whether there was no other.

    With several the layer names the file, else it names a layer within the file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir() and _is_data(info.filename)]
            chosen, alone = _choose_member(path, members, layer)
            stem = PurePosixPath(chosen.filename).with_suffix("")
            parts = [
                info
                for info in members
                if info is chosen
                or (
                    chosen.filename.lower().endswith(".shp")
                    and PurePosixPath(info.filename).with_suffix("") == stem
                    and PurePosixPath(info.filename).suffix.lower() in SHAPE_PARTS
                )
            ]
            _require_bearable(path, parts)
            for info in parts:
                target = folder / f"unpacked{PurePosixPath(info.filename).suffix.lower()}"
                with archive.open(info) as packed, target.open("wb") as file:
                    shutil.copyfileobj(packed, file)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise InvalidInput(
            Sentence(
                f"{path.name} lässt sich nicht entpacken: {error}.",
                f"{path.name} cannot be unpacked: {error}.",
            )
        ) from error
    return folder / f"unpacked{PurePosixPath(chosen.filename).suffix.lower()}", alone


def _is_data(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = path.name.startswith(".") or "__MACOSX" in path.parts
    return not hidden and path.suffix.lower() in DATASETS | SHAPE_PARTS


def _choose_member(
    path: Path, members: list[zipfile.ZipInfo], layer: str | None
) -> tuple[zipfile.ZipInfo, bool]:
    data = [info for info in members if PurePosixPath(info.filename).suffix.lower() in DATASETS]
    shapes = [info for info in data if info.filename.lower().endswith(".shp")]
    candidates = shapes or data
    if len(candidates) == 1:
        return candidates[0], True
    if layer is not None:
        candidates = [info for info in candidates if PurePosixPath(info.filename).stem == layer]
    if len(candidates) == 1:
        return candidates[0], False
    names = ", ".join(PurePosixPath(info.filename).stem for info in (shapes or data))
    if not names:
        raise InvalidInput(
            Sentence(
                f"{path.name} enthält keine lesbare Datei ({READABLE.de}).",
                f"{path.name} holds no file that can be read ({READABLE.en}).",
            )
        )
    raise InvalidInput(
        Sentence(
            f"{path.name} soll eine lesbare Datei enthalten ({READABLE.de}); darin sind: {names}. Sind es "
            "mehrere, nennen Sie eine als Ebene (auf der Befehlszeile: --layer NAME).",
            f"{path.name} must hold one file that can be read ({READABLE.en}); it holds: {names}. "
            "With several, say which: --layer NAME.",
        )
    )


def _require_bearable(path: Path, parts: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(info.file_size for info in parts)
    packed = max(sum(info.compress_size for info in parts), 1)
    if unpacked > LARGEST_UNPACKED or (unpacked > 2**30 and unpacked / packed > LARGEST_RATIO):
        gib = f"{unpacked / 2**30:.1f}"
        raise InvalidInput(
            Sentence(
                f"{path.name} wäre entpackt {gib.replace('.', ',')} GiB groß. Bitte entpacken Sie es selbst.",
                f"{path.name} would unpack to {gib} GiB. Please unpack it yourself.",
            )
        )


def _parts(path: Path) -> Iterator[Path]:
    """Yield a file, or all parts of a shapefile."""
    if path.suffix.lower() not in SHAPE_PARTS:
        yield path
        return
    for sibling in sorted(path.parent.glob("*")):
        if sibling.stem == path.stem and sibling.suffix.lower() in SHAPE_PARTS:
            yield sibling


def _beside_nothing(path: Path, folder: Path, file_format: FileFormat) -> Path:
    """Make the file known in an empty folder under a plain name.

    GDAL writes notes (.gfs) beside what it reads, takes stale ones for true, and has opinions about names
    with ``!`` and ``://``.
    """
    if file_format in SUFFIXES:
        link = folder / f"input{SUFFIXES[file_format]}"
        link.symlink_to(path.resolve())
        return link
    for part in _parts(path):
        (folder / f"input{part.suffix.lower()}").symlink_to(part.resolve())
    return folder / "input.shp"
