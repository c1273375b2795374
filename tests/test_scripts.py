"""The scripts on a toy project: no network, no system package and no file of this project is touched."""

import shutil
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ["bash", "cat", "cut", "dirname", "env", "flock", "id", "mkdir", "python3.11", "rm", "sed"]
TOOLS += ["sha256sum", "tail", "tee", "touch"]

BACKEND = """
import zipfile

def build_editable(folder, settings=None, metadata=None):
    name = "toy-1-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        info = "toy-1.dist-info"
        wheel.writestr("toy.py", "def main():\\n    print('the demo runs')\\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: toy\\nVersion: 1\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/entry_points.txt", "[console_scripts]\\ngeo = toy:main\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return name
"""
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "toy"
version = "1"
"""
NPM = "#!/bin/sh\nmkdir -p node_modules && touch node_modules/.package-lock.json && echo npm >> calls\n"
ASSETS = """
from pathlib import Path
Path("geo_service/web/static/vendor").mkdir(parents=True, exist_ok=True)
"""


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


class Toy:
    """A project that is set up in seconds, and a PATH that has only what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder.parent / "bin"
        for name in ("setup", "demo"):
            program(folder / "script" / name, (ROOT / "script" / name).read_text())
        files = {"script/assets.py": ASSETS, "backend.py": BACKEND, "pyproject.toml": PYPROJECT}
        empty = dict.fromkeys(["requirements.lock", "package.json", "package-lock.json", ".npmrc"], "")
        for name, content in (files | empty).items():
            (folder / name).write_text(content)
        self.path.mkdir()
        for name in TOOLS:
            found = shutil.which(name)
            assert found, name
            (self.path / name).symlink_to(found)
        program(self.path / "npm", NPM)
        program(self.path / "node", "#!/bin/sh\n")

    def start(self, script: str = "setup", *arguments: str) -> subprocess.Popen[str]:
        environment = {"PATH": str(self.path), "HOME": str(self.folder.parent), "LANG": "C.UTF-8"}
        return subprocess.Popen(
            [self.folder / "script" / script, *arguments],
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, script: str = "setup", *arguments: str) -> tuple[int, str, str]:
        with self.start(script, *arguments) as process:
            out, err = process.communicate(timeout=120)
        return process.returncode, out, err


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    (tmp_path / "Projekt für Höfe").mkdir()
    return Toy(tmp_path / "Projekt für Höfe")


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    folder = tmp_path_factory.mktemp("scripts") / "Projekt für Höfe"
    folder.mkdir()
    toy = Toy(folder)
    status, out, err = toy.run()
    assert (status, err) == (0, "")
    steps = [line for line in out.splitlines() if line.startswith("==> ")]
    assert [step.split()[1] for step in steps] == ["A", "Python", "The", "Styles", "Set"]
    return toy


# --- script/setup ---------------------------------------------------------------------------------------


def test_second_setup_is_silent_and_quick(ready: Toy) -> None:
    started = time.monotonic()
    assert ready.run() == (0, "", "")
    assert time.monotonic() - started < 2


def test_demo_runs_in_a_folder_with_space_and_umlaut(ready: Toy) -> None:
    assert ready.run("demo", "--port", "8123") == (0, "the demo runs\n", "")


def test_changed_lock_file_is_installed_again(ready: Toy) -> None:
    (ready.folder / "requirements.lock").write_text("# newer\n")
    status, out, _ = ready.run()
    assert status == 0
    assert "Python packages" in out
    assert "virtual environment" not in out, "what is there is brought up to date"
    assert ready.run() == (0, "", "")


def test_changed_assets_are_fetched_again(ready: Toy) -> None:
    (ready.folder / "package-lock.json").write_text("{}\n")
    _, out, _ = ready.run()
    assert "Styles and scripts" in out
    assert "Python packages" not in out


def test_interrupted_setup_is_redone_and_two_at_once_do_it_once(ready: Toy) -> None:
    (ready.folder / ".venv" / ".setup-folder").unlink()  # written last
    (ready.folder / "calls").unlink(missing_ok=True)
    shutil.rmtree(ready.folder / "node_modules")
    both = [ready.start(), ready.start()]
    results = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], results
    assert sum("A virtual environment" in out for out, _ in results) == 1
    assert (ready.folder / "calls").read_text() == "npm\n"
    assert ready.run() == (0, "", "")


def test_moved_folder_gets_a_new_environment(ready: Toy) -> None:
    ready.folder = ready.folder.rename(ready.folder.with_name("anderswo"))
    status, out, err = ready.run("demo")
    assert status == 0, err
    assert "A virtual environment" in out
    assert out.endswith("the demo runs\n")


def test_failed_step_shows_why_and_leaves_no_stamp(toy: Toy) -> None:
    (toy.folder / "requirements.lock").write_text("no-such-package-here==1\n")
    status, _, err = toy.run()
    assert status == 1
    assert "--require-hashes" in err
    assert not list((toy.folder / ".venv").glob(".setup-*"))


def test_without_apt_it_says_what_to_install(toy: Toy) -> None:
    (toy.path / "node").unlink()
    (toy.path / "npm").unlink()
    status, out, err = toy.run()
    assert (status, out) == (1, "")
    assert "There is no apt-get here" in err
    assert "apt-get install -y --no-install-recommends nodejs npm\n" in err


