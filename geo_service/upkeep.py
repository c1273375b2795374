"""How a running server keeps stored results fresh: it looks now and then, and lets a command do the work.

The command is a process of its own, so that computing a city takes nothing from those who wait for pages.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from geo_service.errors import GeoServiceError
from geo_service.settings import Settings

logger = logging.getLogger(__name__)

MOST_BETWEEN_S: Final = 600.0
"""After failures it is tried less often, but at least this often."""
LONGEST_S: Final = 1800.0
"""A command that takes longer is ended."""
BY_SERVER: Final = "GEO_RUN_BY_SERVER"
"""Variable that tells a command that a server runs it."""
SERVER: Final = "server:refresh"
"""Actor of what a server does by itself."""
TOLD: Final = 600
"""Characters of the command's last words that are logged."""


class RefreshFailed(GeoServiceError):
    """The command ended with an error."""


async def repeat(look: Callable[[], Awaitable[bool]], every_s: float, what: str) -> None:
    """Look again and again, until cancelled; failures are logged and tried again less often.

    Parameters
    ----------
    look
        Refreshes what changed.
    every_s
        Seconds between two looks.
    what
        What is kept fresh, for the log.
    """
    pause = every_s
    while True:
        await asyncio.sleep(pause)
        try:
            await look()
            pause = every_s
        except (GeoServiceError, SQLAlchemyError, OSError) as error:
            pause = min(pause * 2, MOST_BETWEEN_S)
            logger.warning("stored %s not refreshed, next try in %.0f s: %s", what, pause, error)


async def run_command(settings: Settings, arguments: Sequence[str]) -> None:
    """Run a command of this service with the same settings.

    Raises
    ------
    RefreshFailed
        When it ends with an error, or takes too long.
    """
    values = settings.model_dump(exclude_none=True)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "geo_service",
        *arguments,
        env={
            **os.environ,
            **{f"GEO_{name.upper()}": str(value) for name, value in values.items()},
            BY_SERVER: "1",
        },
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    name = f"geo {arguments[0]}"
    try:
        async with asyncio.timeout(LONGEST_S):
            _, words = await process.communicate()
    except TimeoutError as error:
        raise RefreshFailed(f"{name} took longer than {LONGEST_S:.0f} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        last = words.decode(errors="replace").strip()[-TOLD:]
        raise RefreshFailed(f"{name} ended with status {process.returncode}: {last}")
