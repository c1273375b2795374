"""All settings of the service, read from the environment (prefix ``GEO_``)."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

DEMO_SIGN_IN: Final = "demo-sign-in.json"
"""File in GEO_HOME with the passwords of the demo's users; there once the demo is whole."""
WIDEST_STREET_M: Final = 60.0
"""More is no street across which land is one site. A choice of this service."""


class Settings(BaseSettings):
    """Frozen settings; every field is an environment variable ``GEO_<NAME>``."""

    model_config = SettingsConfigDict(env_prefix="GEO_", frozen=True, env_ignore_empty=True)

    database_url: str | None = Field(
        None,
        description="PostgreSQL with PostGIS, as postgresql+psycopg://user@host/name. "
        "Unset: an embedded PostGIS below GEO_HOME.",
    )
    home: Path = Field(Path(".geo"), description="Folder of the embedded database and of working files.")
    host: str = Field("127.0.0.1", description="Address the web server listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port the web server listens on.")
    workers: int = Field(2, ge=1, le=64, description="Number of web server processes.")
    basemap_url: str | None = Field(
        None,
        description="Tile address of a base map with {z}, {x}, {y}. Unset: no base map, only own layers.",
    )
    basemap_attribution: str = Field("", description="Attribution that the base map's licence asks for.")
    city: str = Field("dortmund", description="City profile: the name of a folder below data/cities/.")
    secret_key: str | None = Field(
        None,
        min_length=32,
        repr=False,
        description="Signs sessions; at least 32 characters. Unset: made once and kept below GEO_HOME.",
    )
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="Least level logged.")
    pool_size: int = Field(
        8,
        ge=1,
        le=100,
        description="Database connections per process, for sessions and for features and tiles each.",
    )
    refresh: bool = Field(
        True,
        description="Whether a running server computes stored results anew when something changes.",
    )
    statement_timeout_s: float = Field(
        30, gt=0, le=86_400, description="Longest a web request's statement may run, seconds."
    )
    deduction_order: str = Field(
        "",
        description="Kinds of restriction in the order of their deduction, joined by commas; those not named "
        "follow in the order of the service. Unset: the order of the service.",
    )
    sliver_width_m: float = Field(
        3.0, ge=0, le=50, description="Land narrower than this is not offered, metres; 0: all is offered."
    )

    across_street_m: float = Field(
        0.0,
        ge=0,
        le=WIDEST_STREET_M,
        description="Parcels on both sides of a street up to so many metres wide lie together; 0: they never "
        "do, unless a question says otherwise.",
    )

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, value: str | None) -> str | None:
        try:
            good = value is None or make_url(value).get_backend_name() == "postgresql"
        except ArgumentError:
            good = False
        if not good:
            raise ValueError("an address of a database, such as postgresql+psycopg://user@host/name")
        return value


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Return the settings of this process, read once."""
    return Settings()


EXPECTED: Final = {
    "int_parsing": "a whole number",
    "float_parsing": "a number",
    "bool_parsing": "true or false",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "greater_than": "more than {gt}",
    "string_pattern_mismatch": "one of {pattern}",
    "string_too_short": "at least {min_length} characters long",
    "value_error": "{error}",
}
"""Kind of error of pydantic to what is expected instead."""
UNSHOWN: Final = frozenset({"secret_key", "database_url"})
"""Settings whose value may hold a secret."""


def in_words(error: ValidationError) -> list[str]:
    """Return what is wrong with the settings: each variable with what it must be, for what, and the default.

    Parameters
    ----------
    error
        What reading them ended with.
    """
    return [_in_words(dict(wrong)) for wrong in error.errors()]


def _in_words(wrong: dict[str, Any]) -> str:
    name = str(wrong["loc"][0])
    field = Settings.model_fields[name]
    context = {
        key: str(value).strip("^$()").replace("|", ", ") for key, value in wrong.get("ctx", {}).items()
    }
    expected = EXPECTED[wrong["type"]].format(**context)
    given = "" if name in UNSHOWN else f", not {str(wrong['input'])[:60]!r}"
    usual = f" Unset, it is {field.default}." if field.default not in (None, "") else ""
    return f"GEO_{name.upper()} must be {expected}{given}. {field.description}{usual}"