@pytest.mark.parametrize("sudo", [None, "#!/bin/sh\nexit 1\n"], ids=["none", "asks for a password"])
def test_without_root_it_says_what_to_install(toy: Toy, sudo: str | None) -> None:
    (toy.path / "npm").unlink()
    (toy.path / "id").unlink()
    program(toy.path / "id", "#!/bin/sh\necho 1000\n")
    program(toy.path / "apt-get", '#!/bin/sh\ntouch "$HOME/apt-was-called"\n')
    if sudo:
        program(toy.path / "sudo", sudo)
    status, out, err = toy.run("setup", "--tests")
    assert (status, out) == (1, "")
    assert "Neither root nor sudo" in err
    assert "apt-get install -y --no-install-recommends npm chromium fonts-dejavu-core\n" in err
    assert not (toy.folder.parent / "apt-was-called").exists()


def test_sudo_installs_what_is_missing_and_only_that(toy: Toy) -> None:
    (toy.path / "npm").rename(toy.folder.parent / "npm")
    (toy.path / "id").unlink()
    program(toy.path / "id", "#!/bin/sh\necho 1000\n")
    program(toy.path / "apt-get", "#!/bin/sh\n")
    program(toy.path / "cp", f'#!/bin/sh\nexec {shutil.which("cp")} "$@"\n')
    program(
        toy.path / "sudo",
        '#!/bin/sh\necho "$*" >> "$HOME/sudo-calls"\n'
        'case "$*" in *tee*) cat >> "$HOME/sudo-calls" ;; *install*) cp "$HOME/npm" "${PATH}/npm" ;; esac\n',
    )
    status, out, err = toy.run()
    assert status == 0, err
    assert out.startswith("==> System packages: npm\n")
    calls = (toy.folder.parent / "sudo-calls").read_text().splitlines()
    kinds = [next(word for word in call.split() if word not in {"-n", "env"}) for call in calls]
    assert kinds == [
        "true",
        *["DEBIAN_FRONTEND=noninteractive"],
        "mkdir",
        "tee",
        "create_main_cluster",
        *kinds[5:],
    ]
    assert calls[-2].endswith("install --no-install-recommends npm")
    assert calls[-1].startswith("-n rm -f /etc/postgresql-common/createcluster.d/"), (
        "the machine is left as it was"
    )


def test_unknown_option_is_refused(toy: Toy) -> None:
    status, _, err = toy.run("setup", "--test")
    assert status == 2
    assert "usage" in err


# --- script/check, script/test, .ci/run -----------------------------------------------------------------


def calls_of(folder: Path, script: str, *arguments: str, failing: str = "") -> tuple[int, list[str]]:
    """Run a script with stand-ins for everything it calls; ``failing`` is the one that fails."""
    program(folder / script, (ROOT / script).read_text())
    for name in ("script/setup", "script/check", "script/test", *(f".venv/bin/{tool}" for tool in STAND_INS)):
        if name != script:
            status = int(bool(failing) and name.endswith(failing))
            program(folder / name, f'#!/bin/sh\necho "{name} $*" >> "{folder}/calls"\nexit {status}\n')
    ended = subprocess.run(
        [folder / script, *arguments], cwd="/", stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    return ended.returncode, (folder / "calls").read_text().splitlines()


STAND_INS = ("ruff", "mypy", "lint-imports", "python", "pytest")


def test_check_runs_every_guard(tmp_path: Path) -> None:
    status, calls = calls_of(tmp_path, "script/check")
    assert status == 0
    assert [call.split()[0].split("/")[-1] for call in calls] == [
        *["setup", "ruff", "ruff", "mypy", "lint-imports", "python"]
    ]


@pytest.mark.parametrize("failing", ["ruff", "mypy", "lint-imports", "python"])
def test_check_fails_when_one_guard_does_and_runs_the_others(tmp_path: Path, failing: str) -> None:
    status, calls = calls_of(tmp_path, "script/check", failing=failing)
    assert status == 1
    assert calls[-1].startswith(".venv/bin/python"), "the last guard ran too"


def test_test_hands_arguments_and_status_on(tmp_path: Path) -> None:
    status, calls = calls_of(tmp_path, "script/test", "-k", "a and b", failing="pytest")
    assert status == 1
    assert calls[0] == "script/setup --tests"
    assert calls[1].endswith("-k a and b")


@pytest.mark.parametrize("failing", ["", "script/check", "script/test"])
def test_ci_runs_what_the_readme_tells(tmp_path: Path, failing: str) -> None:
    status, calls = calls_of(tmp_path, ".ci/run", failing=failing)
    assert status == (1 if failing else 0)
    assert calls == ["script/check ", "script/test "][: 1 if failing == "script/check" else 2]


# --- the assets -----------------------------------------------------------------------------------------


def test_lock_file_of_the_assets_names_no_address() -> None:
    assert "resolved" not in (ROOT / "package-lock.json").read_text()


def test_assets_are_copied_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "script"))
    assets = pytest.importorskip("assets")
    monkeypatch.setattr(assets, "ASSETS", {"leaflet": ["dist/*.css", "LICENSE"]})
    package, vendor = tmp_path / "modules" / "leaflet", tmp_path / "vendor"
    (package / "dist").mkdir(parents=True)
    (package / "LICENSE").write_text("free")
    (package / "dist" / "leaflet.css").write_text("a { background: url(data:x) }")
    assets.copy_assets(tmp_path / "modules", vendor)
    assert (vendor / "leaflet" / "dist" / "leaflet.css").exists()

    (package / "dist" / "leaflet.css").write_text("a { background: url('images/gone.png') }")
    with pytest.raises(FileNotFoundError, match=r"asks for images/gone\.png"):
        assets.copy_assets(tmp_path / "modules", vendor)
    (package / "LICENSE").unlink()
    with pytest.raises(FileNotFoundError, match="leaflet has no LICENSE"):
        assets.copy_assets(tmp_path / "modules", vendor)
    assert "data:x" in (vendor / "leaflet" / "dist" / "leaflet.css").read_text()
