"""``geo map``: maps as files."""

from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from geo_service.city import load_city
from geo_service.console import command_database, err
from geo_service.settings import get_settings
from geo_service.web.language import LANGUAGES
from geo_service.web.speaker import PageSpeaker
from maps.portable import portable_html

map_app = typer.Typer(help="Maps as files.", no_args_is_help=True)

Output = Annotated[
    Path, typer.Option("--output", "-o", help="HTML file to write; an existing one is replaced.")
]
Lang = Annotated[str, typer.Option(help="Language of the file: de or en.")]


@map_app.callback()
def maps() -> None:
    """Write maps as files."""


@map_app.command()
def overview(output: Output, lang: Lang = "de") -> None:
    """Write the overview as one file that opens without a network; public records only."""
    language = next((known for known in LANGUAGES if known == lang), None)
    if language is None:
        raise typer.BadParameter(f"known languages: {', '.join(LANGUAGES)}", param_hint="--lang")
    if not output.parent.is_dir():
        raise typer.BadParameter(f"the folder {output.parent} does not exist", param_hint="--output")
    city = load_city(get_settings().city)
    today = datetime.now(ZoneInfo(city.timezone)).date()
    with command_database() as database, database.read() as connection:
        text = portable_html(connection, city, PageSpeaker(language, city.timezone), today)
    output.write_text(text, encoding="utf-8")
    err.print(f"{output}: {len(text.encode()) / 1e6:.1f} MB, opens without a network.", soft_wrap=True)
