"""Changing a connection that there is: how much it may do, for which organisation, and what the provider holds."""

from __future__ import annotations

import attrs
from starlette.requests import Request
from starlette.responses import Response

from pip_hub.adapters.web.addresses import Addresses
from pip_hub.adapters.web.answers import lead_to
from pip_hub.adapters.web.browser import BrowserCookies
from pip_hub.adapters.web.hub.reading import read_card_form
from pip_hub.application.connectors.change_level import ChangeLevel, ChangeLevelCommand
from pip_hub.application.connectors.choose_organisation import ChooseOrganisation, ChooseOrganisationCommand
from pip_hub.application.connectors.reconnect_narrower import ReconnectNarrower, ReconnectNarrowerCommand
from pip_hub.application.connectors.send_to_provider import LeaveForProvider


@attrs.frozen(kw_only=True)
class LevelEndpoint:
    """`POST /integrations/{connector}/level`: done at once, or off to the provider for what it never granted."""

    change_level: ChangeLevel
    cookies: BrowserCookies
    addresses: Addresses

    async def post(self, request: Request) -> Response:
        form = await read_card_form(request, self.cookies)
        command = ChangeLevelCommand(
            visitor=form.visitor,
            connector=form.connector,
            level=form.fields.one("level") or "",
            flow_id=form.flow_id,
        )
        answer = await self.change_level(command)
        if isinstance(answer, LeaveForProvider):
            return lead_to(request, answer.url)
        return lead_to(request, self.addresses.absolute(self.addresses.hub(answer.flow_id)))


@attrs.frozen(kw_only=True)
class OrganisationEndpoint:
    """`POST /integrations/{connector}/organisation`: the connection is for this one from now on."""

    choose_organisation: ChooseOrganisation
    cookies: BrowserCookies
    addresses: Addresses

    async def post(self, request: Request) -> Response:
        form = await read_card_form(request, self.cookies)
        command = ChooseOrganisationCommand(
            visitor=form.visitor,
            connector=form.connector,
            organisation=form.fields.one("organisation") or "",
            flow_id=form.flow_id,
        )
        chosen = await self.choose_organisation(command)
        return lead_to(request, self.addresses.absolute(self.addresses.hub(chosen.flow_id)))


@attrs.frozen(kw_only=True)
class NarrowEndpoint:
    """`POST /integrations/{connector}/narrow`: everything is taken back, then the provider is asked for less."""

    reconnect_narrower: ReconnectNarrower
    cookies: BrowserCookies
    addresses: Addresses

    async def post(self, request: Request) -> Response:
        form = await read_card_form(request, self.cookies)
        command = ReconnectNarrowerCommand(visitor=form.visitor, connector=form.connector, flow_id=form.flow_id)
        answer = await self.reconnect_narrower(command)
        if isinstance(answer, LeaveForProvider):
            return lead_to(request, answer.url)
        return lead_to(request, self.addresses.absolute(self.addresses.hub(answer.flow_id)))
