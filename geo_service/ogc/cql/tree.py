"""From the text of a filter to its tree; what a parser could choke on is refused before.

Source: OGC 21-065r2 (CQL2). The tree is that of CQL2-JSON, whichever language the filter is written in.
"""

import json
import re
from typing import Any, Final

import cql2

from geo_service.errors import BadParameter
from geo_service.wording import Sentence

Node = Any
"""A value of the tree: an object with ``op`` and ``args``, a property, a literal."""

LANGUAGES: Final = ("cql2-text", "cql2-json")
LONGEST, LONGEST_APART = 60_000, 4_000
"""Most characters of a filter, and without the corners of geometries: what the parser is given to nest."""
CORNERS: Final = re.compile(
    r"(?>-?\d{1,9}(?:\.\d{1,20})?\s++-?\d{1,9}(?:\.\d{1,20})?\s*+,\s*+)+"
    r"|(?>\[\s*+-?\d{1,9}(?:\.\d{1,20})?\s*+,\s*+-?\d{1,9}(?:\.\d{1,20})?\s*+\]\s*+,\s*+)+"
)
"""All but the last corner of a ring, as text and as JSON."""
MOST_PARENTHESES: Final = 50
MOST_NEGATIONS: Final = 100
"""The parser works recursively and ends the process when it is nested too deeply."""
DEEPEST: Final = 120
"""Levels of the tree: and/or chains are flat, so only arithmetic and nesting count."""


SPACE_IN_JSON: Final = re.compile(r'("(?:[^"\\]|\\.)*")|[^\S \n\r\t]')
EMPTY: Final = re.compile(r"(?:POINT|LINESTRING|POLYGON|GEOMETRYCOLLECTION)\s*Z?\s*EMPTY\b", re.IGNORECASE)
"""A literal geometry without a corner, MULTI... and parts included."""


def refuse(english: str, german: str, **more: Any) -> BadParameter:
    """Return the error for a filter that cannot be used, in both languages."""
    return BadParameter(Sentence(german, english), parameter="filter", **more)


def uncomputable(reason: str) -> BadParameter:
    """Return the error for a filter that the database cannot compute."""
    return refuse(
        f"The filter cannot be computed: {reason}.",
        "Die Bedingung lässt sich nicht ausrechnen, etwa weil eine Zahl darin zu groß wird.",
    )


def told(node: Node) -> str:
    """Return the start of a part of the tree as CQL2-JSON, to stand in a sentence."""
    return json.dumps(node, ensure_ascii=False)[:60]


def parse(text: str, language: str) -> Node:
    """Parse a filter.

    Raises
    ------
    BadParameter
        When it is not CQL2; the place is named where the parser knows it.
    """
    if len(text) > LONGEST or len(CORNERS.sub("", text)) > LONGEST_APART:
        raise refuse(
            f"The filter is longer than {LONGEST:,} characters, or {LONGEST_APART:,} without corners.",
            f"Die Bedingung ist länger als {LONGEST} Zeichen, oder als {LONGEST_APART} ohne die Ecken.",
        )
    if not text.strip():
        raise refuse(
            "The filter is empty. Write a condition, or leave the parameter out.",
            "Die Bedingung ist leer. Schreiben Sie eine, oder lassen Sie die Angabe weg.",
        )
    tree = _from_json(text) if language == "cql2-json" else _from_text(text)
    if _depth(tree) > DEEPEST:
        raise _too_deep()
    return tree


def _too_deep() -> BadParameter:
    return refuse(
        f"The filter is nested more than {DEEPEST} levels deep.",
        f"Die Bedingung ist tiefer als {DEEPEST} Stufen verschachtelt.",
    )


def _from_text(text: str) -> Node:
    outside = "".join(text.split("'")[::2])  # what is not between quotes
    if outside.count("(") > MOST_PARENTHESES or outside.lower().count("not") > MOST_NEGATIONS:
        raise refuse(
            f"The filter has more than {MOST_PARENTHESES} parentheses or {MOST_NEGATIONS} NOT.",
            f"Die Bedingung hat mehr als {MOST_PARENTHESES} Klammern oder {MOST_NEGATIONS} NOT.",
        )
    if EMPTY.search(outside):  # the parser raises a bare Exception for it
        raise refuse(
            "The filter is no CQL2 that can be used: a geometry of it is EMPTY.",
            "Mit dieser Bedingung lässt sich nichts finden: Eine Geometrie darin ist leer (EMPTY).",
        )
    try:
        return cql2.parse_text(text).to_json()
    except (cql2.ParseError, cql2.ValidationError, ValueError) as error:
        raise _unparsed(text, str(error)) from error


def _unparsed(text: str, message: str) -> BadParameter:
    """Say where a filter cannot be parsed."""
    head, *rest = message.strip().splitlines()
    expected = next((line.partition("= ")[2] for line in rest if line.strip().startswith("= ")), "")
    line, _, column = head.removeprefix("--> ").partition(":")
    if not (line.isdecimal() and column.isdecimal()):
        return refuse(f"The filter is no CQL2: {head[:200]}.", "Die Bedingung ist kein CQL2.")
    at = "".join(text.splitlines()[int(line) - 1 :][:1])[int(column) - 1 :][:30]
    place, stelle = (f"at {at!r}", f"bei „{at}“") if at else ("at its end", "am Ende")
    wanted = f"{expected[:1].upper()}{expected[1:200]}"
    return refuse(
        f"The filter is no CQL2: line {line}, column {column}, {place}. {wanted}.",
        f"Die Bedingung ist kein CQL2: Zeile {line}, Spalte {column}, {stelle}.",
    )


def _from_json(text: str) -> Node:
    try:
        tree = json.loads(_plain_spaces(text), parse_constant=_no_number)
        json.dumps(tree, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise refuse(
            r"The filter holds half a character: \ud800 to \udfff come in pairs.",
            r"Die Bedingung enthält ein halbes Zeichen: \ud800 bis \udfff stehen paarweise.",
        ) from error
    except json.JSONDecodeError as error:
        raise refuse(
            f"The filter is no JSON: line {error.lineno}, column {error.colno}: {error.msg}.",
            f"Die Bedingung ist kein JSON: Zeile {error.lineno}, Spalte {error.colno}.",
        ) from error
    except RecursionError as error:
        raise _too_deep() from error
    return tree


def _plain_spaces(text: str) -> str:
    """Return JSON with spaces of every width between its texts as the one that JSON knows."""
    return SPACE_IN_JSON.sub(lambda found: found[1] or " ", text)


def _no_number(text: str) -> None:
    raise refuse(f"The filter holds {text}, which is no number.", f"{text} in der Bedingung ist keine Zahl.")


def _depth(tree: Node) -> int:
    """Return the number of levels of a tree, without recursion."""
    deepest, open_ = 0, [(tree, 1)]
    while open_:
        node, level = open_.pop()
        deepest = max(deepest, level)
        inside = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        open_.extend((each, level + 1) for each in inside)
    return deepest
