"""``geo user``: people who can sign in, and their tokens."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table

from geo_service.auth import service
from geo_service.auth.models import Role
from geo_service.auth.queries import all_users
from geo_service.console import command_database, err, out, print_json, who

user_app = typer.Typer(
    help="People who can sign in, and their API tokens.", no_args_is_help=True, add_completion=False
)

Name = Annotated[str, typer.Argument(help="Sign-in name: a-z, 0-9 and . _ @ -")]
Roles = Annotated[list[Role], typer.Option("--role", help="Role; may be given several times.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input (for scripts).")
]


@user_app.command("add")
def add(name: Name, role: Roles, password_stdin: FromStdin = False) -> None:
    """Add a user; asks for the password."""
    with command_database() as database:
        service.require_new_name(database, name)
        service.create_user(database, name, _password(password_stdin), role, actor=who())
        err.print(f"Added {name.lower()} with {', '.join(sorted(role))}.", highlight=False)


@user_app.command("password")
def password(name: Name, password_stdin: FromStdin = False) -> None:
    """Set a user's password; ends all their sessions."""
    with command_database() as database:
        service.set_password(database, name, _password(password_stdin), actor=who())
        err.print(f"Password of {name.lower()} set; their sessions have ended.", highlight=False)


@user_app.command("roles")
def roles(name: Name, role: Roles) -> None:
    """Replace a user's roles."""
    with command_database() as database:
        service.set_roles(database, name, role, actor=who())
        err.print(f"{name.lower()} now has {', '.join(sorted(role))}.", highlight=False)


@user_app.command("lock")
def lock(name: Name) -> None:
    """Lock a user out."""
    with command_database() as database:
        service.deactivate(database, name, actor=who())
        err.print(f"{name.lower()} is locked out.", highlight=False)


@user_app.command("list")
def list_users(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List users and roles."""
    with command_database() as database, database.read() as connection:
        rows = [
            {"name": row.name, "roles": row.roles, "active": row.is_active, "demo": row.is_demo}
            for row in connection.execute(all_users())
        ]
    if as_json:
        print_json(rows)
        return
    table = Table("name", "roles", "active", "demo")
    for row in rows:
        table.add_row(
            row["name"], ", ".join(row["roles"]), *("✓" if row[key] else "" for key in ("active", "demo"))
        )
    out.print(table)


@user_app.command("token")
def token(
    name: Name,
    label: Annotated[str, typer.Option(help="What the token is for.")],
    days: Annotated[int, typer.Option(min=1, max=3650, help="Days until it expires.")] = 365,
) -> None:
    """Hand out a bearer token; it is printed once."""
    with command_database() as database:
        expires = datetime.now(UTC) + timedelta(days=days)
        text = service.create_token(database, name, label, expires, actor=who())
        err.print(f"Expires on {expires:%Y-%m-%d}. Send it as: Authorization: Bearer …", highlight=False)
        typer.echo(text)


@user_app.command("revoke")
def revoke(
    name: Name,
    label: Annotated[str | None, typer.Option(help="Only tokens of this label.")] = None,
) -> None:
    """Revoke a user's tokens."""
    with command_database() as database:
        number = service.revoke_tokens(database, name, label, datetime.now(UTC), actor=who())
        err.print(f"{number} token(s) revoked.", highlight=False)


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed
