"""What is asked of the search and what it tells."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["parcel", "street", "site", "district", "quarter", "stop", "premises"]
MOST_RESULTS = 10


class SearchQuery(BaseModel):
    """A text that somebody typed."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(max_length=200, description="Key, Flurstück, street, site, premises or stop.")
    limit: int = Field(MOST_RESULTS, ge=1, le=MOST_RESULTS, description="Most results.")


class Hit(BaseModel):
    """One thing that was found."""

    model_config = ConfigDict(frozen=True)

    kind: Kind = Field(description="What it is.")
    key: str = Field(description="Key of a parcel or premises, slug of a site, street with Gemarkung.")
    label: str = Field(description="What people call it.")
    label_en: str = Field(description="The same in English: names stay, the words of the cadastre do not.")
    detail: str = Field(description="What tells it from others of that name.")
    link: str = Field(description="Page or map view.")
    lon: float | None = Field(description="Longitude of a point inside, degrees; null: not known.")
    lat: float | None = Field(description="Latitude of a point inside, degrees.")
    bbox: tuple[float, float, float, float] | None = Field(description="West, south, east, north in degrees.")
    is_demo: bool = Field(description="Invented record.")


class SearchAnswer(BaseModel):
    """What was found, best first."""

    q: str = Field(description="The text as it was understood.")
    results: list[Hit] = Field(description="Best first.")


AskedSearch = Annotated[SearchQuery, Query()]
