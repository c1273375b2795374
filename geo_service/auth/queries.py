"""Statements on users and tokens."""

from datetime import datetime
from typing import Any

from sqlalchemy import Insert, Select, Update, func, insert, or_, select, update

from geo_service.auth.models import ApiToken, User


def user_by_name(name: str) -> Select[User]:
    """Select an active user by sign-in name."""
    return select(User).where(User.name == name, User.is_active)


def user_by_session(user_id: int, epoch: int) -> Select[str, list[str]]:
    """Select name and roles of the user of a session that has not been ended."""
    return select(User.name, User.roles).where(
        User.id == user_id, User.session_epoch == epoch, User.is_active
    )


def user_by_token(token_hash: str) -> Select[str, list[str]]:
    """Select name and roles of the user of a token that is neither expired nor revoked."""
    return (
        select(User.name, User.roles)
        .join(ApiToken, ApiToken.user_id == User.id)
        .where(
            ApiToken.token_hash == token_hash,
            ApiToken.revoked_at.is_(None),
            or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > func.now()),
            User.is_active,
        )
    )


def all_users() -> Select[User]:
    """Select all users by name."""
    return select(User).order_by(User.name)


def user_names() -> Select[str]:
    """Select the names of all users."""
    return select(User.name)


def user_id(name: str) -> Select[int]:
    """Select the id of a user, active or not."""
    return select(User.id).where(User.name == name)


def add_user(values: dict[str, Any]) -> Insert:
    """Insert a user."""
    return insert(User).values(values)


def change_user(user_id: int, values: dict[str, Any]) -> Update:
    """Change columns of a user."""
    return update(User).where(User.id == user_id).values(values)


def end_sessions(name: str) -> Update:
    """End all sessions of a user."""
    return update(User).where(User.name == name).values(session_epoch=User.session_epoch + 1)


def add_token(values: dict[str, Any]) -> Insert:
    """Insert a token."""
    return insert(ApiToken).values(values)


def revoke_tokens(user_id: int, label: str | None, at: datetime) -> Update:
    """Revoke a user's tokens, all or those with a label."""
    statement = update(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    if label is not None:
        statement = statement.where(ApiToken.name == label)
    return statement.values(revoked_at=at)
