"""What holds for the parameters of every route of the interface: one that takes one value is given once."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, get_origin

from fastapi import Request
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from geo_service.errors import BadParameter


async def given_once(request: Request) -> None:
    """Refuse a parameter that is repeated where only its last value would count.

    Raises
    ------
    BadParameter
        Naming the parameter.
    """
    if b"&" not in request.scope["query_string"]:
        return
    names = [name for name, _ in request.query_params.multi_items()]
    if len(names) == len(request.query_params):
        return
    counted = Counter(names)
    repeated = [name for name, times in counted.items() if times > 1]
    lists = set(_list_parameters(request.scope["route"].dependant))
    wrong = [name for name in repeated if name not in lists]
    if wrong:
        raise BadParameter(
            f"The parameter {wrong[0][:60]!r} is given {counted[wrong[0]]} times and takes one value. "
            "Leave one.",
            parameter=wrong[0][:60],
        )


def _list_parameters(dependant: Dependant) -> Iterator[str]:
    """Return the names of the parameters that may be repeated."""
    for field in dependant.query_params:
        yield from _lists(field.alias, field.field_info)
    for dependency in dependant.dependencies:
        yield from _list_parameters(dependency)


def _lists(name: str, info: FieldInfo) -> Iterator[str]:
    kind: Any = info.annotation
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for each, inner in kind.model_fields.items():
            yield from _lists(inner.alias or each, inner)
    elif get_origin(kind) is list:
        yield name
