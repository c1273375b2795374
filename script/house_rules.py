"""Check the house rules that ruff, mypy and import-linter do not know.

    python script/house_rules.py [FOLDER]

Prints one line per fault, as ``file:line: what is wrong``, and ends with status 1 if there is any.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

PACKAGES = ("geo_service", "maps", "data")
LONGEST_FILE = 400  # lines
LONGEST_FUNCTION = 70  # lines without docstring

# Pieces are joined so that this file does not name what it looks for.
INDEX_HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("conda", "anaconda", "org"),
        ("crates", "io"),
    )
]
INDEX_HOST = re.compile("|".join(rf"\b{re.escape(host)}\b" for host in INDEX_HOSTS))
MACHINE_PATH = re.compile(r"(?<![\w.}/-])/(?:work|root|home)/\w")

SQL_FILES = {
    "queries.py",
    "ingest.py",
    "models.py",  # column defaults and constraints
    "audit.py",  # as models.py
    "register.py",  # the same, for the columns that many tables share
    "db.py",
    "embedded.py",
    "gtfs_tables.py",  # DuckDB over the files of a feed, a part of the ingest
    "gtfs_agencies.py",  # as above
    "gtfs_calls.py",  # as above
    "gtfs_timetable.py",  # as above
    "gtfs_patterns.py",  # as above
    "gtfs_rows.py",  # as above
    "gtfs_transfers.py",  # as above
}
SQL_FOLDER, SQL_ENDING = "queries", "_queries.py"  # where queries.py has grown too long
SQL_BUILDERS = {"text", "select", "insert", "update", "delete", "literal_column"}
SQL_STATEMENT = re.compile(
    r"""\s*(
        select\s.*\sfrom\s | select\s+\w+\( | insert\s+into\s | update\s+\w+\s+set\s | delete\s+from\s |
        truncate\s+\w | merge\s+into\s | with\s+\w+\s+as\s*\( | copy\s+\S+\s*\(.*(from|to)\s |
        (create|alter|drop)\s+(table|index|view|schema|function|trigger|extension|database|role|type)\s |
        set\s+(local|session)\s
    )""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)


def main(root: Path) -> int:
    """Print the faults of a project folder and return how many there are."""
    files = tracked_files(root)
    faults = [*text_faults(root, files), *python_faults(root, files)]
    for fault in faults:
        print(fault)
    print(f"{len(files)} files, {len(faults)} faults")
    return len(faults)


def tracked_files(root: Path) -> list[Path]:
    """Return what git knows or would add, relative to the root."""
    command = [
        "git",
        "-c",
        "safe.directory=*",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True).stdout.decode()
    return [Path(name) for name in sorted(filter(None, listed.split("\0"))) if (root / name).is_file()]


def text_faults(root: Path, files: Iterable[Path]) -> Iterator[str]:
    """Find package index hosts and paths of one machine in any text file."""
    for file in files:
        content = (root / file).read_bytes()
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode(errors="replace").splitlines(), start=1):
            if INDEX_HOST.search(line):
                yield f"{file}:{number}: names the host of a package index"
            if MACHINE_PATH.search(line):
                yield f"{file}:{number}: names a path of one machine"


def python_faults(root: Path, files: Iterable[Path]) -> Iterator[str]:
    """Find what is too long, and SQL in the wrong place, in the packages."""
    for file in files:
        if file.suffix != ".py" or file.parts[0] not in PACKAGES:
            continue
        source = (root / file).read_text(encoding="utf-8")
        lines = source.count("\n")
        if lines > LONGEST_FILE:
            yield f"{file}:1: {lines} lines, at most {LONGEST_FILE}"
        tree = ast.parse(source, filename=str(file))
        for number, message in [*long_functions(tree), *misplaced_sql(file, tree)]:
            yield f"{file}:{number}: {message}"


def long_functions(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Find functions that are too long, their docstring not counted."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if docstring := docstring_of(node):
                lines -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield node.lineno, f"{node.name} has {lines} lines, at most {LONGEST_FUNCTION}"


def misplaced_sql(file: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Find statements outside the files that are for them: as text, or built by SQLAlchemy."""
    if file.name in SQL_FILES or file.name.endswith(SQL_ENDING) or file.parent.name == SQL_FOLDER:
        return
    docstrings = {id(text) for node in ast.walk(tree) if (text := docstring_of(node))}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in docstrings and SQL_STATEMENT.match(node.value):
                yield node.lineno, "SQL belongs into queries.py, ingest.py or a .sql file"
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sqlalchemy":
            for name in sorted(SQL_BUILDERS & {alias.name for alias in node.names}):
                yield node.lineno, f"builds SQL with {name}: that belongs into queries.py or ingest.py"


def docstring_of(node: ast.AST) -> ast.Constant | None:
    """Return the docstring of a module, class or function; a text below an assignment counts too."""
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.Expr):
        return None
    first = node if isinstance(node, ast.Expr) else node.body[0] if node.body else None
    value = first.value if isinstance(first, ast.Expr) else None
    return value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


if __name__ == "__main__":
    here = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    sys.exit(1 if main(here) else 0)
