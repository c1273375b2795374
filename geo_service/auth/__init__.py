"""Users, sign-in, roles, and what each role may see."""

from geo_service.auth.access import (
    Admin,
    InvestorSupport,
    Planner,
    Public,
    SignedIn,
    VacancyManager,
)
from geo_service.auth.caller import ANYBODY, Caller
from geo_service.auth.models import Role

__all__ = [
    "ANYBODY",
    "Admin",
    "Caller",
    "InvestorSupport",
    "Planner",
    "Public",
    "Role",
    "SignedIn",
    "VacancyManager",
]
