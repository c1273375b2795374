"""Rows to rules: contradictions that slipped past the database are named, not guessed at."""

from typing import Any, cast

import pytest

from geo_service.errors import Conflict
from geo_service.matching.service import Rows, rules_of


def row(kind: str, winner_id: int, premises_id: int) -> dict[str, Any]:
    return {"kind": kind, "winner_id": winner_id, "premises_id": premises_id}


def test_rules_of_rows() -> None:
    rules = rules_of(cast("Rows", [row("pinned", 1, 11), row("locked", 2, 12), row("forbidden", 1, 12)]))
    assert (dict(rules.pinned), dict(rules.locked), rules.forbidden) == (
        {1: 11},
        {2: 12},
        frozenset({(1, 12)}),
    )


def test_contradicting_rows_are_a_conflict() -> None:
    with pytest.raises(Conflict) as caught:
        rules_of(cast("Rows", [row("pinned", 1, 11), row("locked", 2, 11)]))
    assert caught.value.extra == {"code": "premises_fixed_twice", "winner_id": 2, "premises_id": 11}
