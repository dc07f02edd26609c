"""Xero and Google as they behave, over real HTTP, for the demo and the tests.

The hub reaches it only because connector endpoints are configuration. It imports nothing of the hub, so what it
answers is a second opinion, not the hub's own.
"""

from pip_hub.adapters.sandbox.app import create_sandbox_app
from pip_hub.adapters.sandbox.config import (
    GoogleClient,
    GoogleProject,
    Pkce,
    Publishing,
    SandboxConfig,
    XeroApp,
    callback_urls,
    demo_config,
)
from pip_hub.adapters.sandbox.store import StateFileUnreadable

__all__ = [
    "GoogleClient",
    "GoogleProject",
    "Pkce",
    "Publishing",
    "SandboxConfig",
    "StateFileUnreadable",
    "XeroApp",
    "callback_urls",
    "create_sandbox_app",
    "demo_config",
]
