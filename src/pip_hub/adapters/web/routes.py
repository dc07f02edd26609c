"""The URL table, and the application made of it."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence

import attrs
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import Lifespan, Scope

from pip_hub.adapters.web.errors import ErrorAnswers
from pip_hub.adapters.web.headers import SafeHeaders, SafeHeadersMiddleware
from pip_hub.adapters.web.health import ReadyEndpoint, healthz
from pip_hub.adapters.web.hub.activity_page import ActivityEndpoint
from pip_hub.adapters.web.hub.changes import LevelEndpoint, NarrowEndpoint, OrganisationEndpoint
from pip_hub.adapters.web.hub.completion import CancelEndpoint, CompleteEndpoint
from pip_hub.adapters.web.hub.connections import CallbackEndpoint, ConnectEndpoint, DisconnectEndpoint
from pip_hub.adapters.web.hub.pages import HubEndpoint, StatusEndpoint
from pip_hub.adapters.web.hub.sign_in import SignInEndpoint, SignOutEndpoint
from pip_hub.adapters.web.oauth import paths
from pip_hub.adapters.web.oauth.authorize import AuthorizeEndpoint, SubmitEndpoint
from pip_hub.adapters.web.oauth.routes import OAuthEndpoints, oauth_routes
from pip_hub.adapters.web.pages import STATIC, Pages

Handler = Callable[[Request], Awaitable[Response]]


@attrs.frozen(kw_only=True)
class Endpoints:
    """Everything that answers requests."""

    authorize: AuthorizeEndpoint
    submit: SubmitEndpoint
    sign_in: SignInEndpoint
    sign_out: SignOutEndpoint
    hub: HubEndpoint
    status: StatusEndpoint
    connect: ConnectEndpoint
    callback: CallbackEndpoint
    disconnect: DisconnectEndpoint
    level: LevelEndpoint
    organisation: OrganisationEndpoint
    narrow: NarrowEndpoint
    activity: ActivityEndpoint
    complete: CompleteEndpoint
    cancel: CancelEndpoint
    oauth: OAuthEndpoints
    ready: ReadyEndpoint


def create_app(endpoints: Endpoints, pages: Pages, lifespan: Lifespan[Starlette] | None = None) -> Starlette:
    """The hub as an ASGI application.

    Every route is served at the root and below the public URL's path, so a proxy may take that path away or leave it.
    """
    for_programs = _for_programs(endpoints)
    routes = [*for_programs, *_for_people(endpoints), Mount("/static", _Static(directory=STATIC))]
    prefix = pages.addresses.prefix
    answers = ErrorAnswers(pages=pages, json_paths=frozenset(route.path for route in for_programs))
    app = Starlette(
        routes=[*routes, *_below(prefix, routes)],
        middleware=[Middleware(SafeHeadersMiddleware, safe=SafeHeaders(is_https=pages.addresses.is_https))],
        exception_handlers=answers.handlers(),
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # it would redirect to whatever the Host header says
    return app


def _for_people(endpoints: Endpoints) -> list[Route]:
    return [
        _get(paths.AUTHORIZE, endpoints.authorize.get),
        _post(f"{paths.AUTHORIZE}/submit", endpoints.submit.post),
        _get("/sign-in", endpoints.sign_in.get),
        _post("/sign-in", endpoints.sign_in.post),
        _post("/sign-out", endpoints.sign_out.post),
        _get("/integrations", endpoints.hub.get),
        _post("/integrations/complete", endpoints.complete.post),
        _post("/integrations/cancel", endpoints.cancel.post),
        _post("/integrations/{connector}", endpoints.connect.post),
        _get("/integrations/{connector}/callback", endpoints.callback.get),
        _post("/integrations/{connector}/disconnect", endpoints.disconnect.post),
        _post("/integrations/{connector}/level", endpoints.level.post),
        _post("/integrations/{connector}/organisation", endpoints.organisation.post),
        _post("/integrations/{connector}/narrow", endpoints.narrow.post),
        _get("/activity", endpoints.activity.get),
    ]


def _for_programs(endpoints: Endpoints) -> list[Route]:
    return [
        *oauth_routes(endpoints.oauth),
        _get("/integrations/status", endpoints.status.get),
        _get("/healthz", healthz),
        _get("/readyz", endpoints.ready.get),
    ]


def _get(path: str, handler: Handler) -> Route:
    return Route(path, handler, methods=["GET"])


def _post(path: str, handler: Handler) -> Route:
    return Route(path, handler, methods=["POST"])


def _below(prefix: str, routes: Sequence[BaseRoute]) -> list[BaseRoute]:
    return [Mount(prefix, Router(routes, redirect_slashes=False))] if prefix else []


class _Static(StaticFiles):
    """Files that a browser may keep for a day: their addresses change with their content."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "public, max-age=86400"
        return response
