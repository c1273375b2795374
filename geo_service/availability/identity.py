"""What decides the last digit of a result: the versions that a worker must share with its client."""

import hashlib
import platform
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from typing import Final

import shapely

from geo_service.errors import NotReady

Identity = Mapping[str, str]
"""Names and versions, compared as they are."""
PACKAGES: Final = ("distributed", "numpy", "pandas", "pyarrow", "shapely")


@lru_cache(maxsize=1)
def identity() -> Identity:
    """Return the versions of this process: of geo_service with a digest of the code that computes."""
    code = hashlib.sha256()
    for file in sorted(files("geo_service.availability").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".py"):
            code.update(file.name.encode() + b"\0" + file.read_bytes())
    found = {"geo_service": f"{version('geo-service')} ({code.hexdigest()[:12]})"}
    found |= {package: version(package) for package in PACKAGES}
    found["GEOS"] = shapely.geos_version_string
    found["Python"] = ".".join(platform.python_version_tuple()[:2])
    found["machine"] = platform.machine()
    return found


def require_identity(expected: Identity, where: str) -> None:
    """Refuse to compute with other versions than the client: the result could differ in the last digit.

    Parameters
    ----------
    expected
        Versions of the client.
    where
        Who is asked, for the message.

    Raises
    ------
    NotReady
        Naming what differs.
    """
    differing = differences(expected, identity())
    if differing:
        raise NotReady(f"{where} may not compute: {differing}. Install the same versions there.")


def differences(expected: Identity, own: Identity) -> str:
    """Say in words how two identities differ; empty when they do not."""
    names = [name for name in {**expected, **own} if expected.get(name) != own.get(name)]
    return ", ".join(
        f"{name} is {own.get(name, 'not there')}, here {expected.get(name, 'not there')}" for name in names
    )
