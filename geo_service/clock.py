"""Which day it is where the city is."""

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

from geo_service.city import CityProfile


def city_of(request: Request) -> CityProfile:
    """Return the city that is served."""
    city: CityProfile = request.app.state.city
    return city


def zone_of(request: Request) -> ZoneInfo:
    """Return the time zone of the city."""
    return ZoneInfo(city_of(request).timezone)


def today_of(request: Request) -> date:
    """Return the day that it is in the city."""
    return city_of(request).today()


async def _today(request: Request) -> date:
    return today_of(request)


Today = Annotated[date, Depends(_today)]
"""The day that it is in the city."""
