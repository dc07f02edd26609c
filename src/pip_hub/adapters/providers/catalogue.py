"""The connectors of this installation, read from connector files.

A connector is one TOML file `<key>.toml`; the key is its place in URLs and in the names of its settings. Fields that
several connectors share stand in `_<name>.toml`, and each of them says `extends = "<name>"`. Later layers are laid
over earlier ones, field by field: first the files that come with pip-hub, then the operator's folder, then overrides
made by a program (the demo), which have the same form: `{"<file name without .toml>": <the file's table>}`. So a file
or override with a known name changes the fields it has, and one with a new name adds a connector. The fields of the
tables `revoke`, `openid`, `organisations` and `refresh` are replaced one by one, the other tables whole.

The fields are described in docs/add-a-connector.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from pip_hub.adapters.providers.catalogue_files import KEY, built_in, merged, of_folder, of_mapping
from pip_hub.adapters.providers.credentials import ConnectorCredentials
from pip_hub.adapters.providers.fields import Fields, Found
from pip_hub.domain.connector import (
    ConnectorCatalogue,
    ConnectorSpec,
    OpenIdSpec,
    OrganisationsSpec,
    RefreshSpec,
    RevokeRadius,
    RevokeSpec,
    TokenAuth,
)
from pip_hub.domain.identifiers import ConnectorKey, ProviderKey
from pip_hub.domain.permission import Level, ScopeRules

_WORD = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_WORD_MEANING = "a word of small letters, digits, - and _"
_RESERVED_KEYS = frozenset({"cancel", "complete", "status"})
"""Taken by pages beside `/integrations/<key>`."""
_OWN_PARAMETERS = frozenset(
    {"client_id", "code_challenge", "code_challenge_method", "login_hint", "nonce"}
    | {"redirect_uri", "response_mode", "response_type", "scope", "state"}
)
_ALGORITHMS = frozenset({"ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"})
"""Signatures that a public key verifies: with a shared secret, or none, an ID token proves nothing here."""
_LAST = 1000
_LONGEST_IDLE_DAYS = 3650


class CatalogueMistake(ValueError):
    """The connector files cannot be used; `mistakes` has one line each, with file, field and remedy."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def load_catalogue(
    credentials: Mapping[str, ConnectorCredentials],
    extra_dir: Path | None = None,
    overrides: Mapping[str, Mapping[str, object]] | None = None,
) -> ConnectorCatalogue:
    """Read every connector, in the order the hub shows them; one without credentials is not available.

    Raises:
        CatalogueMistake: with every mistake in files and credentials.
    """
    mistakes: list[str] = []
    layers = [built_in(mistakes)]
    if extra_dir is not None:
        layers.append(of_folder(extra_dir, mistakes))
    layers.append(of_mapping(overrides or {}))
    ordered: list[tuple[int, ConnectorSpec]] = []
    for key, (home, found) in merged(layers, mistakes).items():
        ordered.append(_read(key, home, found, credentials.get(key), mistakes))
    known = {spec.key for _, spec in ordered}
    mistakes.extend(
        f"{_setting(key, 'CLIENT_ID')}: there is no connector {key!r}; known are {', '.join(sorted(known))}"
        for key in sorted(credentials)
        if key not in known
    )
    mistakes.extend(_mistakes_in_sharing([spec for _, spec in ordered]))
    if mistakes:
        raise CatalogueMistake(tuple(dict.fromkeys(mistakes)))
    return ConnectorCatalogue(tuple(spec for _, spec in sorted(ordered, key=lambda pair: (pair[0], pair[1].key))))


def _mistakes_in_sharing(specs: Sequence[ConnectorSpec]) -> list[str]:
    """Where refresh tokens rotate an account has one token set, which has the scopes of one connector only."""
    by_provider: dict[str, list[str]] = {}
    for spec in specs:
        if spec.refresh is not None and spec.refresh.rotates:
            by_provider.setdefault(spec.provider, []).append(spec.key)
    return [
        f"{keys[1]}.toml: provider {provider!r} rotates its refresh tokens and is {keys[0]}'s already; "
        f"give {keys[1]} a provider, and a registration, of its own"
        for provider, keys in by_provider.items()
        if len(keys) > 1
    ]


