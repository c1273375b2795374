"""Open a GTFS feed, zipped or as a folder, without trusting it: sizes, names, encoding, header lines."""

import codecs
import csv
import hashlib
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import IncrementalNewlineDecoder
from pathlib import Path, PurePosixPath
from typing import IO, Final, TextIO

from geo_service.errors import ImportRejected
from geo_service.transit.gtfs_folder import working_folder

MAX_BYTES: Final = 8_000_000_000
"""Largest feed that is unpacked, bytes of all files read together."""
MAX_RATIO: Final = 100
"""Largest compression ratio of a file above `RATIO_FREE_BYTES`; timetables reach about 20."""
RATIO_FREE_BYTES: Final = 10_000_000
"""Files up to this size are unpacked whatever their ratio, bytes."""
MAX_MEMBERS: Final = 1_000
"""Largest number of entries of a zip file."""
CHUNK_BYTES: Final = 1 << 20
"""Bytes handled at once while unpacking."""
DAMAGED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    NotImplementedError,
    EOFError,
)
"""What Python raises for a zip file that it cannot read."""
LONGEST_FIELD: Final = 1 << 30
"""Characters of a field up to which the faulty row of a file is looked for."""

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "agency.txt": (),
    "stops.txt": ("stop_id", "stop_lat", "stop_lon"),
    "routes.txt": ("route_id", "route_type"),
    "trips.txt": ("trip_id", "route_id", "service_id"),
    "stop_times.txt": ("trip_id", "stop_id", "stop_sequence", "departure_time"),
    "calendar.txt": (
        *("service_id", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        *("start_date", "end_date"),
    ),
    "calendar_dates.txt": ("service_id", "date", "exception_type"),
    "frequencies.txt": ("trip_id", "start_time", "end_time", "headway_secs"),
    "transfers.txt": (),
    "feed_info.txt": (),
}
"""Files that are read, with the columns that they must have (Source: GTFS Schedule Reference, gtfs.org)."""
REQUIRED_FILES: Final = ("stops.txt", "routes.txt", "trips.txt", "stop_times.txt")
CALENDAR_FILES: Final = ("calendar.txt", "calendar_dates.txt")


@dataclass(frozen=True)
class Table:
    """One text file of the feed, UTF-8, with its header.

    Parameters
    ----------
    path
        File on disk.
    columns
        Names in the header line, in order.
    """

    path: Path
    columns: tuple[str, ...]


@dataclass(frozen=True)
class FeedFiles:
    """The files of a feed on disk.

    Parameters
    ----------
    tables
        File name, such as ``stops.txt``, to its table.
    content_hash
        SHA-256 of the zip file, or of names and contents of a folder's files.
    warnings
        Repairs made while opening.
    folder
        Place for working files, removed when the feed is closed.
    """

    tables: dict[str, Table]
    content_hash: str
    warnings: tuple[str, ...]
    folder: Path


def refused(what: str, mend: str, *, file: str, field: str = "", row: int | None = None) -> ImportRejected:
    """Make the error that names file, field and row (the header is row 1) and says how to mend it."""
    place = file + (f", field {field}" if field else "") + (f", row {row}" if row else "")
    return ImportRejected(f"{place}: {what} {mend}", file=file, field=field or None, row=row or None)


@contextmanager
def open_feed(path: Path) -> Iterator[FeedFiles]:
    """Unpack a feed into a temporary folder and check that it can be a feed at all.

    Parameters
    ----------
    path
        A GTFS zip file, or a folder with its text files.

    Raises
    ------
    ImportRejected
        When it is no feed: missing, no zip, too large when unpacked, a required file or column missing.
    """
    _require(path)
    with working_folder() as folder:
        warnings: list[str] = []
        if path.is_dir():
            digest = _copy_folder(path, folder, warnings)
        else:
            digest = _file_hash(path)
            _unpack(path, folder, warnings)
        tables = _check_tables(folder, path.name)
        yield FeedFiles(tables, digest, tuple(warnings), folder)


def content_hash(path: Path) -> str:
    """Return the SHA-256 of a feed without unpacking it.

    Raises
    ------
    ImportRejected
        When there is no such file or folder.
    """
    _require(path)
    if path.is_dir():
        digest = hashlib.sha256()
        for name, file in sorted(_folder_files(path).items()):
            digest.update(f"{name}:{_file_hash(file)};".encode())
        return digest.hexdigest()
    return _file_hash(path)


def _require(path: Path) -> None:
    if not path.exists():
        raise ImportRejected(f"{path} does not exist. Give the path of a GTFS zip file or folder.")


def _file_hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _folder_files(path: Path) -> dict[str, Path]:
    return {name: path / name for name in COLUMNS if (path / name).is_file()}


def _copy_folder(path: Path, folder: Path, warnings: list[str]) -> str:
    files = _folder_files(path)
    if sum(file.stat().st_size for file in files.values()) > MAX_BYTES:
        raise _too_large(path.name)
    for name, file in files.items():
        with file.open("rb") as stream:
            _write_utf8(stream, folder / name, warnings)
    return content_hash(path)


