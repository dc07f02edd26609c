"""What a tool of the demo's MCP server is made of."""

from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import mcp_types as types
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.context import ServerRequestContext
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request

from pip_hub.mcp import HubAccessToken

Context = ServerRequestContext[dict[str, Any], Request]


class Arguments(BaseModel):
    """What a client may send to a tool: these members, of these types, and no others."""

    model_config = ConfigDict(extra="forbid", strict=True)


class NoArguments(Arguments):
    """Nothing."""


@attrs.frozen(kw_only=True)
class Answer:
    """The same thing twice: in words, and as data for whoever reads the schema."""

    text: str
    content: BaseModel


@attrs.frozen(kw_only=True)
class Tool:
    """A tool: how it is advertised, and what it does.

    `run` takes the context and a value of `arguments`, answers with a content of the type `content`, and raises
    `ToolError` with a finished sentence for whatever a person should read.
    """

    name: str
    title: str
    description: str
    arguments: type[Arguments] = NoArguments
    content: type[BaseModel]
    run: Callable[[Context, Any], Awaitable[Answer]]
    hints: types.ToolAnnotations

    def advertised(self) -> types.Tool:
        """As `tools/list` shows it."""
        return types.Tool(
            name=self.name,
            title=self.title,
            description=self.description,
            input_schema=self.arguments.model_json_schema(),
            output_schema=self.content.model_json_schema(mode="serialization"),
            annotations=self.hints,
        )

    async def call(self, context: Context, given: dict[str, Any] | None) -> types.CallToolResult:
        """Do it.

        Raises:
            ToolError: the arguments do not fit, or something a person should read got in the way.
        """
        answer = await self.run(context, self._read(given or {}))
        return types.CallToolResult(content=[say(answer.text)], structured_content=answer.content.model_dump())

    def _read(self, given: dict[str, Any]) -> Arguments:
        try:
            return self.arguments.model_validate(given)
        except ValidationError as error:
            problems = {self._in_words(str(problem["loc"][0]), problem["msg"]) for problem in error.errors()}
            raise ToolError(f"The arguments do not fit. {' '.join(sorted(problems))}") from None

    def _in_words(self, name: str, problem: str) -> str:
        """Names only what was advertised; what the client made up is not repeated."""
        return f"{name}: {problem}." if name in self.arguments.model_fields else "One of them is unknown here."


def access_token_of(context: Context) -> HubAccessToken:
    """The token of this very HTTP request, never of an earlier one on the same session."""
    user = context.request.scope.get("user") if context.request else None
    access = user.access_token if isinstance(user, AuthenticatedUser) else None
    if not isinstance(access, HubAccessToken):
        raise TypeError("a tool was reached without passing the bearer gate")
    return access


def say(text: str) -> types.TextContent:
    """Words, as MCP wraps them."""
    return types.TextContent(type="text", text=text)
