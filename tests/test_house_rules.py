"""The guards of the house rules find planted faults and let pass what is allowed."""

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def house_rules(folder: Path, name: str, content: str) -> tuple[int, str]:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content)
    subprocess.run(["git", "init", "-q", folder], check=True)
    command = [sys.executable, str(ROOT / "script" / "house_rules.py"), str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not ended.stderr
    return ended.returncode, ended.stdout


FAULTS = [
    ("docs/a.md", "see https://files.python" + "hosted.org/x", "docs/a.md:1: names the host"),
    (
        "package-lock.json",
        '{\n"resol' + 'ved": "https://registry.np' + 'mjs.org/a.tgz"}',
        "lock.json:2: names the host",
    ),
    ("docs/a.md", "\nin /wo" + "rk/main/x", "docs/a.md:2: names a path"),
    ("data/a.py", 'PLACE = "/ro' + 'ot/x"', "data/a.py:1: names a path"),
    ("maps/a.py", "x = 1\n" * 401, "401 lines"),
    ("geo_service/a.py", "def f():\n" + "    x = 1\n" * 70, "f has 71 lines"),
    ("geo_service/a/routes.py", 'X = "SELECT * FROM parcels"', "SQL belongs"),
    ("geo_service/a/routes.py", 'def f(n):\n    return f"delete from {n}"', ":2: SQL belongs"),
    ("data/demo/load.py", 'X = """\n  insert into parcels values (1)"""', "SQL belongs"),
    ("maps/a.py", "from sqlalchemy import select, func", "builds SQL with select"),
    ("maps/a.py", "from sqlalchemy.dialects.postgresql import insert", "builds SQL with insert"),
]


@pytest.mark.parametrize(("name", "content", "message"), FAULTS, ids=[fault[2] for fault in FAULTS])
def test_planted_fault_is_found(tmp_path: Path, name: str, content: str, message: str) -> None:
    status, out = house_rules(tmp_path, name, content)
    assert status == 1
    assert message in out
    assert out.endswith("1 files, 1 faults\n")


FINE = [
    ("geo_service/a/queries.py", 'X = "SELECT * FROM parcels"'),
    (
        "geo_service/a/service.py",
        'def f():\n    """Select a parcel from the list."""\n    return "Select a parcel"',
    ),
    ("geo_service/a/service.py", "def f():\n" + '    """' + "words\n" * 90 + '    """\n    return 1'),
    ("tests/test_a.py", 'X = "SELECT * FROM parcels"\n' * 500),
    ("docs/a.md", "https://example.org/wo" + "rk/x, the work/life balance, ~/ho" + "me"),
    ("data/picture.bin", "\0 /ro" + "ot/x"),
]


@pytest.mark.parametrize(("name", "content"), FINE, ids=[name for name, _ in FINE])
def test_what_is_allowed_passes(tmp_path: Path, name: str, content: str) -> None:
    assert house_rules(tmp_path, name, content) == (0, "1 files, 0 faults\n")


CROSSINGS = [
    ("geo_service/parcels/models.py", "import geo_service.availability.models"),
    ("geo_service/availability/models.py", "import geo_service.matching.models"),
    ("geo_service/db.py", "import geo_service.parcels.models"),
    ("geo_service/matching/models.py", "import maps"),
    ("geo_service/matching/solver.py", "import sqlalchemy"),
    ("geo_service/availability/kernel.py", "import geo_service.db"),
    ("geo_service/clock.py", "import geo_service.db"),
    ("geo_service/conditional.py", "import geo_service.parcels.models"),
    ("geo_service/frame.py", "import geo_service.web.routes"),
    ("geo_service/health.py", "import geo_service.search.service"),
    ("geo_service/search/service.py", "import geo_service.ogc.service"),
]


@pytest.fixture(scope="module")
def source_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("imports")
    for package in ("geo_service", "maps", "data"):
        shutil.copytree(
            ROOT / package, folder / package, ignore=lambda _, names: [n for n in names if n == "static"]
        )
    shutil.copy(ROOT / ".importlinter", folder)
    return folder


@pytest.mark.parametrize(("file", "line"), CROSSINGS, ids=[line for _, line in CROSSINGS])
def test_import_against_the_direction_is_found(source_copy: Path, file: str, line: str) -> None:
    path = source_copy / file
    before = path.read_text()
    path.write_text(f"{before}\n{line}\n")
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    ended = subprocess.run(command, cwd=source_copy, capture_output=True, text=True, check=False)
    path.write_text(before)
    assert ended.returncode == 1
    assert line.split()[1] in ended.stdout
    assert "BROKEN" in ended.stdout


def test_every_module_has_its_layer() -> None:
    settings = configparser.ConfigParser()
    settings.read(ROOT / ".importlinter", encoding="utf-8")
    layers = re.split(r"[\s:|]+", settings["importlinter:contract:layers"]["layers"])
    layered = {name.strip("()") for name in layers}
    package = ROOT / "geo_service"
    modules = {f"geo_service.{path.stem}" for path in package.glob("*.py") if path.stem != "__init__"}
    modules |= {f"geo_service.{path.parent.name}" for path in package.glob("*/__init__.py")}
    assert len(modules) > 30
    assert modules - layered == set()
