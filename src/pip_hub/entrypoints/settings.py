"""The operator's settings: `PIP_HUB_*` environment variables, or the same keys in a TOML file.

An environment variable wins over the file named by `PIP_HUB_CONFIG`, so that one value can be changed for one run.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import attrs

from pip_hub.adapters.providers.credentials import ConnectorCredentials
from pip_hub.application.policy import Policy
from pip_hub.domain.identifiers import ConnectorKey
from pip_hub.domain.redirect_uri import LOOPBACK_HOSTS, is_plain_authority
from pip_hub.domain.secret import Secret

PREFIX = "PIP_HUB_"
DEFAULT_PUBLIC_URL = "http://localhost:8400"
DEFAULT_DATABASE_URL = "sqlite+aiosqlite:///pip-hub.db"

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_CREDENTIAL = re.compile(r"CONNECTOR_([A-Z][A-Z0-9_]*)_CLIENT_(ID|SECRET)")
_KNOWN = {
    "PUBLIC_URL",
    "DATABASE_URL",
    "KEYS",
    "CONNECTORS_DIR",
    "REQUIRED_CONNECTORS",
    "BRAND",
    "APP_URL",
    "REGISTRATION",
    "TRUSTED_PROXIES",
}
_LONGEST_BRAND = 40
_NOT_SETTINGS = ("CONFIG", "TEST_")


class SettingsMistake(ValueError):
    """The settings cannot be used; `mistakes` has one line each, with the key and the remedy."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