def _read(
    key: str, home: str, found: Mapping[str, Found], credentials: ConnectorCredentials | None, mistakes: list[str]
) -> tuple[int, ConnectorSpec]:
    if KEY.fullmatch(key) is None or key in _RESERVED_KEYS:
        mistakes.append(f"{home}: {key!r} cannot be a connector's key; choose another name")
    fields = Fields(key, home, found, mistakes)
    order = fields.number("order", _LAST)
    coming_soon = fields.flag("coming_soon", default=False)
    token_auth = fields.choice("token_auth", TokenAuth)
    spec = ConnectorSpec(
        key=ConnectorKey(key),
        name=fields.text("name"),
        pitch=fields.text("pitch"),
        icon=fields.word("icon", _WORD, _WORD_MEANING, default=key),
        notice=fields.note("notice"),
        provider=ProviderKey(fields.word("provider", _WORD, _WORD_MEANING)),
        provider_name=fields.text("provider_name"),
        available=credentials is not None and not coming_soon,
        authorize_url=fields.url("authorize_url"),
        authorize_params=fields.mapping("authorize_params", forbidden=_OWN_PARAMETERS),
        token_url=fields.url("token_url"),
        token_auth=token_auth,
        pkce=fields.flag("pkce"),
        scopes=_read_scopes(fields),
        revoke=_read_revoke(fields),
        openid=_read_openid(fields),
        organisations=_read_organisations(fields),
        refresh=_read_refresh(fields),
        scopes_add_up=fields.flag("scopes_add_up", default=False),
    )
    if spec.organisations is not None and not (spec.refresh is not None and spec.refresh.rotates):
        fields.complain(
            "refresh.rotates", "must be true where there are organisations: their links share one token set"
        )
    fields.finish()
    if credentials is not None:
        mistakes.extend(_mistakes_in_credentials(key, credentials, token_auth))
    return order, spec


def _read_scopes(fields: Fields) -> ScopeRules:
    levels = fields.scope_lists("levels", required=True)
    for word in levels:
        if word not in set(Level):
            fields.complain("levels", 'may only have "read" and "write"')
    identity = fields.scopes("identity")
    if identity and "openid" not in identity:
        fields.complain("identity", 'must have "openid", since the account is learnt from the ID token')
    return ScopeRules(
        identity=identity,
        levels={Level(word): scopes for word, scopes in levels.items() if word in set(Level)},
        aliases=fields.mapping("aliases"),
        implies=fields.scope_lists("implies", required=False),
        words=fields.mapping("words"),
    )


def _read_revoke(fields: Fields) -> RevokeSpec | None:
    if not fields.has_any("revoke"):
        return None
    return RevokeSpec(url=fields.url("revoke.url"), radius=fields.choice("revoke.radius", RevokeRadius))


def _read_openid(fields: Fields) -> OpenIdSpec:
    return OpenIdSpec(
        issuers=fields.texts("openid.issuers"),
        jwks_url=fields.url("openid.jwks_url"),
        algorithms=fields.texts("openid.algorithms", allowed=_ALGORITHMS),
    )


def _read_organisations(fields: Fields) -> OrganisationsSpec | None:
    if not fields.has_any("organisations"):
        return None
    return OrganisationsSpec(
        list_url=fields.url("organisations.list_url"),
        delete_url=fields.url("organisations.delete_url", placeholder="{id}"),
        id_field=fields.text("organisations.id_field"),
        name_field=fields.text("organisations.name_field"),
        connection_field=fields.text("organisations.connection_field"),
        event_field=fields.text("organisations.event_field"),
        event_claim=fields.text("organisations.event_claim"),
        only=fields.mapping("organisations.only"),
    )


def _read_refresh(fields: Fields) -> RefreshSpec | None:
    if not fields.has_any("refresh"):
        return None
    idle_days = fields.optional_number("refresh.idle_days", 1, _LONGEST_IDLE_DAYS)
    return RefreshSpec(
        rotates=fields.flag("refresh.rotates"),
        narrows=fields.flag("refresh.narrows"),
        idle=None if idle_days is None else timedelta(days=idle_days),
    )


def _mistakes_in_credentials(key: str, credentials: ConnectorCredentials, token_auth: TokenAuth) -> list[str]:
    """RFC 6749 appendix A.1 and A.2: both are printable ASCII."""
    mistakes = []
    secret = credentials.client_secret.reveal() if credentials.client_secret is not None else None
    for name, value in (("CLIENT_ID", credentials.client_id), ("CLIENT_SECRET", secret)):
        if value is not None and not (value and value.isascii() and value.isprintable() and " " not in value):
            mistakes.append(f"{_setting(key, name)}: must be printable ASCII without spaces; copy it again")
    if secret is None and token_auth is not TokenAuth.NONE:
        mistakes.append(f'{_setting(key, "CLIENT_SECRET")}: is missing; set it (or {key} needs token_auth = "none")')
    if secret is not None and token_auth is TokenAuth.NONE:
        mistakes.append(f'{_setting(key, "CLIENT_SECRET")}: {key} has token_auth = "none"; unset one of the two')
    return mistakes


def _setting(key: str, name: str) -> str:
    return f"PIP_HUB_CONNECTOR_{key.upper()}_{name}"
