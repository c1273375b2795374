"""What is done with users and tokens: create, set passwords, sign in, hand out and revoke tokens."""

import logging
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from geo_service.auth import passwords, queries
from geo_service.auth.access import hash_token
from geo_service.auth.caller import Caller
from geo_service.auth.models import Role, User
from geo_service.auth.throttle import Throttle
from geo_service.db import Database
from geo_service.errors import Conflict, InvalidInput, NotFound, Unauthenticated, from_integrity_error

logger = logging.getLogger(__name__)

NAME_FORM = re.compile(r"[a-z0-9][a-z0-9._@-]{0,99}")


@dataclass(frozen=True, slots=True)
class SignedInUser:
    """Someone whose password was right."""

    id: int
    epoch: int
    caller: Caller


async def sign_in(
    database: Database, throttle: Throttle, credentials: tuple[str, str], address: str
) -> SignedInUser:
    """Check name and password.

    Parameters
    ----------
    database
        Where the users are.
    throttle
        Failed attempts so far.
    credentials
        Name and password as typed.
    address
        Where the attempt comes from.

    Raises
    ------
    Unauthenticated
        When they do not belong together; never says which of them is wrong.
    TooManyAttempts
        After too many failures.
    """
    name, password = credentials[0].strip().lower(), credentials[1]
    throttle.attempt(name[:100], address)
    user = None
    if NAME_FORM.fullmatch(name):
        async with database.read_session() as session:
            user = (await session.scalars(queries.user_by_name(name))).one_or_none()
    right = await passwords.matches_async(user.password_hash if user else None, password)
    if user is None or not right:
        logger.info("sign-in failed from %s", address)
        raise Unauthenticated("Name or password is wrong.")
    throttle.success(name, address)
    return SignedInUser(
        user.id, user.session_epoch, Caller(user.name, frozenset(map(Role, user.roles)), "session")
    )


def create_user(
    database: Database,
    name: str,
    password: str,
    roles: Iterable[Role],
    *,
    actor: str = "cli",
    is_demo: bool = False,
) -> None:
    """Create a user who can sign in.

    Raises
    ------
    InvalidInput
        When the name or the password does not fit.
    Conflict
        When the name is taken.
    """
    name = name.strip().lower()
    if not NAME_FORM.fullmatch(name):
        raise InvalidInput(
            "A name starts with a letter or digit and holds only a-z, 0-9 and . _ @ -", parameter="name"
        )
    values = {
        "name": name,
        "password_hash": passwords.hashed(password, name),
        "roles": sorted(Role(role).value for role in roles),
        "is_demo": is_demo,
    }
    try:
        with database.begin(actor=actor) as connection:
            connection.execute(queries.add_user(values))
    except IntegrityError as error:
        raise from_integrity_error(error) from error


def require_new_name(database: Database, name: str) -> None:
    """Refuse a name that is taken, before anybody thinks of a password.

    Raises
    ------
    Conflict
        When somebody has it.
    """
    with database.read() as connection:
        if connection.execute(queries.user_by_name(name.strip().lower())).one_or_none() is not None:
            raise Conflict(f"A user {name.strip().lower()!r} exists already. Choose another name.")


def set_password(database: Database, name: str, password: str, *, actor: str = "cli") -> None:
    """Set a user's password; all their sessions end.

    Raises
    ------
    NotFound
        When there is no such user.
    InvalidInput
        When the password does not fit.
    """
    values = {"password_hash": passwords.hashed(password, name), "session_epoch": User.session_epoch + 1}
    with database.begin(actor=actor) as connection:
        connection.execute(queries.change_user(_user_id(connection, name), values))


def set_roles(database: Database, name: str, roles: Iterable[Role], *, actor: str = "cli") -> None:
    """Replace a user's roles; they hold from the next request on.

    Raises
    ------
    NotFound
        When there is no such user.
    """
    values = {"roles": sorted(Role(role).value for role in roles)}
    with database.begin(actor=actor) as connection:
        connection.execute(queries.change_user(_user_id(connection, name), values))


def deactivate(database: Database, name: str, *, actor: str = "cli") -> None:
    """Lock a user out: no sign-in, no session, no token.

    Raises
    ------
    NotFound
        When there is no such user.
    """
    values = {"is_active": False, "session_epoch": User.session_epoch + 1}
    with database.begin(actor=actor) as connection:
        connection.execute(queries.change_user(_user_id(connection, name), values))


def user_names(database: Database) -> frozenset[str]:
    """Return the names of all users."""
    with database.read() as connection:
        return frozenset(connection.scalars(queries.user_names()))


def create_token(
    database: Database, name: str, label: str, expires_at: datetime | None, *, actor: str = "cli"
) -> str:
    """Hand out a bearer token for a user; it is shown once, only its hash is kept.

    Parameters
    ----------
    database
        Where the tokens are.
    name
        User for whom the token speaks.
    label
        What it is for.
    expires_at
        When it ends (with time zone); None: never.
    actor
        Who does it, for the audit.

    Raises
    ------
    NotFound
        When there is no such user.
    """
    token = f"geo_{secrets.token_urlsafe(32)}"
    with database.begin(actor=actor) as connection:
        values = {
            "user_id": _user_id(connection, name),
            "token_hash": hash_token(token),
            "name": label,
            "expires_at": expires_at,
        }
        connection.execute(queries.add_token(values))
    return token


def revoke_tokens(
    database: Database, name: str, label: str | None, at: datetime, *, actor: str = "cli"
) -> int:
    """Revoke a user's tokens of that label (None: all) and return their number.

    Raises
    ------
    NotFound
        When there is no such user.
    """
    with database.begin(actor=actor) as connection:
        return connection.execute(queries.revoke_tokens(_user_id(connection, name), label, at)).rowcount


def _user_id(connection: Connection, name: str) -> int:
    found = connection.scalar(queries.user_id(name.strip().lower()))
    if found is None:
        raise NotFound(f"There is no user {name!r}.", parameter="name")
    return found
