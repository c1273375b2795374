"""What is asked of an import and what it answers: options, rejects, notices, report."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from sqlalchemy import Connection

from geo_service.wording import Sentence

Language = Literal["de", "en"]
LANG_HELP: Final = "Language of the reasons in the reject file and in --json: de or en."
"""The command line speaks English; what it hands on to others may be German."""
Progress = Callable[[str, float], None]
"""Progress callback: (what is being done, share done from 0 to 1)."""


def silent(what: str, share: float) -> None:
    """Show no progress."""


@dataclass(frozen=True, slots=True)
class Reject:
    """One reason why a row cannot be taken.

    Parameters
    ----------
    row
        Number of the row as a person sees it: line of a sheet (the heading counts), or feature from 1.
    key
        What names the row in the file; empty when it has no key.
    field
        Heading of the column in the file.
    value
        Value as it stands in the file, shortened.
    code
        Kind of reason, one word for programs, the same in every language.
    reason
        What is wrong and how to mend it.
    """

    row: int
    key: str
    field: str
    value: str
    code: str
    reason: Sentence

    def as_json(self, language: Language = "en") -> dict[str, Any]:
        """Return the reject as JSON members."""
        return {
            "row": self.row,
            "key": self.key,
            "field": self.field,
            "value": self.value,
            "code": self.code,
            "reason": getattr(self.reason, language),
        }


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a person should know about rows that are taken.

    Parameters
    ----------
    code
        Kind of notice, one word for programs.
    text
        What it is.
    count
        Number of rows that it is about; 0: the file as a whole.
    rows
        The first such rows, numbered as in `Reject`.
    """

    code: str
    text: Sentence
    count: int = 0
    rows: tuple[int, ...] = ()

    def as_json(self, language: Language = "en") -> dict[str, Any]:
        """Return the notice as JSON members."""
        return {
            "code": self.code,
            "text": getattr(self.text, language),
            "count": self.count,
            "rows": list(self.rows),
        }


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How a file is to be imported.

    Parameters
    ----------
    dry_run
        Check and compare only, write nothing.
    crs
        Coordinate system of the file, such as ``EPSG:25832``; wins over what the file says.
    allow_outside
        Take rows outside the city's area.
    columns
        Heading in the file to column of the service, where the headings are not known.
    layer
        Layer or sheet to read; else the one that fits best.
    encoding
        Character encoding of a text file or of a shapefile's table; else it is found out.
    source
        Origin of the records as shown to readers; else the kind's usual one.
    rejects
        File for the rejected rows (.csv, .gpkg, .geojson), written when there are any.
    corrected
        Reject file with corrected rows: they replace the rows of the same number.
    language
        Language of the reasons in the reject file.
    actor, request_id
        Who imports, and by which request, for the audit.
    progress
        Progress callback.
    edit
        What else must hold, for one record that a person changes; None: a file.
    """

    dry_run: bool = False
    crs: str | None = None
    allow_outside: bool = False
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    layer: str | None = None
    encoding: str | None = None
    source: str | None = None
    rejects: Path | None = None
    corrected: Path | None = None
    language: Language = "en"
    actor: str = "import"
    request_id: str = ""
    progress: Progress = silent
    edit: "Edit | None" = None


EDITED: Final = "edit.geojson"
"""Name under which one record that a person writes is recorded: it tells how fresh the register is."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One record that a person writes: what must hold in the same transaction, before and after.

    Parameters
    ----------
    before
        Called once nobody else writes records of the kind; raises when the record is not as it was read.
    after
        Called with the report before the transaction ends; raises when it did something else than was meant.
    """

    before: Callable[[Connection], None]
    after: "Callable[[ImportReport], None]"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or would do.

    Parameters
    ----------
    kind, file_name, content_hash
        What was imported; SHA-256 of the file.
    rows
        Rows in the file.
    new, changed, unchanged
        Accepted rows by what they are to the register. When rows were rejected this is what the others
        would be; nothing was written.
    rejected
        Rows with at least one reject.
    gone, gone_keys
        Records of the register that the file should hold and does not; the first of them. Never deleted.
        Not told when rows were rejected.
    changed_fields
        Column to the number of rows in which it changed.
    rejects, warnings
        Reasons in the order of the rows; notices.
    dry_run
        Nothing was to be written.
    written
        The transaction was committed with changes.
    """

    kind: str
    file_name: str
    content_hash: str
    rows: int
    new: int
    changed: int
    unchanged: int
    rejected: int
    gone: int
    gone_keys: tuple[str, ...]
    changed_fields: Mapping[str, int]
    rejects: tuple[Reject, ...]
    warnings: tuple[Notice, ...]
    dry_run: bool
    written: bool

    @property
    def ok(self) -> bool:
        """Whether the file was accepted as a whole."""
        return self.rejected == 0

    @property
    def counts(self) -> dict[str, int]:
        """The four counts that are kept with the run."""
        return {
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
        }

    def as_json(self, language: Language = "en") -> dict[str, Any]:
        """Return the report as a JSON object."""
        return {
            "kind": self.kind,
            "file": self.file_name,
            "content_hash": self.content_hash,
            "rows": self.rows,
            **self.counts,
            "gone": self.gone,
            "gone_keys": list(self.gone_keys),
            "changed_fields": dict(self.changed_fields),
            "rejects": [reject.as_json(language) for reject in self.rejects],
            "warnings": [notice.as_json(language) for notice in self.warnings],
            "dry_run": self.dry_run,
            "written": self.written,
        }
