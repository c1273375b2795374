"""From the tree of a filter to a condition. Nothing passes that is not named here.

Source: OGC 21-065r2 (CQL2): basic CQL2, advanced comparison operators, case and accent insensitive
comparison, basic spatial and spatial functions, temporal and array functions, property-property comparison,
arithmetic expressions.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import ColumnElement, Double, Text, and_, cast, false, func, not_, or_, true
from sqlalchemy.dialects.postgresql import ARRAY

from geo_service.ogc.cql.operands import (
    Expression,
    Operand,
    Scope,
    alike,
    as_array,
    literal_of,
    property_name,
    property_of,
)
from geo_service.ogc.cql.spatial import is_spatial, spatial
from geo_service.ogc.cql.temporal import RULES, temporal
from geo_service.ogc.cql.tree import Node, refuse, told

Condition = ColumnElement[bool]

COMPARISONS: Final[Mapping[str, Callable[[Expression, Expression], Condition]]] = MappingProxyType(
    {
        "=": lambda a, b: a == b,
        "<>": lambda a, b: a != b,
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
    }
)
ARITHMETIC: Final[Mapping[str, Callable[[Expression, Expression], Expression]]] = MappingProxyType(
    {
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
        "/": lambda a, b: a / func.nullif(b, 0),
        "div": lambda a, b: func.trunc(a / func.nullif(b, 0)),
        "%": lambda a, b: a - b * func.trunc(a / func.nullif(b, 0)),
        "^": func.power,
    }
)
"""Over double precision; what is divided by zero is unknown."""
ARRAYS: Final[Mapping[str, str]] = MappingProxyType(
    {"a_contains": "@>", "a_containedby": "<@", "a_overlaps": "&&"}
)
NOT_INDEXED: Final = re.compile(r"[%_](?!.*[^\W_]{3}).*", re.DOTALL)
"""Patterns that begin anywhere, without three letters or digits in a row: the trigram index finds nothing by
them, and would be read as a whole."""
OPERATORS: Final = (
    "and, or, not, =, <>, <, <=, >, >=, between, in, is null, like, casei, accenti, +, -, *, /, div, %, ^, "
    "s_*, t_*, a_*"
)


def condition_of(tree: Node, scope: Scope) -> Condition:
    """Return the condition that a filter states.

    Parameters
    ----------
    tree
        As `tree.parse` gives it.
    scope
        What the filter may speak of.

    Raises
    ------
    BadParameter
        Naming what cannot be used: an unknown property or operator, kinds that do not fit each other.
    """
    if isinstance(tree, bool):
        return true() if tree else false()
    name = property_name(tree)
    if name is not None:
        operand = property_of(name, scope)
        if operand.kind != "boolean":
            raise refuse(
                f"{name} alone is no condition: compare it with a value.",
                f"{name} allein ist keine Bedingung: Vergleichen Sie es mit einem Wert.",
                property=name,
            )
        return operand.value
    operator, arguments = _operation(tree)
    if operator in {"and", "or"}:
        joined = and_ if operator == "and" else or_
        return joined(*(condition_of(each, scope) for each in arguments)).self_group()
    if operator == "not":
        return not_(condition_of(_one(operator, arguments), scope))
    return _predicate(operator, arguments, scope)


def _operation(tree: Node) -> tuple[str, list[Node]]:
    if (
        not isinstance(tree, dict)
        or not isinstance(tree.get("op"), str)
        or not isinstance(tree.get("args"), list)
    ):
        raise refuse(
            f"A condition is missing where the filter says {told(tree)}.",
            f"Statt {told(tree)} muss hier eine Bedingung stehen.",
        )
    operator, arguments = tree["op"].lower(), tree["args"]
    if not arguments and operator in {"and", "or"}:
        raise refuse(
            f"{operator[:40].upper()} needs something to work on.",
            f"{operator[:40].upper()} braucht Bedingungen, die es verbindet.",
        )
    return operator, arguments


def _one(operator: str, arguments: list[Node]) -> Node:
    if len(arguments) != 1:
        raise refuse(
            f"{operator.upper()} takes one argument, not {len(arguments)}.",
            f"{operator.upper()} braucht genau eine Angabe, nicht {len(arguments)}.",
        )
    return arguments[0]


def _predicate(operator: str, arguments: list[Node], scope: Scope) -> Condition:
    if operator in RULES:
        return temporal(operator, arguments, scope)
    if is_spatial(operator):
        return spatial(operator, arguments, scope)
    if operator in ARRAYS or operator == "a_equals":
        return _array(operator, arguments, scope)
    if operator == "isnull":
        return _is_null(_one("is null", arguments), scope)
    if operator in COMPARISONS:
        return _comparison(operator, arguments, scope)
    several = {"between": _between, "in": _in, "like": _like}.get(operator)
    if several is None:
        raise refuse(
            f"There is no operator {operator[:40]!r} here. Known: {OPERATORS}.",
            f"Den Operator „{operator[:40]}“ gibt es hier nicht. Bekannt: {OPERATORS}.",
        )
    return several(arguments, scope)


def _is_null(node: Node, scope: Scope) -> Condition:
    if property_name(node) in {"geometry", "geom"}:
        return scope.geom.is_(None)
    return _value(node, scope).value.is_(None)


def _comparison(operator: str, arguments: list[Node], scope: Scope) -> Condition:
    if len(arguments) != 2:  # noqa: PLR2004 - a pair
        raise refuse(
            f"{operator} compares two values, not {len(arguments)}.",
            f"{operator} vergleicht zwei Werte, nicht {len(arguments)}.",
        )
    first, second = alike(_value(arguments[0], scope), _value(arguments[1], scope), scope)
    if first.kind in {"object", "texts"}:
        raise refuse(
            f"{first.name} cannot be compared by {operator}.",
            f"{first.name} lässt sich nicht mit {operator} vergleichen.",
        )
    for one, other in ((first, second), (second, first)):
        _require_word(one, other, scope)
    return COMPARISONS[operator](first.value, second.value)


def _require_word(column: Operand, value: Operand, scope: Scope) -> None:
    """Refuse a word that a field cannot hold: it would find nothing, and nobody would know why."""
    check = scope.checks.get(column.name) if column.literal is None else None
    if check is None or not isinstance(value.literal, str):
        return
    try:
        check(value.literal)
    except ValueError as error:
        known = str(error).partition("Known: ")[2]
        raise refuse(
            f"{column.name} cannot be {value.name}. {error}",
            f"{column.name} kann nicht {value.name} sein." + (f" Bekannt: {known}" if known else ""),
            property=column.name,
        ) from error


def _between(arguments: list[Node], scope: Scope) -> Condition:
    if len(arguments) != 3:  # noqa: PLR2004 - a value and two bounds
        raise refuse("BETWEEN takes two bounds.", "BETWEEN braucht zwei Grenzen.")
    low = _comparison(">=", [arguments[0], arguments[1]], scope)
    return and_(low, _comparison("<=", [arguments[0], arguments[2]], scope)).self_group()


def _in(arguments: list[Node], scope: Scope) -> Condition:
    if len(arguments) != 2 or not isinstance(arguments[1], list):  # noqa: PLR2004 - a value and its list
        example = "severity IN ('light', 'severe')"
        raise refuse(
            f"IN takes a value and a list, such as {example}.",
            f"IN braucht einen Wert und eine Liste, etwa {example}.",
        )
    return or_(
        false(), *(_comparison("=", [arguments[0], each], scope) for each in arguments[1])
    ).self_group()


def _like(arguments: list[Node], scope: Scope) -> Condition:
    if len(arguments) != 2:  # noqa: PLR2004 - a value and its pattern
        raise refuse("LIKE takes a text and a pattern.", "LIKE braucht einen Text und ein Muster.")
    text, pattern = (_value(each, scope) for each in arguments)
    if text.kind != "text" or pattern.kind != "text" or property_name(arguments[1]) is not None:
        raise refuse(
            f"LIKE compares a text with a pattern such as 'Speicher%': {text.name}, {pattern.name}.",
            "LIKE vergleicht einen Text mit einem Muster wie 'Speicher%', nicht "
            f"{text.name} mit {pattern.name}.",
        )
    if isinstance(arguments[1], str) and arguments[1].replace("\\\\", "").endswith("\\"):
        raise refuse(
            "A pattern of LIKE cannot end with a single backslash.",
            "Ein Muster von LIKE kann nicht mit einem einzelnen Rückstrich enden.",
        )
    searched = text.value
    if isinstance(arguments[1], str) and NOT_INDEXED.fullmatch(arguments[1]):
        searched = searched.concat("")
    return searched.like(pattern.value)


def _array(operator: str, arguments: list[Node], scope: Scope) -> Condition:
    if len(arguments) != 2:  # noqa: PLR2004 - a pair
        raise refuse(f"{operator.upper()} takes two lists.", f"{operator.upper()} braucht zwei Listen.")
    first, second = (as_array(each, scope).value for each in arguments)
    if operator == "a_equals":  # an array is a set here
        return and_(_op(first, "@>", second), _op(first, "<@", second))
    return _op(first, ARRAYS[operator], second)


def _op(first: Expression, sign: str, second: Expression) -> Condition:
    return first.op(sign, is_comparison=True)(cast(second, ARRAY(Text())))


def _value(node: Node, scope: Scope) -> Operand:
    """Return a value: a property, a literal, or what a function makes of them."""
    name = property_name(node)
    if name is not None:
        return property_of(name, scope)
    found = literal_of(node, scope)
    if found is not None:
        return found
    if node is None:
        raise refuse("Nothing equals NULL: write IS NULL.", "Nichts ist gleich NULL: Schreiben Sie IS NULL.")
    if isinstance(node, dict) and "op" in node:
        operator, arguments = _operation(node)
        if operator in {"casei", "accenti"}:
            return _folded(operator, _one(operator, arguments), scope)
        if operator in ARITHMETIC:
            return _arithmetic(operator, arguments, scope)
        raise refuse(
            f"There is no function {operator[:40]!r} here. Known: casei, accenti.",
            f"Die Funktion „{operator[:40]}“ gibt es hier nicht. Bekannt: casei, accenti.",
        )
    raise refuse(
        f"A value is missing where the filter says {told(node)}.",
        f"Statt {told(node)} muss hier ein Wert stehen.",
    )


def _folded(operator: str, node: Node, scope: Scope) -> Operand:
    """Return a text without regard to case, or to accents."""
    operand = _value(node, scope)
    if operand.kind != "text":
        raise refuse(
            f"{operator.upper()} takes a text, not {operand.name}.",
            f"{operator.upper()} braucht einen Text, nicht {operand.name}.",
        )
    folded = func.lower(operand.value) if operator == "casei" else func.unaccent(operand.value)
    return Operand("text", folded, operand.name)


def _arithmetic(operator: str, arguments: list[Node], scope: Scope) -> Operand:
    operands = [_value(each, scope) for each in arguments]
    wrong = next((each for each in operands if each.kind != "number"), None)
    if wrong is not None or len(operands) != 2:  # noqa: PLR2004 - a pair
        raise refuse(
            f"{operator} takes two numbers{f', not {wrong.name}' if wrong else ''}.",
            f"{operator} braucht zwei Zahlen{f', nicht {wrong.name}' if wrong else ''}.",
        )
    sides: list[Expression] = [cast(each.value, Double()) for each in operands]
    value = ARITHMETIC[operator](*sides)
    return Operand("number", value, f"a result of {operator}")
