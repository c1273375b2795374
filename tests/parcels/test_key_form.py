"""The form of a parcel's key as the database checks it: every key that is one, and nothing else."""

from itertools import product

from sqlalchemy import Connection, text

DIGITS = "0123456789"
PARTS = ((6, False), (3, True), (5, False), (4, True), (2, True))
"""Characters of the parts of a key, and whether a part may be blank: AdV, Flurstückskennzeichen."""
ODD = ["_", "a", "-", " ", "\n", "٣", "３", "²", "%", ""]


def is_key(key: str) -> bool:
    """Read a key part by part: the oracle."""
    at = 0
    for length, may_be_blank in PARTS:
        part, at = key[at : at + length], at + length
        blank = may_be_blank and part == "_" * length
        if len(part) != length or not (blank or set(part) <= set(DIGITS)):
            return False
    return at == len(key)


def candidates() -> list[str]:
    """Keys of all eight forms, and each of them with any character changed, doubled or left out."""
    forms = [
        "".join(
            "_" * length if blank else (DIGITS[start:] + DIGITS)[:length]
            for (length, _), blank in zip(PARTS, blanks, strict=True)
        )
        for blanks in product(*([False, True] if optional else [False] for _, optional in PARTS))
        for start in range(10)
    ]
    spoilt = (
        f"{key[:at]}{odd}{key[at + 1 :]}" for key in forms for at in range(len(key)) for odd in [*ODD, "47"]
    )
    around = (f"{before}{key}{after}" for key in forms for before, after in product(["", *ODD], repeat=2))
    return sorted({*forms, *spoilt, *around, "", "_" * 20, "1" * 19, "1" * 21})


def test_the_database_takes_every_key_and_nothing_else(connection: Connection) -> None:
    rule = connection.execute(
        text(
            "SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint"
            " WHERE conname = 'ck_parcels_parcel_key_form'"
        )
    ).scalar_one()
    keys = candidates()
    rows = connection.execute(
        text(f"SELECT parcel_key, {rule} FROM unnest(CAST(:keys AS text[])) AS keys (parcel_key)"),
        {"keys": keys},
    ).all()
    assert [key for key, taken in rows if taken != is_key(key)] == []
    assert sum(taken for _, taken in rows) >= 80  # ten of each form
    assert sum(not taken for _, taken in rows) > 5_000
