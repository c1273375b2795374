"""Tables of users and API tokens."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from geo_service.db import Base


class Role(StrEnum):
    """What a signed-in person does in the agency."""

    INVESTOR_SUPPORT = "investor_support"
    PLANNER = "planner"
    VACANCY_MANAGER = "vacancy_manager"
    ADMIN = "admin"


class User(Base):
    """A person who can sign in."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint(
            "roles <@ ARRAY['investor_support','planner','vacancy_manager','admin']", name="roles_known"
        ),
        CheckConstraint("name ~ '^[a-z0-9][a-z0-9._@-]*$'", name="name_form"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True, comment="Sign-in name, lower case")
    display_name: Mapped[str] = mapped_column(server_default="")
    password_hash: Mapped[str] = mapped_column(comment="argon2id")
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    is_demo: Mapped[bool] = mapped_column(server_default=text("false"))
    session_epoch: Mapped[int] = mapped_column(
        server_default=text("0"), comment="Raised to end all sessions of the user"
    )
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ApiToken(Base):
    """A bearer token of a user; only its hash is kept."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True, comment="SHA-256 of the token")
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
