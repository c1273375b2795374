"""Scenarios from files: read, check, store."""

import json
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from geo_service.city import load_city
from geo_service.db import Database
from geo_service.errors import InvalidInput
from geo_service.transit import scenario_register as register
from geo_service.transit.scenario_checks import require_sound
from geo_service.transit.scenario_schemas import ScenarioForm


def demo_files() -> list[Path]:
    """Return the files of the demo scenarios."""
    return sorted((Path(str(files("data"))) / "transit_scenarios").glob("*.toml"))


def store(database: Database, form: ScenarioForm, *, dry_run: bool, actor: str) -> str:
    """Store a scenario; return new, changed, unchanged or checked."""
    city = load_city(database.settings.city)
    if dry_run:
        with database.read() as connection:
            require_sound(connection, form, city)
        return "checked"
    with database.begin(actor) as connection:
        known = {entry.key for entry in register.list_scenarios(connection, public=False)}
        if form.key not in known:
            register.create_scenario(connection, form, city)
            return "new"
        before = register.read_scenario(connection, form.key, public=False)
        if before.model_dump(include=set(ScenarioForm.model_fields)) == form.model_dump():
            return "unchanged"
        register.replace_scenario(connection, form.key, form, city, "*")
        return "changed"


def read_file(path: Path) -> ScenarioForm:
    """Read a scenario from a file.

    Raises
    ------
    InvalidInput
        Naming the file, the field and what is wrong there.
    """
    try:
        content = path.read_text(encoding="utf-8")
        values: Any = json.loads(content) if path.suffix.lower() == ".json" else tomllib.loads(content)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}. Name a TOML or JSON file.") from error
    except ValueError as error:
        kind = "JSON" if path.suffix.lower() == ".json" else "TOML"
        raise InvalidInput(f"{path.name} is no valid {kind}: {error}") from error
    try:
        return ScenarioForm.model_validate(values)
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, fault['loc'])) or 'scenario'}: {fault['msg']}"
            for fault in error.errors(include_url=False)
        ]
        raise InvalidInput(f"{path.name} is no sound scenario. {'; '.join(faults[:5])}.") from error
