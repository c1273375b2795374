"""Routes that are asked thousands of times a second: called without a search for what they take.

FastAPI looks through all routers twice for each request and solves the dependencies of the route anew: twice
the time that such a route itself takes. These stand in front of all others and take three things only, which
are handed to them here. They are described like any other route.
"""

from collections.abc import Callable
from typing import Any, get_type_hints

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from geo_service.auth.access import Public, identify
from geo_service.parameters import given_once


class Direct(APIRoute):
    """A public route whose endpoint takes ``request``, ``caller`` and texts of its path, nothing else.

    Raises
    ------
    TypeError
        When the endpoint takes something else: nobody would make it, or check the caller's role.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
        super().__init__(path, endpoint, **more)
        hints = get_type_hints(endpoint, include_extras=True)
        given = {"request": Request, "caller": Public, **dict.fromkeys(self.param_convertors, str)}
        wrong = [name for name, kind in hints.items() if name != "return" and given.get(name) != kind]
        if wrong or not {"request", "caller"} <= hints.keys():
            raise TypeError(f"{endpoint.__qualname__} takes what a direct route is not given: {wrong}")
        of_path = tuple(name for name in self.param_convertors if name in hints)

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            """Find out who asks, look whether parameters are given once, then ask the endpoint."""
            request = Request(scope, receive, send)
            caller = await identify(request)
            await given_once(request)
            parts = request.path_params
            response: Response = await endpoint(request, caller, **{name: parts[name] for name in of_path})
            await response(scope, receive, send)

        self.app = answer  # errors are told by the application, as those of all routes


busiest = APIRouter(route_class=Direct, dependencies=[Depends(identify), Depends(given_once)])
"""Stands in front of all other routes, not included in a router: `create_app`."""
