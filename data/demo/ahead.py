"""The demo city made in a process of its own: cheap to import, unlike what it does."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from data.demo.city import DemoCity


def make_city(name: str) -> "DemoCity":
    """Make the demo city of a profile; raises as `data.demo.city.generate`."""
    from data.demo.city import generate  # noqa: PLC0415 - takes seconds
    from geo_service.city import load_city  # noqa: PLC0415 - likewise

    return generate(load_city(name))
