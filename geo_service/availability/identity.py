"""What decides the last digit of a result: the program that computes, and the versions below it.

Workers must share it with their client; stored results name its digest.
"""

import hashlib
import platform
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Final

import shapely

from geo_service.errors import NotReady

Identity = Mapping[str, str]
"""Names and versions, compared as they are."""
PACKAGES: Final = ("distributed", "numpy", "pandas", "pyarrow", "shapely")


@lru_cache(maxsize=1)
def identity() -> Identity:
    """Return the versions of this process: of geo_service with a digest of the computing code and rules."""
    code = hashlib.sha256()
    for file in computing_files():
        code.update(file.name.encode() + b"\0" + file.read_bytes())
    found = {"geo_service": f"{version('geo-service')} ({code.hexdigest()[:12]})"}
    found |= {package: version(package) for package in PACKAGES}
    found["GEOS"] = shapely.geos_version_string
    found["Python"] = ".".join(platform.python_version_tuple()[:2])
    found["machine"] = platform.machine()
    return found


def computing_files() -> list[Path]:
    """Return the files that decide what is computed: the code of this slice and its rules."""
    rules = Path(str(files("data"))) / "availability"
    return sorted([*Path(__file__).parent.glob("*.py"), *rules.glob("*.toml")])


def program_digest() -> str:
    """Return a digest of the identity, as stored beside results."""
    text = "\n".join(f"{name} {value}" for name, value in sorted(identity().items()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


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
