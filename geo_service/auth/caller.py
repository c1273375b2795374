"""Who asks: the public, a signed-in person, or a program with a token."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from geo_service.auth.models import Role

Via = Literal["nobody", "session", "token"]
"""How the caller showed who they are."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The one on whose behalf a request runs.

    Parameters
    ----------
    name
        Sign-in name; "public" for anybody.
    roles
        What they do in the agency.
    via
        How they showed who they are.
    """

    name: str
    roles: frozenset[Role]
    via: Via

    @property
    def signed_in(self) -> bool:
        """Whether the caller is known."""
        return self.via != "nobody"

    def may(self, roles: Iterable[Role]) -> bool:
        """Tell whether the caller has one of the roles; an admin has them all."""
        return Role.ADMIN in self.roles or not self.roles.isdisjoint(roles)


ANYBODY: Final = Caller("public", frozenset(), "nobody")
"""Someone who did not sign in."""
