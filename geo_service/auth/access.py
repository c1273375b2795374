"""Access as a type in the signature of a route: ``caller: Planner``.

Every route carries one of the types below. ``identify`` runs once per request, before anything else of the
route, so that the transaction knows on whose behalf it writes.
"""

import hashlib
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from sqlalchemy import Select

from geo_service.auth.caller import ANYBODY, Caller, Via
from geo_service.auth.models import Role
from geo_service.auth.queries import user_by_session, user_by_token
from geo_service.db import get_database
from geo_service.errors import Forbidden, Unauthenticated
from geo_service.headers import header
from geo_service.wording import Sentence, word

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
SIGN_IN: Final = Sentence("Bitte melden Sie sich an.", "This is for signed-in people. Please sign in.")
TOKEN_LENGTH: Final = (20, 200)


async def identify(request: Request) -> Caller:
    """Find out who asks: bearer token, session cookie, or nobody.

    Raises
    ------
    Unauthenticated
        When a bearer token is not valid: an answer for the public would hide that from its user.
    Forbidden
        When a browser sends a form or script of another site.
    """
    scheme, _, token = (header(request.scope, b"authorization") or b"").partition(b" ")
    if scheme.lower() == b"bearer":
        caller = await _by_token(request, token.decode("latin-1").strip())
    else:
        if request.method not in SAFE_METHODS:
            require_same_origin(request)
        caller = await _by_session(request)
    request.state.caller = caller
    request.state.actor = caller.name
    return caller


def require_same_origin(request: Request) -> None:
    """Refuse a changing request that a browser sends on behalf of another site (CSRF).

    Browsers say so by ``Sec-Fetch-Site``, older ones by ``Origin``; programs send neither and have no cookie
    jar that another site could use.

    Raises
    ------
    Forbidden
        When the request comes from another site.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        allowed = site in {"same-origin", "none"}
    else:
        allowed = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    if not allowed:
        raise Forbidden("This request was sent by a page of another site.")


async def _by_token(request: Request, token: str) -> Caller:
    shortest, longest = TOKEN_LENGTH
    caller = None
    if shortest <= len(token) <= longest:
        caller = await _look_up(request, user_by_token(hash_token(token)), "token")
    if caller is None:
        raise Unauthenticated("The token is unknown, expired or revoked.")
    return caller


async def _by_session(request: Request) -> Caller:
    if "session" not in request.scope:
        return ANYBODY
    session = request.session
    if "user" not in session:
        return ANYBODY
    caller = await _look_up(request, user_by_session(session["user"], session["epoch"]), "session")
    if caller is None:
        session.clear()
    return caller or ANYBODY


async def _look_up(request: Request, statement: Select[str, list[str]], via: Via) -> Caller | None:
    """Read the user in a session of its own, given back before the route asks for its own."""
    async with get_database(request).read_session() as session:
        row = (await session.execute(statement)).one_or_none()
    return Caller(row[0], frozenset(map(Role, row[1])), via) if row else None


def hash_token(token: str) -> str:
    """Return what is stored of a token: it is random and long, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


Identified = Annotated[Caller, Depends(identify)]


class Requires(SecurityBase):
    """Dependency that lets a caller with one of the roles pass; no role given: anybody signed in.

    The OpenAPI document says so of each route that has it.

    Parameters
    ----------
    *roles
        Roles of which one is enough; an admin always passes.
    """

    model = HTTPBearer(description="Token of a user who may; in the browser the session serves instead.")
    scheme_name = "token"

    def __init__(self, *roles: Role) -> None:
        self.roles = frozenset(roles)

    async def __call__(self, caller: Identified) -> Caller:
        """Return the caller.

        Raises
        ------
        Unauthenticated
            When nobody is signed in.
        Forbidden
            When the role is missing.
        """
        if not caller.signed_in:
            raise Unauthenticated(SIGN_IN)
        if self.roles and not caller.may(self.roles):
            wanted = Sentence.join((word(role) for role in sorted(self.roles)), " / ")
            raise Forbidden(
                Sentence(
                    f"Dafür braucht es die Rolle {wanted.de}.",
                    f"This needs the role {wanted.en}. Ask your administrator for it.",
                )
            )
        return caller


class Anyone:
    """Dependency that lets everybody pass and tells who it is."""

    async def __call__(self, caller: Identified) -> Caller:
        """Return the caller."""
        return caller


Public = Annotated[Caller, Depends(Anyone())]
"""Anybody; the caller says how much they may see."""
SignedIn = Annotated[Caller, Depends(Requires())]
"""Any signed-in person."""
InvestorSupport = Annotated[Caller, Depends(Requires(Role.INVESTOR_SUPPORT))]
"""Advisers of companies; admins."""
Planner = Annotated[Caller, Depends(Requires(Role.PLANNER))]
"""Planners; admins."""
VacancyManager = Annotated[Caller, Depends(Requires(Role.VACANCY_MANAGER))]
"""Managers of vacancies and contests; admins."""
Admin = Annotated[Caller, Depends(Requires(Role.ADMIN))]
"""Admins."""
