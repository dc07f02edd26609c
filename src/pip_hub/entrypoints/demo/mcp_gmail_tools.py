"""`gmail_search`: one question for the service's list, and one for each message in it."""

from typing import Final
from urllib.parse import quote

import mcp_types as types
from pydantic import BaseModel, Field

from pip_hub.entrypoints.demo.mcp_service import Service, ServiceRequest, Told
from pip_hub.entrypoints.demo.mcp_tool import Answer, Arguments, Context, Tool

GMAIL_SEARCH: Final = "gmail_search"

_MESSAGES: Final = "/users/me/messages"
_MOST: Final = 5


class _Search(Arguments):
    query: str = Field(min_length=1, max_length=200, description="As in Gmail's own search, such as: subject:invoice")


class _ToldId(Told):
    id: str


class _ToldIds(Told):
    # Gmail leaves the list out when it has found nothing, but always says how much it has found.
    messages: tuple[_ToldId, ...] = ()
    found: int = Field(alias="resultSizeEstimate")


class _Header(Told):
    name: str
    value: str


class _Payload(Told):
    headers: list[_Header]


class _ToldMessage(Told):
    id: str
    snippet: str = ""
    payload: _Payload

    def header(self, name: str) -> str:
        return next((each.value for each in self.payload.headers if each.name.lower() == name), "")


class _Message(BaseModel):
    id: str
    sender: str
    subject: str
    date: str
    snippet: str


class _Messages(BaseModel):
    account: str | None
    messages: list[_Message]


def gmail_tools(gmail: Service) -> list[Tool]:
    """The tools that need Gmail."""

    async def search(context: Context, arguments: _Search) -> Answer:
        asked = ServiceRequest(method="GET", path=_MESSAGES, query={"q": arguments.query, "maxResults": str(_MOST)})
        token, told = await gmail.call(context, "read", lambda _token: asked, _ToldIds)
        messages = [await gmail.go_on(token, _one(each.id), _ToldMessage) for each in told.messages[:_MOST]]
        content = _Messages(account=token.account, messages=[_shown(each) for each in messages])
        return Answer(text=_in_words(content), content=content)

    return [
        Tool(
            name=GMAIL_SEARCH,
            title="Search Gmail",
            description="Finds messages in the user's Gmail and tells who sent them, when, and how they begin.",
            arguments=_Search,
            content=_Messages,
            run=search,
            hints=types.ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=True),
        )
    ]


def _one(message_id: str) -> ServiceRequest:
    return ServiceRequest(method="GET", path=f"{_MESSAGES}/{quote(message_id, safe='')}", query={"format": "metadata"})


def _shown(told: _ToldMessage) -> _Message:
    return _Message(
        id=told.id,
        sender=told.header("from"),
        subject=told.header("subject"),
        date=told.header("date"),
        snippet=told.snippet,
    )


def _in_words(content: _Messages) -> str:
    if not content.messages:
        return "No message was found."
    return "\n".join(f"{one.date}, {one.sender}: {one.subject}\n  {one.snippet}" for one in content.messages)