def _unpack(path: Path, folder: Path, warnings: list[str]) -> None:
    """Write the files that are read to the folder, within the limits."""
    try:
        with zipfile.ZipFile(path) as archive:
            for name, entry in _members(archive, path.name).items():
                with archive.open(entry) as stream:
                    _write_utf8(stream, folder / name, warnings)
    except (*DAMAGED, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the disk; bz2 raises one without a number for data that it cannot read
        raise ImportRejected(
            f"{path.name} is not a readable zip file ({error}). Download the feed again, or unpack it and "
            "give the folder.",
            file=path.name,
        ) from error


def _members(archive: zipfile.ZipFile, name: str) -> dict[str, zipfile.ZipInfo]:
    """Return the entries to read by file name, after checking what the zip's directory promises.

    Python's zipfile never unpacks more of an entry than the directory says.
    """
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MAX_MEMBERS:
        raise ImportRejected(f"{name} holds {len(entries)} files; a GTFS feed has about 15.", file=name)
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        member = PurePosixPath(entry.filename)
        if member.name not in COLUMNS or "__MACOSX" in member.parts:
            continue
        if member.name in found:
            raise refused("is in the zip file twice.", "Remove one of them.", file=member.name)
        if entry.flag_bits & 1:
            raise refused("is encrypted.", "Give a zip file without a password.", file=member.name)
        ratio = entry.file_size / max(entry.compress_size, 1)
        if entry.file_size > RATIO_FREE_BYTES and ratio > MAX_RATIO:
            raise ImportRejected(
                f"{member.name} grows {ratio:,.0f}-fold when unpacked (limit {MAX_RATIO}): this looks like a "
                "zip bomb, not a timetable. If the feed is sound, unpack it and give the folder.",
                file=member.name,
            )
        found[member.name] = entry
    if sum(entry.file_size for entry in found.values()) > MAX_BYTES:
        raise _too_large(name)
    return found


def _too_large(name: str) -> ImportRejected:
    return ImportRejected(
        f"{name} is larger than {MAX_BYTES / 1e9:.0f} GB when unpacked. Cut it to your region first.",
        file=name,
    )


def _write_utf8(stream: IO[bytes], target: Path, warnings: list[str]) -> None:
    """Copy a file as UTF-8 without byte order mark; other encodings are read as Windows-1252."""
    with target.open("wb") as output:
        if _transcode(stream, output, "utf-8"):
            return
    stream.seek(0)
    with target.open("wb") as output:
        _transcode(stream, output, "cp1252")
    warnings.append(f"{target.name} is not UTF-8 and was read as Windows-1252.")


def _transcode(stream: IO[bytes], output: IO[bytes], encoding: str) -> bool:
    """Copy a stream as UTF-8 with plain line ends; False when the encoding does not fit."""
    plain = codecs.getincrementaldecoder(encoding)("strict" if encoding == "utf-8" else "replace")
    decoder = IncrementalNewlineDecoder(plain, translate=True)
    first = True
    while chunk := stream.read(CHUNK_BYTES):
        if first:
            chunk, first = chunk.removeprefix(codecs.BOM_UTF8), False
        try:
            output.write(decoder.decode(chunk).replace("\x00", "").encode())
        except UnicodeDecodeError:
            return False
    try:
        output.write(decoder.decode(b"", final=True).encode())
    except UnicodeDecodeError:
        return False
    return True


def _check_tables(folder: Path, name: str) -> dict[str, Table]:
    """Read the header lines and refuse a feed that lacks a file or a column."""
    present = {file: folder / file for file in COLUMNS if (folder / file).is_file()}
    missing = [file for file in REQUIRED_FILES if file not in present]
    if not any(file in present for file in CALENDAR_FILES):
        missing.append(" or ".join(CALENDAR_FILES))
    if missing:
        raise ImportRejected(
            f"{name} lacks {', '.join(missing)}. A GTFS feed needs {', '.join(REQUIRED_FILES)} and a "
            "calendar: ask the publisher for the complete feed.",
            file=missing[0],
        )
    return {file: Table(path, _header(path)) for file, path in present.items()}


def _header(path: Path) -> tuple[str, ...]:
    """Return the column names of a file, checked."""
    with path.open(encoding="utf-8", newline="") as stream:
        columns = tuple(column.strip() for column in next(csv_rows(stream), []))
    if not columns:
        raise refused("the file is empty.", "Ask the publisher for the complete feed.", file=path.name)
    for field in COLUMNS[path.name]:
        if field not in columns:
            raise refused(
                f"the column is missing (found: {', '.join(columns)[:200]}).",
                "Columns are named in the first line and separated by commas.",
                file=path.name,
                field=field,
                row=1,
            )
    twice = next((column for column in columns if column and columns.count(column) > 1), None)
    if twice:
        raise refused("the column is there twice.", "Remove one of them.", file=path.name, field=twice, row=1)
    return columns


def csv_rows(stream: TextIO) -> Iterator[list[str]]:
    """Read rows separated by commas, however long their fields."""
    csv.field_size_limit(LONGEST_FIELD)
    return csv.reader(stream)