@attrs.frozen(kw_only=True)
class Settings:
    """Every setting of http.md section 2, read and checked; the sealing keys still as text."""

    public_url: str
    database_url: str = attrs.field(repr=False)
    keys: Secret | None
    credentials: Mapping[str, ConnectorCredentials]
    connectors_dir: Path | None
    required_connectors: tuple[ConnectorKey, ...]
    brand: str
    app_url: str | None
    registration_open: bool
    trusted_proxies: str | None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Read the environment, and the file it names.

        Raises:
            SettingsMistake: with every mistake at once.
        """
        mistakes: list[str] = []
        values = _from_file(environ, mistakes) | _from_environment(environ)
        mistakes.extend(
            f"{PREFIX}{name}: there is no such setting; see docs/run.md for the list"
            for name in sorted(values)
            if name not in _KNOWN and not _CREDENTIAL.fullmatch(name)
        )
        settings = cls(
            public_url=_public_url(values.get("PUBLIC_URL", DEFAULT_PUBLIC_URL), mistakes),
            database_url=_database_url(values.get("DATABASE_URL", DEFAULT_DATABASE_URL), mistakes),
            keys=Secret(values["KEYS"]) if values.get("KEYS") else None,
            credentials=_credentials(values, mistakes),
            connectors_dir=_directory(values.get("CONNECTORS_DIR"), mistakes),
            required_connectors=tuple(ConnectorKey(key) for key in _words(values.get("REQUIRED_CONNECTORS", ""))),
            brand=_brand(values.get("BRAND", "Pip"), mistakes),
            app_url=_app_url(values.get("APP_URL"), mistakes),
            registration_open=_registration(values.get("REGISTRATION", "open"), mistakes),
            trusted_proxies=values.get("TRUSTED_PROXIES") or None,
        )
        if mistakes:
            raise SettingsMistake(tuple(mistakes))
        return settings

    @property
    def policy(self) -> Policy:
        """What the core needs to know of them."""
        return Policy(
            issuer=self.public_url,
            brand=self.brand,
            app_url=self.app_url,
            required_connectors=self.required_connectors,
            registration_open=self.registration_open,
        )


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(PREFIX): value.strip()
        for name, value in environ.items()
        if name.startswith(PREFIX) and not name.removeprefix(PREFIX).startswith(_NOT_SETTINGS)
    }


def _from_file(environ: Mapping[str, str], mistakes: list[str]) -> dict[str, str]:
    name = environ.get(f"{PREFIX}CONFIG")
    if not name:
        return {}
    try:
        table = tomllib.loads(Path(name).read_text(encoding="utf-8"))
    except OSError as problem:
        mistakes.append(f"{PREFIX}CONFIG: cannot read {name} ({problem.strerror}); correct the path")
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        mistakes.append(f"{PREFIX}CONFIG: {name} is not TOML ({problem}); correct it")
        return {}
    values = {}
    for key, value in table.items():
        if not key.startswith(PREFIX) or not isinstance(value, str):
            mistakes.append(
                f'{name}: {key} must be one of the {PREFIX} settings, written as text: {PREFIX}BRAND = "Pip"'
            )
        else:
            values[key.removeprefix(PREFIX)] = value.strip()
    return values


def _public_url(text: str, mistakes: list[str]) -> str:
    url = text.rstrip("/")
    remedy = "set it to the address people open, such as https://hub.example.com"
    parts = _parts(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        mistakes.append(f"{PREFIX}PUBLIC_URL: not an http(s) URL; {remedy}")
    elif parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        mistakes.append(f"{PREFIX}PUBLIC_URL: must be https unless the host is loopback; {remedy}")
    elif not is_plain_authority(parts.netloc) or parts.netloc != parts.netloc.lower():
        mistakes.append(f"{PREFIX}PUBLIC_URL: the host must be plain and in small letters; {remedy}")
    elif f":{parts.port}" == _DEFAULT_PORTS[parts.scheme]:
        mistakes.append(f"{PREFIX}PUBLIC_URL: leave the port out, as browsers do when it is the usual one; {remedy}")
    elif "?" in url or "#" in url:
        mistakes.append(f"{PREFIX}PUBLIC_URL: no query and no fragment; {remedy}")
    elif not re.fullmatch(r"(/[A-Za-z0-9._~-]+)*", parts.path) or {".", ".."} & set(parts.path.split("/")):
        mistakes.append(f"{PREFIX}PUBLIC_URL: a path prefix may have letters, digits and ._~- only; {remedy}")
    return url


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _database_url(text: str, mistakes: list[str]) -> str:
    if not text.startswith(("sqlite+aiosqlite:///", "postgresql+asyncpg://")):
        mistakes.append(
            f"{PREFIX}DATABASE_URL: must begin with sqlite+aiosqlite:/// or postgresql+asyncpg://; correct that"
        )
    return text


def _credentials(values: Mapping[str, str], mistakes: list[str]) -> dict[str, ConnectorCredentials]:
    found: dict[str, dict[str, str]] = {}
    for name, value in values.items():
        match = _CREDENTIAL.fullmatch(name)
        if match and value:
            found.setdefault(match[1].lower(), {})[match[2]] = value
    mistakes.extend(
        f"{PREFIX}CONNECTOR_{key.upper()}_CLIENT_ID: is missing although its secret is set; set it, or unset the secret"
        for key, pair in sorted(found.items())
        if "ID" not in pair
    )
    return {
        key: ConnectorCredentials(
            client_id=pair["ID"], client_secret=Secret(pair["SECRET"]) if "SECRET" in pair else None
        )
        for key, pair in found.items()
        if "ID" in pair
    }


def _directory(text: str | None, mistakes: list[str]) -> Path | None:
    if not text:
        return None
    if not Path(text).is_dir():
        mistakes.append(f"{PREFIX}CONNECTORS_DIR: {text} is not a directory; correct the path")
    return Path(text)


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _brand(text: str, mistakes: list[str]) -> str:
    if not text or not text.isprintable() or len(text) > _LONGEST_BRAND:
        mistakes.append(f"{PREFIX}BRAND: must be 1 to {_LONGEST_BRAND} printable characters; shorten it")
    return text


def _app_url(text: str | None, mistakes: list[str]) -> str | None:
    if not text:
        return None
    parts = _parts(text)
    if parts is None or not parts.hostname or parts.scheme not in {"http", "https"}:
        mistakes.append(f"{PREFIX}APP_URL: not an http(s) URL; set the address of your own app, or unset it")
    return text


def _registration(text: str, mistakes: list[str]) -> bool:
    if text not in {"open", "closed"}:
        mistakes.append(f'{PREFIX}REGISTRATION: must be "open" or "closed"')
    return text == "open"
