"""The two tools that show what the hub says about a token, and nothing else."""

from typing import Final

import attrs
import mcp_types as types
from pydantic import BaseModel

from pip_hub.entrypoints.demo.mcp_bearer import Connector, bearer_of
from pip_hub.entrypoints.demo.mcp_tool import Answer, Context, NoArguments, Tool, access_token_of

WHOAMI: Final = "whoami"
LIST_CONNECTORS: Final = "list_connectors"

_HINTS: Final = types.ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_LEVELS: Final = {"read": "read only", "write": "read and write"}


class _Person(BaseModel):
    sub: str
    email: str | None
    client_id: str
    scopes: list[str]


class _Connector(BaseModel):
    name: str
    status: str
    account: str | None
    level: str | None


class _Connectors(BaseModel):
    connectors: dict[str, _Connector]
    manage_url: str


def account_tools(manage_url: str) -> list[Tool]:
    """Both of them; `manage_url` is the hub's page where a person changes what they say."""

    async def list_connectors(context: Context, _arguments: NoArguments) -> Answer:
        connectors = bearer_of(access_token_of(context)).connectors
        lines = [_in_words(connector) for connector in connectors.values()] or ["The hub offers no connectors."]
        return Answer(
            text="\n".join([*lines, f"To change this, open {manage_url}"]),
            content=_Connectors(
                connectors={key: _Connector(**attrs.asdict(connector)) for key, connector in connectors.items()},
                manage_url=manage_url,
            ),
        )

    return [
        Tool(
            name=WHOAMI,
            title="Who am I?",
            description="Tells whose access token this is, which client it was given to and what it may be used for.",
            content=_Person,
            run=_whoami,
            hints=_HINTS,
        ),
        Tool(
            name=LIST_CONNECTORS,
            title="List connectors",
            description="Tells which services the user has connected in the hub, to which account, at which level.",
            content=_Connectors,
            run=list_connectors,
            hints=_HINTS,
        ),
    ]


async def _whoami(context: Context, _arguments: NoArguments) -> Answer:
    bearer = bearer_of(access_token_of(context))
    scopes = ", ".join(bearer.scopes) or "none"
    return Answer(
        text=f"You are {bearer.email or bearer.subject}. The client is {bearer.client_id}. Its scopes: {scopes}.",
        content=_Person(sub=bearer.subject, email=bearer.email, client_id=bearer.client_id, scopes=list(bearer.scopes)),
    )


def _in_words(connector: Connector) -> str:
    account = f" to {connector.account}" if connector.account else ""
    reach = f", {_LEVELS[connector.level]}" if connector.level in _LEVELS else ""
    before = f" ({connector.account})" if connector.account else ""
    words = {
        "connected": f"connected{account}{reach}",
        "limited": f"connected{account}{reach}, with fewer permissions than it needs",
        "needs_attention": f"needs attention: connect it again in the hub{before}",
        "not_connected": "not connected",
    }
    return f"{connector.name}: {words.get(connector.status, 'not available')}."
