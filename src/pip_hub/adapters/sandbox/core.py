"""What every endpoint of the sandbox works with."""

from __future__ import annotations

from pathlib import Path

import attrs

from pip_hub.adapters.sandbox.config import SandboxConfig
from pip_hub.adapters.sandbox.endpoints import Switchboard
from pip_hub.adapters.sandbox.signing import Signer
from pip_hub.adapters.sandbox.store import Store


@attrs.frozen(kw_only=True)
class Sandbox:
    """One running sandbox: its set-up, its memory, its keys and its switchboard."""

    config: SandboxConfig
    store: Store
    signer: Signer
    board: Switchboard

    @classmethod
    def start(cls, config: SandboxConfig, state_file: Path | None) -> Sandbox:
        """A sandbox that goes on from what the file remembers.

        Raises:
            StateFileUnreadable: the file exists and cannot be understood.
        """
        store = Store(state_file)
        return cls(config=config, store=store, signer=Signer(store), board=Switchboard(store))

    def issuer(self, provider: str) -> str:
        """The provider's issuer, which is also the address below which all its endpoints lie."""
        return f"{self.config.public_url}/{provider}"
