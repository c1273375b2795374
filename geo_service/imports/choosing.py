"""Which layer or sheet of a file is read: the one that fits, never one of several that fit alike."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from geo_service.errors import InvalidInput
from geo_service.imports.report import Notice
from geo_service.wording import Sentence

LAYERS: Final = (Sentence("Ebenen", "layers"), Sentence("die Ebene", "layer"))
SHEETS: Final = (Sentence("Blätter", "sheets"), Sentence("das Blatt", "sheet"))
"""What the parts of a file are called: several, and one."""
Called = tuple[Sentence, Sentence]


def best_part(scores: Mapping[str, int], rows: Callable[[str], int], called: Called) -> str:
    """Return the part of a file that has most known headings.

    Parameters
    ----------
    scores
        Name of each part to the number of its known headings.
    rows
        Counts the rows of a part; only asked where several parts fit alike.
    called
        What the parts are called.

    Raises
    ------
    InvalidInput
        When several parts with rows fit alike: reading one of them would lose the others.
    """
    most = max(scores.values())
    alike = [name for name, score in scores.items() if score == most]
    if most == 0 or len(alike) == 1:
        return alike[0]
    filled = {name: number for name in alike if (number := rows(name))}
    if len(filled) > 1:
        listed = Sentence.join(
            Sentence(f"{name} ({number} Zeilen)", f"{name} ({number} rows)")
            for name, number in filled.items()
        )
        said = Sentence(
            f"Die Datei hat {len(filled)} {called[0].de}, die gleich gut passen: {listed.de}. Bitte eine "
            "nennen (auf der Befehlszeile: --layer NAME) und die anderen ebenso einspielen.",
            f"The file has {len(filled)} {called[0].en} that fit alike: {listed.en}. Say which one: --layer "
            "NAME; import the others the same way.",
        )
        raise InvalidInput(said, parameter="layer")
    return next(iter(filled), alike[0])


def others_left(chosen: str, names: Sequence[str], called: Called) -> tuple[Notice, ...]:
    """Tell of the parts that are not read; nothing when there are none."""
    others = [name for name in names if name != chosen]
    if not others:
        return ()
    listed, one = ", ".join(others), called[1]
    text = Sentence(
        f"Gelesen wurde {one.de} {chosen}; die Datei hat weitere: {listed} (eine andere mit --layer NAME).",
        f"The {one.en} {chosen} was read; the file has others: {listed} (say --layer NAME for another one).",
    )
    return (Notice("layer", text),)
