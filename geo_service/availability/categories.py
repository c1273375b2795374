"""What a parcel is and what it might become: rules as data, the first that fits decides and is named.

Pure: frames in and out. The rules stand in ``data/availability/categories.toml`` with their words and
sources.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo_service.errors import InvalidInput
from geo_service.wording import Sentence

QUESTIONS: Final = ("category", "ground", "potential_use", "target_group")
"""What is asked of each parcel, in this order."""
CATEGORIES: Final = ("gap", "brownfield", "company_reserve", "fnp_reserve", "vacant", "in_use", "unknown")
"""Baulücke, Brachfläche, betriebsgebundene Reserve, FNP-Reserve, unbebaut, in Nutzung, nicht bekannt."""
OFFERED: Final = ("gap", "brownfield", "company_reserve", "fnp_reserve", "vacant")
"""Categories of land that is offered: idle, or held in reserve. What is in use, or of which nothing is known,
is counted apart (docs/decisions/0015)."""
APART: Final = tuple(name for name in CATEGORIES if name not in OFFERED)
"""Categories that are counted apart from the land on offer."""
GROUNDS: Final = ("brownfield", "settled", "green_field", "unknown")
"""Used before; settled; never built on; not known. In this order land is to be used (brownfield first)."""
FACTS: Final = (
    "actual_use",
    "built",
    "occupancy",
    "gross_m2",
    "net_m2",
    "zone_code",
    "building_area",
    "land_use_plan",
    "built_neighbours",
    "contaminated",
)
"""What rules may ask for besides the answers to earlier questions."""
OF_THE_LAND: Final = ("category", "ground")
"""Questions whose rules may not ask how much is left (net_m2): of another day a restriction that takes area
changes areas and dates alone."""
ALLOWED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({"category": CATEGORIES, "ground": GROUNDS})

Flags = npt.NDArray[np.bool_]
Test = Callable[["pd.Series[Any]", Any], Flags]


def _number(compare: Callable[[Any, Any], Any]) -> Test:
    def test(values: "pd.Series[Any]", limit: Any) -> Flags:  # noqa: ANN401 - a number from the file
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
        held: Flags = compare(numbers, float(limit))
        return held  # a comparison with NaN is false

    return test


def _is(values: "pd.Series[Any]", wanted: Any) -> Flags:  # noqa: ANN401 - a boolean from the file
    return (values.astype("boolean") == bool(wanted)).fillna(value=False).to_numpy(dtype=bool)


def _one_of(values: "pd.Series[Any]", wanted: Any) -> Flags:  # noqa: ANN401 - a list from the file
    return values.isin(list(wanted)).to_numpy(dtype=bool)


def _contains(values: "pd.Series[Any]", wanted: Any) -> Flags:  # noqa: ANN401 - a list from the file
    words = [str(word).casefold() for word in wanted]
    return np.array([any(word in str(text).casefold() for word in words) for text in values], dtype=bool)


TESTS: Final[Mapping[str, Test]] = MappingProxyType(
    {
        "is": _is,
        "one_of": _one_of,
        "contains": _contains,
        "at_least": _number(np.greater_equal),
        "at_most": _number(np.less_equal),
        "above": _number(np.greater),
        "below": _number(np.less),
    }
)
"""Conditions by name. What is not known fulfils none."""


@dataclass(frozen=True)
class Condition:
    """One condition of a rule: a column, the name of a test, and what it is tested against."""

    column: str
    test: str
    value: Any


@dataclass(frozen=True)
class Rule:
    """One rule.

    Parameters
    ----------
    question, id, answer
        What it answers, its name (unique within the question), the answer it gives.
    words
        The reason in German and English.
    source
        Where the rule comes from.
    conditions
        All of them must hold; none: always.
    """

    question: str
    id: str
    answer: str
    words: Sentence
    source: str
    conditions: tuple[Condition, ...]

    def holds(self, facts: "Known") -> Flags:
        """Tell for which rows all conditions hold; a column that is not there is not known."""
        held = np.ones(facts.size, dtype=bool)
        for condition in self.conditions:
            if condition.column not in facts.columns or not held.any():
                return np.zeros(facts.size, dtype=bool)
            held &= facts.columns[condition.column].fulfil(condition)
        return held


class Column:
    """Values of a column, each word once: rules test the words, not the rows.

    Parameters
    ----------
    values
        One per row.
    """

    def __init__(self, values: "pd.Series[Any]") -> None:
        self.codes: npt.NDArray[np.int64] | None = None
        self.values = values
        if pd.api.types.is_object_dtype(values) or pd.api.types.is_string_dtype(values):
            self.codes, words = pd.factorize(values)
            self.values = pd.Series(words, dtype=object)

    def fulfil(self, condition: Condition) -> Flags:
        """Tell which rows fulfil a condition; what is not known fulfils none."""
        fulfilled = TESTS[condition.test](self.values, condition.value)
        if self.codes is None:
            return fulfilled
        return np.append(fulfilled, False)[self.codes]  # code -1, not known, finds the last


@dataclass(frozen=True)
class Known:
    """What is known of parcels: number of rows, and columns by name."""

    size: int
    columns: dict[str, Column]


@dataclass(frozen=True)
class Rules:
    """All rules.

    Parameters
    ----------
    by_question
        Rules in the order in which they are tried.
    source
        Where the whole comes from.
    """

    by_question: Mapping[str, tuple[Rule, ...]]
    source: str

    def rule(self, question: str, rule_id: str) -> Rule:
        """Return a rule by its name."""
        return next(rule for rule in self.by_question[question] if rule.id == rule_id)


@lru_cache(maxsize=1)
def standard_rules() -> Rules:
    """Read the rules of this service."""
    return read_rules(Path(str(files("data"))) / "availability" / "categories.toml")


def read_rules(path: Path) -> Rules:
    """Read and check a file of rules.

    Raises
    ------
    InvalidInput
        Naming the rule and what is wrong with it.
    """
    try:
        facts = tomllib.loads(path.read_text(encoding="utf-8"))
        source = str(facts["source"])
        rules = [_rule(entry, source) for entry in facts["rules"]]
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{path.name} is no valid TOML: {error}") from error
    except KeyError as error:
        raise InvalidInput(f"{path.name}: the key {error} is missing.") from error
    by_question = {name: tuple(rule for rule in rules if rule.question == name) for name in QUESTIONS}
    wrong = [f"question {rule.question} is unknown" for rule in rules if rule.question not in QUESTIONS]
    for question, own in by_question.items():
        wrong += _contradictions(question, own)
    if wrong:
        raise InvalidInput(f"{path.name}: {'; '.join(wrong)}.")
    return Rules(MappingProxyType(by_question), source)


def _rule(entry: dict[str, Any], source: str) -> Rule:
    conditions = [
        Condition(column, test, value)
        for column, tests in entry.get("when", {}).items()
        for test, value in tests.items()
    ]
    words = Sentence(entry["de"], entry["en"])
    return Rule(
        entry["question"], entry["id"], entry["answer"], words, entry.get("source", source), tuple(conditions)
    )


def _contradictions(question: str, rules: tuple[Rule, ...]) -> list[str]:
    """Name what cannot work in the rules of a question."""
    known = {*FACTS, *QUESTIONS[: QUESTIONS.index(question)]}
    if question in OF_THE_LAND:
        known.remove("net_m2")
    wrong = []
    if not rules or rules[-1].conditions:
        wrong.append(f"the last rule of {question} must have no condition")
    if any(not rule.conditions for rule in rules[:-1]):
        wrong.append(f"only the last rule of {question} may have no condition")
    if len({rule.id for rule in rules}) < len(rules):
        wrong.append(f"two rules of {question} have the same id")
    for rule in rules:
        if rule.answer not in ALLOWED.get(question, (rule.answer,)):
            wrong.append(f"{rule.id} gives {rule.answer}, which is no {question}")
        for condition in rule.conditions:
            if condition.column not in known:
                wrong.append(f"{rule.id} asks for {condition.column}, which is no fact before {question}")
            if condition.test not in TESTS:
                wrong.append(f"{rule.id} has the condition {condition.test}; known: {', '.join(TESTS)}")
    return wrong


def categorise(facts: pd.DataFrame, rules: Rules | None = None) -> pd.DataFrame:
    """Answer all questions for each parcel.

    Parameters
    ----------
    facts
        One row per parcel; any of `FACTS`, missing columns and values are not known: ``actual_use`` (words of
        ALKIS), ``built`` (a building in use stands there), ``occupancy`` (kind in force on the day),
        ``gross_m2``, ``net_m2``, ``zone_code`` (XPlanung code of the building area that governs most of it),
        ``building_area`` (lies in one), ``land_use_plan`` (housing, mixed, commercial, special, other),
        ``built_neighbours`` (share of adjoining parcels that are built on), ``contaminated``.
    rules
        None: those of this service.

    Returns
    -------
    pandas.DataFrame
        With the index of `facts`: for each question its answer and, as ``<question>_rule``, the id of the
        rule that gave it.
    """
    rules = rules or standard_rules()
    known = Known(len(facts), {str(name): Column(facts[name]) for name in facts})
    found: dict[str, Any] = {}
    for question, own in rules.by_question.items():
        first = np.full(known.size, -1)
        for place, rule in enumerate(own):
            if first.min(initial=0) >= 0:
                break
            first[(first < 0) & rule.holds(known)] = place
        for name, words in (
            (question, [rule.answer for rule in own]),
            (f"{question}_rule", [rule.id for rule in own]),
        ):
            found[name] = pd.Series(np.array(words, dtype=object)[first], facts.index, dtype=object)
        known.columns[question] = Column(found[question])
    return pd.DataFrame(found)
