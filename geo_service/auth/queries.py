"""Statements on users and tokens."""

from sqlalchemy import Select, func, or_, select

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
