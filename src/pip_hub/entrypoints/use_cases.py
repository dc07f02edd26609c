"""Who gets what, inside the core: every use case, given adapters for every port.

The hub fills the dependencies with real adapters (`container.py`); tests fill them with the in-memory ones.
"""

from __future__ import annotations

from dependency_injector import containers, providers

from pip_hub.application.accounts.doorkeeper import Doorkeeper
from pip_hub.application.accounts.sign_in import SignIn
from pip_hub.application.accounts.sign_out import SignOut
from pip_hub.application.activity.view_activity import ViewActivity
from pip_hub.application.clients.register_client import RegisterClient
from pip_hub.application.connectors.change_level import ChangeLevel
from pip_hub.application.connectors.choose_organisation import ChooseOrganisation
from pip_hub.application.connectors.connect_connector import ConnectConnector
from pip_hub.application.connectors.disconnect import Disconnect
from pip_hub.application.connectors.finish_connecting import FinishConnecting
from pip_hub.application.connectors.keep_connection import KeepConnection
from pip_hub.application.connectors.mark_ended import MarkEnded
from pip_hub.application.connectors.note_organisations import NoteOrganisations
from pip_hub.application.connectors.owe_revocation import OweRevocation
from pip_hub.application.connectors.reconnect_narrower import ReconnectNarrower
from pip_hub.application.connectors.refresh_provider_tokens import RefreshProviderTokens
from pip_hub.application.connectors.release_connector_token import ReleaseConnectorToken
from pip_hub.application.connectors.send_to_provider import SendToProvider
from pip_hub.application.connectors.tell_provider import TellProvider
from pip_hub.application.connectors.tell_user import TellUser
from pip_hub.application.flows.answered import AnswerAgain
from pip_hub.application.flows.cancel_flow import CancelFlow
from pip_hub.application.flows.complete_flow import CompleteFlow
from pip_hub.application.flows.connector_cards import DealCards
from pip_hub.application.flows.start_flow import StartFlow
from pip_hub.application.flows.view_hub import ViewHub
from pip_hub.application.housekeeping.keep_grants_alive import KeepGrantsAlive
from pip_hub.application.housekeeping.purge_expired import PurgeExpired
from pip_hub.application.housekeeping.reseal_secrets import ResealSecrets
from pip_hub.application.housekeeping.retry_revocations import RetryRevocations
from pip_hub.application.policy import Policy
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.password_hasher import CommonPasswords, PasswordHasher
from pip_hub.application.ports.provider_gateway import ProviderGateway
from pip_hub.application.ports.secret_source import SecretSource
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.application.ports.vault import Vault
from pip_hub.application.resources.add_resource import AddResource
from pip_hub.application.resources.list_resources import ListResources
from pip_hub.application.resources.remove_resource import RemoveResource
from pip_hub.application.tokens.introspect_token import IntrospectToken
from pip_hub.application.tokens.issue_tokens import IssueTokens
from pip_hub.application.tokens.redeem_code import RedeemCode
from pip_hub.application.tokens.refresh_tokens import RefreshTokens
from pip_hub.application.tokens.revoke_token import RevokeToken
from pip_hub.domain.connector import ConnectorCatalogue


