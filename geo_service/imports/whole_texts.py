"""Keeping stored texts whole that a shapefile has cut off."""

from collections import defaultdict

import numpy as np
from sqlalchemy import Connection, String, Table

from geo_service.imports import queries
from geo_service.imports.dbf import TextField, kept_whole, may_be_cut
from geo_service.imports.draft import Draft
from geo_service.imports.kind import ImportKind


def keep_whole_texts(connection: Connection, kind: ImportKind, staging: Table, draft: Draft) -> None:
    """Let staged rows say the stored text where theirs is just that, cut off at the width of its field.

    Parameters
    ----------
    connection
        Connection in a transaction.
    kind
        What is imported.
    staging
        The accepted rows.
    draft
        The rows as read; it is told of those whose text is kept.
    """
    fields = {field.heading: field for field in draft.source.fields}
    cut = {
        name: fields[heading]
        for name, heading in draft.labels.items()
        if heading in fields and name in staging.columns and isinstance(staging.columns[name].type, String)
    }
    if not cut:
        return
    kept: dict[str, dict[int, str]] = defaultdict(dict)
    texts = {name: draft.cells[name].to_numpy(dtype=object) for name in cut}
    for row, *stored in connection.execute(queries.longer_texts(kind, staging, list(cut))).all():
        for (name, field), whole in zip(cut.items(), stored, strict=True):
            if whole is not None and whole != texts[name][row] and field.cut(whole) == texts[name][row]:
                kept[name][row] = whole
    for name, wholes in kept.items():
        connection.execute(queries.say_instead(staging, name, wholes))
        _tell(draft, cut[name], np.array(list(wholes), dtype=np.int64))


def _tell(draft: Draft, field: TextField, kept: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> None:
    """Tell those rows as kept that were told as perhaps cut off.

    Another thread may be telling of something else: notices are only added and taken out, one by one.
    """
    filled = field.filled(draft.source.text[field.heading])
    said, left = may_be_cut(field, filled), np.setdiff1d(filled, kept)
    if said in draft.notices:
        draft.notices.remove(said)
        if len(left):
            draft.notices.append(may_be_cut(field, left))
    draft.notices.append(kept_whole(field, kept))
