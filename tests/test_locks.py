"""Advisory locks: one number, one purpose."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = re.compile(r"^(\w+_LOCK)\b[^=\n]*= ([\d_]+)$", re.MULTILINE)


def test_no_two_locks_have_the_same_number() -> None:
    found = [
        (path.name, name, int(number))
        for path in (ROOT / "geo_service").rglob("*.py")
        for name, number in LOCK.findall(path.read_text(encoding="utf-8"))
    ]
    assert {name for _, name, _ in found} >= {"REFRESH_LOCK", "KEEPER_LOCK", "IMPORT_LOCK"}
    numbers = Counter(number for _, _, number in found)
    assert [entry for entry in found if numbers[entry[2]] > 1] == []
