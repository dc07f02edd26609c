"""Who gets what, at the web's edge: every endpoint, given the use cases. Used by the hub and by the tests alike."""

from __future__ import annotations

from dependency_injector import containers, providers

from pip_hub.adapters.web.browser import BrowserCookies
from pip_hub.adapters.web.health import FindProblems, ReadyEndpoint
from pip_hub.adapters.web.hub.activity_page import ActivityEndpoint
from pip_hub.adapters.web.hub.changes import LevelEndpoint, NarrowEndpoint, OrganisationEndpoint
from pip_hub.adapters.web.hub.completion import CancelEndpoint, CompleteEndpoint
from pip_hub.adapters.web.hub.connections import CallbackEndpoint, ConnectEndpoint, DisconnectEndpoint
from pip_hub.adapters.web.hub.hub_page import HubPage
from pip_hub.adapters.web.hub.pages import HubEndpoint, StatusEndpoint
from pip_hub.adapters.web.hub.sign_in import SignInEndpoint, SignOutEndpoint
from pip_hub.adapters.web.oauth.authorize import AuthorizeEndpoint, SubmitEndpoint
from pip_hub.adapters.web.oauth.introspect import IntrospectEndpoint
from pip_hub.adapters.web.oauth.metadata import MetadataEndpoint
from pip_hub.adapters.web.oauth.register import RegisterEndpoint
from pip_hub.adapters.web.oauth.revoke import RevokeEndpoint
from pip_hub.adapters.web.oauth.routes import OAuthEndpoints
from pip_hub.adapters.web.oauth.token import AuthorizationCodeGrant, RefreshTokenGrant, TokenEndpoint
from pip_hub.adapters.web.oauth.token_exchange import GRANT_TYPE, TokenExchangeGrant
from pip_hub.adapters.web.pages import Pages
from pip_hub.adapters.web.routes import Endpoints
from pip_hub.adapters.web.sign_in_page import SignInPage
from pip_hub.application.policy import Policy
from pip_hub.application.ports.secret_source import SecretSource
from pip_hub.domain.connector import ConnectorCatalogue


class WebEndpoints(containers.DeclarativeContainer):
    """Use cases in, `endpoints` and `pages` out: what `create_app` takes."""

    policy = providers.Dependency(instance_of=Policy)
    catalogue = providers.Dependency(instance_of=ConnectorCatalogue)
    secrets: providers.Dependency[SecretSource] = providers.Dependency()
    find_problems: providers.Dependency[FindProblems] = providers.Dependency()
    """A `FindProblems`: itself the callable, not what it returns."""
    use_cases = providers.DependenciesContainer()

    pages = providers.Singleton(Pages, policy)
    cookies = providers.Singleton(
        BrowserCookies,
        addresses=pages.provided.addresses,
        secrets=secrets,
        session_lifetime=policy.provided.session_lifetime,
    )
    sign_in_page = providers.Singleton(SignInPage, pages=pages, cookies=cookies, catalogue=catalogue)
    hub_page = providers.Singleton(
        HubPage, view_hub=use_cases.view_hub, pages=pages, cookies=cookies, catalogue=catalogue
    )

    token = providers.Singleton(
        TokenEndpoint,
        grants=providers.Dict(
            {
                "authorization_code": providers.Singleton(AuthorizationCodeGrant, redeem_code=use_cases.redeem_code),
                "refresh_token": providers.Singleton(RefreshTokenGrant, refresh_tokens=use_cases.refresh_tokens),
                GRANT_TYPE: providers.Singleton(
                    TokenExchangeGrant, release_connector_token=use_cases.release_connector_token
                ),
            }
        ),
    )
    oauth = providers.Singleton(
        OAuthEndpoints,
        token=token,
        register=providers.Singleton(RegisterEndpoint, register_client=use_cases.register_client),
        revoke=providers.Singleton(RevokeEndpoint, revoke_token=use_cases.revoke_token),
        introspect=providers.Singleton(IntrospectEndpoint, introspect_token=use_cases.introspect_token, policy=policy),
        metadata=providers.Singleton(MetadataEndpoint, policy=policy, token=token),
    )

    endpoints = providers.Singleton(
        Endpoints,
        authorize=providers.Singleton(AuthorizeEndpoint, start_flow=use_cases.start_flow, sign_in_page=sign_in_page),
        submit=providers.Singleton(SubmitEndpoint, start_flow=use_cases.start_flow, sign_in_page=sign_in_page),
        sign_in=providers.Singleton(SignInEndpoint, sign_in=use_cases.sign_in, sign_in_page=sign_in_page),
        sign_out=providers.Singleton(SignOutEndpoint, sign_out=use_cases.sign_out, cookies=cookies, pages=pages),
        hub=providers.Singleton(HubEndpoint, hub_page=hub_page),
        status=providers.Singleton(StatusEndpoint, view_hub=use_cases.view_hub, cookies=cookies),
        connect=providers.Singleton(ConnectEndpoint, connect_connector=use_cases.connect_connector, cookies=cookies),
        callback=providers.Singleton(
            CallbackEndpoint,
            finish_connecting=use_cases.finish_connecting,
            cookies=cookies,
            addresses=pages.provided.addresses,
        ),
        disconnect=providers.Singleton(
            DisconnectEndpoint,
            disconnect=use_cases.disconnect,
            cookies=cookies,
            addresses=pages.provided.addresses,
        ),
        level=providers.Singleton(
            LevelEndpoint, change_level=use_cases.change_level, cookies=cookies, addresses=pages.provided.addresses
        ),
        organisation=providers.Singleton(
            OrganisationEndpoint,
            choose_organisation=use_cases.choose_organisation,
            cookies=cookies,
            addresses=pages.provided.addresses,
        ),
        narrow=providers.Singleton(
            NarrowEndpoint,
            reconnect_narrower=use_cases.reconnect_narrower,
            cookies=cookies,
            addresses=pages.provided.addresses,
        ),
        activity=providers.Singleton(
            ActivityEndpoint, view_activity=use_cases.view_activity, cookies=cookies, pages=pages
        ),
        complete=providers.Singleton(CompleteEndpoint, complete_flow=use_cases.complete_flow, hub_page=hub_page),
        cancel=providers.Singleton(CancelEndpoint, cancel_flow=use_cases.cancel_flow, cookies=cookies, pages=pages),
        oauth=oauth,
        ready=providers.Singleton(ReadyEndpoint, find_problems=find_problems),
    )