class UseCases(containers.DeclarativeContainer):
    """Ports in, use cases out. Use cases are stateless, so one instance each serves all requests."""

    policy = providers.Dependency(instance_of=Policy)
    catalogue = providers.Dependency(instance_of=ConnectorCatalogue)
    unit_of_work: providers.Dependency[OpenUnitOfWork] = providers.Dependency()
    """An `OpenUnitOfWork`: itself the callable, not what it returns."""
    gateway: providers.Dependency[ProviderGateway] = providers.Dependency()
    vault: providers.Dependency[Vault] = providers.Dependency()
    hasher: providers.Dependency[PasswordHasher] = providers.Dependency()
    common_passwords: providers.Dependency[CommonPasswords] = providers.Dependency()
    clock: providers.Dependency[Clock] = providers.Dependency()
    secrets: providers.Dependency[SecretSource] = providers.Dependency()

    doorkeeper = providers.Singleton(
        Doorkeeper,
        unit_of_work=unit_of_work,
        hasher=hasher,
        common_passwords=common_passwords,
        clock=clock,
        secrets=secrets,
        policy=policy,
    )
    sign_in = providers.Singleton(SignIn, unit_of_work=unit_of_work, doorkeeper=doorkeeper, clock=clock)
    sign_out = providers.Singleton(SignOut, unit_of_work=unit_of_work)

    start_flow = providers.Singleton(
        StartFlow, unit_of_work=unit_of_work, doorkeeper=doorkeeper, clock=clock, secrets=secrets, policy=policy
    )
    deal_cards = providers.Singleton(DealCards, catalogue=catalogue, policy=policy)
    answer_again = providers.Singleton(AnswerAgain, vault=vault, clock=clock, policy=policy)
    view_hub = providers.Singleton(
        ViewHub,
        unit_of_work=unit_of_work,
        catalogue=catalogue,
        deal_cards=deal_cards,
        answer_again=answer_again,
        clock=clock,
        policy=policy,
    )
    view_activity = providers.Singleton(
        ViewActivity, unit_of_work=unit_of_work, catalogue=catalogue, clock=clock, policy=policy
    )
    complete_flow = providers.Singleton(
        CompleteFlow,
        unit_of_work=unit_of_work,
        catalogue=catalogue,
        answer_again=answer_again,
        vault=vault,
        clock=clock,
        secrets=secrets,
        policy=policy,
    )
    cancel_flow = providers.Singleton(
        CancelFlow, unit_of_work=unit_of_work, answer_again=answer_again, clock=clock, policy=policy
    )

    mark_ended = providers.Singleton(MarkEnded, unit_of_work=unit_of_work, clock=clock, secrets=secrets)
    note_organisations = providers.Singleton(
        NoteOrganisations, unit_of_work=unit_of_work, gateway=gateway, clock=clock, secrets=secrets
    )
    refresh_provider_tokens = providers.Singleton(
        RefreshProviderTokens,
        unit_of_work=unit_of_work,
        gateway=gateway,
        vault=vault,
        clock=clock,
        catalogue=catalogue,
        mark_ended=mark_ended,
        note_organisations=note_organisations,
    )
    release_connector_token = providers.Singleton(
        ReleaseConnectorToken,
        unit_of_work=unit_of_work,
        catalogue=catalogue,
        refresh_provider_tokens=refresh_provider_tokens,
        clock=clock,
    )

    tell_user = providers.Singleton(TellUser, secrets=secrets)
    owe_revocation = providers.Singleton(OweRevocation, secrets=secrets)
    tell_provider = providers.Singleton(
        TellProvider,
        unit_of_work=unit_of_work,
        gateway=gateway,
        refresh_provider_tokens=refresh_provider_tokens,
        vault=vault,
        clock=clock,
        secrets=secrets,
    )
    send_to_provider = providers.Singleton(SendToProvider, gateway=gateway, vault=vault, secrets=secrets, policy=policy)
    keep_connection = providers.Singleton(
        KeepConnection,
        unit_of_work=unit_of_work,
        owe_revocation=owe_revocation,
        vault=vault,
        clock=clock,
        secrets=secrets,
    )

    connect_connector = providers.Singleton(
        ConnectConnector,
        unit_of_work=unit_of_work,
        catalogue=catalogue,
        send_to_provider=send_to_provider,
        clock=clock,
        policy=policy,
    )
    finish_connecting = providers.Singleton(
        FinishConnecting,
        unit_of_work=unit_of_work,
        catalogue=catalogue,
        gateway=gateway,
        keep_connection=keep_connection,
        vault=vault,
        clock=clock,
        policy=policy,
    )
    change_level = providers.Singleton(
        ChangeLevel,
        unit_of_work=unit_of_work,
        catalogue=catalogue,
        send_to_provider=send_to_provider,
        tell_user=tell_user,
        clock=clock,
        policy=policy,
    )
    choose_organisation = providers.Singleton(
        ChooseOrganisation,
        unit_of_work=unit_of_work,
        catalogue=catalogue,
        tell_user=tell_user,
        clock=clock,
        policy=policy,
    )
    disconnect = providers.Singleton(
        Disconnect,
        unit_of_work=unit_of_work,
        catalogue=catalogue,
        owe_revocation=owe_revocation,
        tell_provider=tell_provider,
        tell_user=tell_user,
        clock=clock,
        policy=policy,
    )
    reconnect_narrower = providers.Singleton(
        ReconnectNarrower,
        unit_of_work=unit_of_work,
        catalogue=catalogue,
        owe_revocation=owe_revocation,
        tell_provider=tell_provider,
        tell_user=tell_user,
        send_to_provider=send_to_provider,
        clock=clock,
        policy=policy,
    )

    issue_tokens = providers.Singleton(IssueTokens, secrets=secrets, policy=policy)
    redeem_code = providers.Singleton(RedeemCode, unit_of_work=unit_of_work, issue_tokens=issue_tokens, clock=clock)
    refresh_tokens = providers.Singleton(
        RefreshTokens, unit_of_work=unit_of_work, issue_tokens=issue_tokens, clock=clock
    )
    revoke_token = providers.Singleton(RevokeToken, unit_of_work=unit_of_work, clock=clock)
    introspect_token = providers.Singleton(IntrospectToken, unit_of_work=unit_of_work, catalogue=catalogue, clock=clock)

    register_client = providers.Singleton(RegisterClient, unit_of_work=unit_of_work, clock=clock, secrets=secrets)
    add_resource = providers.Singleton(AddResource, unit_of_work=unit_of_work, clock=clock, secrets=secrets)
    list_resources = providers.Singleton(ListResources, unit_of_work=unit_of_work)
    remove_resource = providers.Singleton(RemoveResource, unit_of_work=unit_of_work)

    purge_expired = providers.Singleton(PurgeExpired, unit_of_work=unit_of_work, clock=clock, policy=policy)
    retry_revocations = providers.Singleton(
        RetryRevocations,
        unit_of_work=unit_of_work,
        catalogue=catalogue,
        tell_provider=tell_provider,
        clock=clock,
    )
    keep_grants_alive = providers.Singleton(
        KeepGrantsAlive,
        unit_of_work=unit_of_work,
        catalogue=catalogue,
        refresh_provider_tokens=refresh_provider_tokens,
        clock=clock,
    )
    reseal_secrets = providers.Singleton(ResealSecrets, unit_of_work=unit_of_work, vault=vault)
