"""Imports and refreshes of timetables and streets take turns: one writes, the others wait."""

from sqlalchemy import Connection

from geo_service.imports.report import Progress, silent
from geo_service.imports.writing import take_turn
from geo_service.transit import queries


def wait_for_turn(connection: Connection, progress: Progress = silent, share: float = 0.0) -> None:
    """Wait until no other import or refresh writes; until the end of the transaction none starts.

    Parameters
    ----------
    connection
        Connection in a transaction.
    progress
        Told when it has to wait.
    share
        Share of the work that is done.
    """
    take_turn(connection, (queries.lock_writing(), queries.wait_writing()), progress, share)
