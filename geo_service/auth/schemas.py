"""What sign-in takes and tells."""

from typing import Annotated, Literal

from fastapi import Form
from pydantic import BaseModel, ConfigDict, Field

from geo_service.auth.caller import Caller
from geo_service.auth.models import Role


class SignInForm(BaseModel):
    """Fields of the sign-in form."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=100, description="Sign-in name.")
    password: str = Field(max_length=1024, repr=False, description="Password.")
    next: str = Field("/", max_length=2000, description="Page of this service to go on to.")


class SignOutForm(BaseModel):
    """Fields of the sign-out form."""

    model_config = ConfigDict(extra="forbid")

    everywhere: bool = Field(False, description="End the sessions on all other devices too.")


class Me(BaseModel):
    """Who the service takes the caller for."""

    name: str = Field(description="Sign-in name, or public.")
    roles: list[Role] = Field(description="Roles of the caller, sorted.")
    via: Literal["nobody", "session", "token"] = Field(description="How the caller showed who they are.")

    @classmethod
    def of(cls, caller: Caller) -> "Me":
        """Describe a caller."""
        return cls(name=caller.name, roles=sorted(caller.roles), via=caller.via)


FilledSignIn = Annotated[SignInForm, Form()]
FilledSignOut = Annotated[SignOutForm, Form()]
