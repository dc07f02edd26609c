"""Everything secret that passes between a browser and the servers or lies in the demo's files, to be looked for."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import attrs
from playwright.async_api import BrowserContext, Request, Response

_IN_QUERIES = frozenset({"code", "state", "nonce"})
_IN_FORMS = frozenset({"csrf", "password"})
_IN_SAMPLE_CLIENT = frozenset({"access_token", "refresh_token", "client_secret", "verifier", "state"})
_SHORTEST = 8
"""Characters. Anything shorter would be found by chance."""


@attrs.define
class Wire:
    """Listens to one browser. A secret is kept under a name that says what it is, for whoever reads a failure."""

    _secrets: dict[str, str] = attrs.field(factory=dict)
    _requests: list[Request] = attrs.field(factory=list)
    _responses: list[Response] = attrs.field(factory=list)

    def listen(self, context: BrowserContext) -> None:
        """Note every request and answer from now on."""

        def sent(request: Request) -> None:
            self._requests.append(request)

        def received(response: Response) -> None:
            self._responses.append(response)

        context.on("request", sent)
        context.on("response", received)

    async def secrets(self) -> dict[str, str]:
        """What was seen so far, by value."""
        for request in self._requests:
            query = parse_qsl(urlsplit(request.url).query)
            self._keep(f"in the query of {_place(request.url)}", query, _IN_QUERIES)
            self._keep(f"in the form to {_place(request.url)}", parse_qsl(request.post_data or ""), _IN_FORMS)
        for response in self._responses:
            for header in await response.headers_array():
                if header["name"].lower() == "set-cookie":
                    name, _, value = header["value"].partition(";")[0].partition("=")
                    self._note(value, f"cookie {name} of {_place(response.url)}")
        return dict(self._secrets)

    def _keep(self, where: str, pairs: list[tuple[str, str]], names: frozenset[str]) -> None:
        for name, value in pairs:
            if name in names:
                self._note(value, f"{name} {where}")

    def _note(self, value: str, what: str) -> None:
        if len(value) >= _SHORTEST:
            self._secrets.setdefault(value, what)


def secrets_in_files(folder: Path) -> dict[str, str]:
    """What the demo keeps readable for itself: its sealing key, and what belongs to sandbox and sample client."""
    found = {(folder / "sealing-key").read_text(encoding="ascii").strip(): "the sealing key"}
    found[json.loads((folder / "mcp-server.json").read_text(encoding="utf-8"))["secret"]] = "the MCP server's secret"
    sandbox = json.loads((folder / "sandbox.json").read_text(encoding="utf-8"))
    for provider in ("xero", "google"):
        for kind in ("codes", "refresh_tokens", "access_tokens"):
            found |= dict.fromkeys(sandbox[provider].get(kind, {}), f"one of the {kind} of the sandbox's {provider}")
    client = json.loads((folder / "sample-client.json").read_text(encoding="utf-8"))
    found |= {value: f"{name} of the sample client" for name, value in _named(client, _IN_SAMPLE_CLIENT)}
    return found


def sealed_texts(folder: Path) -> dict[str, str]:
    """Every sealed value in the hub's database."""
    found = dict[str, str]()
    connection = sqlite3.connect(f"file:{folder / 'hub.db'}?mode=ro", uri=True)
    try:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for column in [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]:
                if column.startswith("sealed"):
                    rows = connection.execute(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL")  # noqa: S608 - names from the schema
                    found |= {str(row[0]): f"{table}.{column}" for row in rows}
    finally:
        connection.close()
    return found


def leaks(secrets: dict[str, str], text: bytes) -> list[str]:
    """Names of the secrets that stand in this text."""
    return sorted(what for value, what in secrets.items() if value.encode() in text)


def _named(value: Any, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in names and isinstance(inner, str):
                yield name, inner
            yield from _named(inner, names)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner, names)


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"
