"""The composition: everything that can be built is built, in every profile."""

from __future__ import annotations

from pathlib import Path

import pytest
from dependency_injector import containers, providers

from pip_hub.adapters.system.keys import new_key
from pip_hub.entrypoints.container import Hub, compose
from pip_hub.entrypoints.demo.home import DemoHome
from pip_hub.entrypoints.demo.run import DemoAddresses, demo_settings
from pip_hub.entrypoints.demo.sandbox import sandbox_endpoints
from pip_hub.entrypoints.settings import Settings

pytestmark = pytest.mark.anyio


def served(_folder: Path) -> Hub:
    return compose(Settings.from_environ({"PIP_HUB_KEYS": new_key()}))


def served_on_postgresql(_folder: Path) -> Hub:
    environ = {
        "PIP_HUB_KEYS": new_key(),
        "PIP_HUB_DATABASE_URL": "postgresql+asyncpg://hub@127.0.0.1/hub",
        "PIP_HUB_PUBLIC_URL": "https://example.com/pip",
        "PIP_HUB_CONNECTOR_XERO_CLIENT_ID": "an-id",
        "PIP_HUB_CONNECTOR_XERO_CLIENT_SECRET": "a-secret",
        "PIP_HUB_REQUIRED_CONNECTORS": "xero",
    }
    return compose(Settings.from_environ(environ))


def demo(folder: Path) -> Hub:
    addresses = DemoAddresses(port=8400)
    home = DemoHome(folder)
    home.prepare(reset=False)
    return compose(demo_settings(home, addresses), sandbox_endpoints(addresses.sandbox))


@pytest.mark.parametrize("profile", [served, served_on_postgresql, demo])
async def test_every_provider_of_every_profile_builds(profile: object, tmp_path: Path) -> None:
    assert callable(profile)
    hub = profile(tmp_path)
    built = [provider() for provider in hub.traverse(types=[providers.Singleton, providers.Factory])]
    names = {type(one).__name__ for one in built}
    assert {"SqlStorage", "AesGcmVault", "AuthlibGateway", "CompleteFlow", "Endpoints"} <= names
    await hub.gateway().aclose()
    await hub.storage().dispose()


def test_a_wrong_argument_name_would_be_noticed() -> None:
    class Wrong(containers.DeclarativeContainer):
        settings = providers.Singleton(DemoHome, no_such_argument=1)

    with pytest.raises(TypeError):
        [provider() for provider in Wrong().traverse(types=[providers.Singleton])]
