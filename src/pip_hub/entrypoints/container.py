"""The composition root: the only file that lists which adapter stands behind which port."""

from __future__ import annotations

from collections.abc import Mapping

from dependency_injector import containers, providers

from pip_hub.adapters.providers.catalogue import load_catalogue
from pip_hub.adapters.providers.gateway import AuthlibGateway
from pip_hub.adapters.sql.unit_of_work import SqlStorage
from pip_hub.adapters.system.clock import SystemClock
from pip_hub.adapters.system.keys import SealingKey, parse_keys
from pip_hub.adapters.system.passwords import Argon2Hasher, CommonPasswordList
from pip_hub.adapters.system.secrets import SystemSecrets
from pip_hub.adapters.system.vault import AesGcmVault
from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.entrypoints.readiness import FindProblems
from pip_hub.entrypoints.settings import Settings, SettingsMistake
from pip_hub.entrypoints.use_cases import UseCases
from pip_hub.entrypoints.web_endpoints import WebEndpoints

Overrides = Mapping[str, Mapping[str, object]]


def read_keys(settings: Settings) -> tuple[SealingKey, ...]:
    """The sealing keys.

    Raises:
        SettingsMistake: there is none, or one is short, malformed or known.
    """
    try:
        return parse_keys(settings.keys.reveal() if settings.keys is not None else "")
    except ValueError as problem:
        raise SettingsMistake((f"PIP_HUB_KEYS: {problem}",)) from None


def read_catalogue(settings: Settings, overrides: Overrides) -> ConnectorCatalogue:
    """The connectors of this installation.

    Raises:
        CatalogueMistake: a connector file or its credentials cannot be used.
        SettingsMistake: a required connector does not exist, or cannot be connected here.
    """
    catalogue = load_catalogue(settings.credentials, settings.connectors_dir, overrides)
    mistakes = []
    for key in settings.required_connectors:
        spec = catalogue.get(key)
        if spec is None:
            known = ", ".join(known.key for known in catalogue)
            mistakes.append(f"PIP_HUB_REQUIRED_CONNECTORS: there is no connector {key!r}; known are {known}")
        elif not spec.available:
            mistakes.append(
                f"PIP_HUB_REQUIRED_CONNECTORS: {key} has no credentials, so nobody could continue; set "
                f"PIP_HUB_CONNECTOR_{key.upper()}_CLIENT_ID, or do not require it"
            )
    if mistakes:
        raise SettingsMistake(tuple(mistakes))
    return catalogue


class Hub(containers.DeclarativeContainer):
    """A whole hub. Nothing is opened while it is composed; `asgi.py` opens and closes."""

    settings = providers.Dependency(instance_of=Settings)
    connector_overrides: providers.Dependency[Overrides] = providers.Dependency(default={})

    policy = settings.provided.policy
    clock = providers.Singleton(SystemClock)
    secrets = providers.Singleton(SystemSecrets)
    hasher = providers.Singleton(Argon2Hasher)
    common_passwords = providers.Singleton(CommonPasswordList)
    storage = providers.Singleton(SqlStorage, settings.provided.database_url)
    keys = providers.Singleton(read_keys, settings)
    vault = providers.Singleton(AesGcmVault, keys)
    catalogue = providers.Singleton(read_catalogue, settings, connector_overrides)
    gateway = providers.Singleton(AuthlibGateway, credentials=settings.provided.credentials, clock=clock)

    use_cases = providers.Container(
        UseCases,
        policy=policy,
        catalogue=catalogue,
        unit_of_work=storage.provided.unit_of_work,
        gateway=gateway,
        vault=vault,
        hasher=hasher,
        common_passwords=common_passwords,
        clock=clock,
        secrets=secrets,
    )
    find_problems = providers.Singleton(FindProblems, storage=storage)
    web = providers.Container(
        WebEndpoints,
        policy=policy,
        catalogue=catalogue,
        secrets=secrets,
        find_problems=find_problems,
        use_cases=use_cases,
    )


def compose(settings: Settings, connector_overrides: Overrides | None = None) -> Hub:
    """A hub for these settings."""
    return Hub(settings=settings, connector_overrides=connector_overrides or {})
