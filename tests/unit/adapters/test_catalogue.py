"""Reading the connector files."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from pip_hub.adapters.providers.catalogue import CatalogueMistake, load_catalogue
from pip_hub.adapters.providers.credentials import ConnectorCredentials
from pip_hub.domain.connector import ConnectorSpec, RefreshSpec, RevokeRadius, TokenAuth
from pip_hub.domain.permission import Level
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret

GOOGLE = "https://www.googleapis.com/auth/"
CREDENTIALS = ConnectorCredentials(client_id="an-id", client_secret=Secret("a-secret"))

ACME: Mapping[str, object] = {
    "name": "Acme",
    "pitch": "Count anvils",
    "provider": "acme",
    "provider_name": "Acme",
    "authorize_url": "https://acme.example/authorize",
    "token_url": "https://acme.example/token",
    "token_auth": "client_secret_basic",
    "pkce": True,
    "identity": ["openid"],
    "levels": {"read": ["anvils.read"]},
    "openid": {
        "issuers": ["https://acme.example"],
        "jwks_url": "https://acme.example/jwks",
        "algorithms": ["ES256"],
    },
}
ORGANISATIONS: Mapping[str, object] = {
    "list_url": "https://acme.example/tenants",
    "delete_url": "https://acme.example/tenants/{id}",
    "id_field": "id",
    "name_field": "name",
    "connection_field": "connection",
    "event_field": "event",
    "event_claim": "event",
}


def spec_of(key: str) -> ConnectorSpec:
    spec = load_catalogue({}).get(key)
    assert spec is not None
    return spec


def mistakes_of(
    overrides: Mapping[str, Mapping[str, object]], credentials: Mapping[str, ConnectorCredentials] | None = None
) -> tuple[str, ...]:
    with pytest.raises(CatalogueMistake) as refusal:
        load_catalogue(credentials or {}, overrides=overrides)
    return refusal.value.mistakes


def mistakes_of_folder(folder: Path) -> tuple[str, ...]:
    with pytest.raises(CatalogueMistake) as refusal:
        load_catalogue({}, extra_dir=folder)
    return refusal.value.mistakes


def acme(**changes: object) -> Mapping[str, Mapping[str, object]]:
    return {"acme": {**ACME, **changes}}


def test_the_built_in_connectors_come_in_the_order_of_the_hub() -> None:
    assert [(spec.key, spec.name, spec.pitch, spec.notice) for spec in load_catalogue({})] == [
        ("xero", "Xero", "Access invoices, bank accounts, and reports", None),
        ("gmail", "Gmail", "Search emails and download invoices", "Testing mode (limited to 100 users)"),
        ("google_sheets", "Google Sheets", "Read and write spreadsheet data", None),
    ]


def test_a_connector_is_available_once_it_has_credentials() -> None:
    catalogue = load_catalogue({"gmail": CREDENTIALS})
    assert {spec.key: spec.available for spec in catalogue} == {"xero": False, "gmail": True, "google_sheets": False}


def test_a_connector_marked_as_coming_soon_is_never_available() -> None:
    catalogue = load_catalogue({"gmail": CREDENTIALS}, overrides={"gmail": {"coming_soon": True}})
    assert not any(spec.available for spec in catalogue)


def test_no_built_in_connector_knows_a_secret() -> None:
    assert "a-secret" not in repr(load_catalogue({"gmail": CREDENTIALS}))


def test_gmail_and_sheets_share_one_provider_and_its_endpoints() -> None:
    gmail, sheets = spec_of("gmail"), spec_of("google_sheets")
    assert gmail.provider == sheets.provider == "google"
    assert gmail.revoke is not None
    assert gmail.revoke.radius is RevokeRadius.GRANT
    assert (gmail.authorize_url, gmail.token_url, gmail.openid, gmail.revoke) == (
        sheets.authorize_url,
        sheets.token_url,
        sheets.openid,
        sheets.revoke,
    )


def test_google_is_asked_for_a_refresh_token_and_never_for_earlier_grants() -> None:
    for key in ("gmail", "google_sheets"):
        assert spec_of(key).authorize_params == {"access_type": "offline", "prompt": "consent select_account"}


def test_pkce_is_on_for_google_and_off_for_xero_web_apps() -> None:
    assert {spec.key: spec.pkce for spec in load_catalogue({})} == {
        "xero": False,
        "gmail": True,
        "google_sheets": True,
    }


@pytest.mark.parametrize("key", ["xero", "gmail", "google_sheets"])
def test_every_scope_of_a_level_has_words_for_people(key: str) -> None:
    rules = spec_of(key).scopes
    assert set(rules.words) == set(rules.levels[Level.READ] | rules.levels[Level.WRITE])
    assert len(set(rules.words.values())) == len(rules.words)


def test_xeros_refresh_tokens_rotate_and_its_scopes_add_up() -> None:
    spec = spec_of("xero")
    assert spec.refresh == RefreshSpec(rotates=True, narrows=False, idle=timedelta(days=60))
    assert spec.scopes_add_up


@pytest.mark.parametrize("key", ["gmail", "google_sheets"])
def test_googles_refresh_tokens_stay_and_can_be_narrowed(key: str) -> None:
    spec = spec_of(key)
    assert spec.refresh == RefreshSpec(rotates=False, narrows=True, idle=timedelta(days=180))
    assert not spec.scopes_add_up


@pytest.mark.parametrize(
    ("key", "read", "write"),
    [
        ("gmail", "gmail.readonly", "gmail.modify"),
        ("google_sheets", "spreadsheets.readonly", "spreadsheets"),
    ],
)
def test_google_scopes_of_each_level(key: str, read: str, write: str) -> None:
    rules = spec_of(key).scopes
    assert rules.needed(Level.READ) == Scopes.of("openid", "email", GOOGLE + read)
    assert rules.needed(Level.WRITE) == Scopes.of("openid", "email", GOOGLE + write)


@pytest.mark.parametrize("key", ["xero", "gmail", "google_sheets"])
def test_who_was_granted_write_may_read(key: str) -> None:
    rules = spec_of(key).scopes
    assert not rules.missing(Level.READ, rules.needed(Level.WRITE))
    assert rules.missing(Level.WRITE, rules.needed(Level.READ))


def test_xero_is_asked_for_granular_scopes_only() -> None:
    rules = spec_of("xero").scopes
    asked = rules.needed(Level.READ) | rules.needed(Level.WRITE)
    assert "offline_access" in asked
    assert not asked & Scopes.of(
        "accounting.transactions", "accounting.transactions.read", "accounting.reports.read", "app.connections"
    )
    assert all(scope.endswith(".read") for scope in rules.levels[Level.READ])


def test_the_operators_file_replaces_the_fields_it_has(tmp_path: Path) -> None:
    (tmp_path / "xero.toml").write_text(
        'pkce = true\ntoken_auth = "none"\n[revoke]\nurl = "https://xero.example/revoke"\n', encoding="utf-8"
    )
    spec = load_catalogue({}, extra_dir=tmp_path).get("xero")
    before = spec_of("xero")
    assert spec is not None
    assert spec.pkce
    assert spec.token_auth is TokenAuth.NONE
    assert spec.revoke is not None
    assert before.revoke is not None
    assert (spec.revoke.url, spec.revoke.radius) == ("https://xero.example/revoke", before.revoke.radius)
    assert (spec.name, spec.scopes, spec.token_url) == (before.name, before.scopes, before.token_url)


def test_a_shared_file_changes_every_connector_that_extends_it(tmp_path: Path) -> None:
    (tmp_path / "_google.toml").write_text('token_url = "http://localhost:8401/google/token"\n', encoding="utf-8")
    catalogue = load_catalogue({}, extra_dir=tmp_path)
    assert {spec.token_url for spec in catalogue if spec.provider == "google"} == {"http://localhost:8401/google/token"}


def test_a_connectors_own_field_wins_over_the_shared_one() -> None:
    catalogue = load_catalogue({}, overrides={"gmail": {"provider": "gmail-project"}})
    assert {spec.key: spec.provider for spec in catalogue} == {
        "xero": "xero",
        "gmail": "gmail-project",
        "google_sheets": "google",
    }


def test_overrides_win_over_the_operators_folder(tmp_path: Path) -> None:
    (tmp_path / "gmail.toml").write_text('name = "Mail"\npitch = "Read mail"\n', encoding="utf-8")
    spec = load_catalogue({}, extra_dir=tmp_path, overrides={"gmail": {"name": "Post"}}).get("gmail")
    assert spec is not None
    assert (spec.name, spec.pitch) == ("Post", "Read mail")


def test_a_notice_is_taken_away_by_an_empty_one() -> None:
    spec = load_catalogue({}, overrides={"gmail": {"notice": ""}}).get("gmail")
    assert spec is not None
    assert spec.notice is None


def test_a_new_file_adds_a_connector_at_the_end() -> None:
    *_, spec = load_catalogue({"acme": CREDENTIALS}, overrides=acme())
    assert (spec.key, spec.name, spec.icon, spec.available) == ("acme", "Acme", "acme", True)
    assert spec.revoke is None
    assert spec.organisations is None
    assert spec.refresh is None
    assert not spec.scopes_add_up
    assert not spec.offers(Level.WRITE)


def test_a_refresh_token_may_live_for_ever() -> None:
    spec = load_catalogue({}, overrides=acme(refresh={"rotates": True, "narrows": True})).get("acme")
    assert spec is not None
    assert spec.refresh == RefreshSpec(rotates=True, narrows=True, idle=None)


def test_one_field_of_the_refresh_table_is_replaced_alone() -> None:
    spec = load_catalogue({}, overrides={"_google": {"refresh": {"idle_days": 6}}}).get("gmail")
    assert spec is not None
    assert spec.refresh == RefreshSpec(rotates=False, narrows=True, idle=timedelta(days=6))


@pytest.mark.parametrize(
    "changes",
    [
        {"acme": {**ACME, "organisations": ORGANISATIONS}},
        {"acme": {**ACME, "organisations": ORGANISATIONS, "refresh": {"rotates": False, "narrows": True}}},
    ],
    ids=["without refresh tokens", "with one token set per link"],
)
def test_organisations_need_one_token_set_for_all_their_links(changes: Mapping[str, Mapping[str, object]]) -> None:
    assert mistakes_of(changes) == (
        "acme (override): refresh.rotates must be true where there are organisations: their links share one token set",
    )


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"colour": "red"}, "acme (override): colour is not a field of a connector; remove it"),
        ({"token_ulr": "x"}, "acme (override): token_ulr is not a field of a connector; did you mean token_url?"),
        (
            {"client_secret": "oops"},
            "acme (override): client_secret belongs into the settings: PIP_HUB_CONNECTOR_ACME_CLIENT_SECRET",
        ),
        ({"name": ""}, "acme (override): name must be text of 1 to 200 printable characters"),
        ({"name": "A\u202eB"}, "acme (override): name must be text of 1 to 200 printable characters"),
        ({"order": "first"}, "acme (override): order must be a whole number, without quotes"),
        ({"order": True}, "acme (override): order must be a whole number, without quotes"),
        ({"pkce": "yes"}, "acme (override): pkce must be true or false, without quotes"),
        ({"icon": "../etc"}, "acme (override): icon must be a word of small letters, digits, - and _"),
        (
            {"token_auth": "private_key_jwt"},
            'acme (override): token_auth must be "client_secret_basic" or "client_secret_post" or "none"',
        ),
        ({"levels": {}}, 'acme (override): levels must be a table of scope lists, such as key = ["scope", "scope"]'),
        ({"levels": {"admin": ["x"]}}, 'acme (override): levels may only have "read" and "write"'),
        (
            {"levels": {"read": ["one two"]}},
            "acme (override): levels must list scopes, each a text of its own without spaces",
        ),
        (
            {"levels": {"read": ['"']}},
            "acme (override): levels must list scopes, each a text of its own without spaces",
        ),
        (
            {"identity": ["email"]},
            'acme (override): identity must have "openid", since the account is learnt from the ID token',
        ),
        ({"identity": "openid"}, 'acme (override): identity must be a list of texts, such as ["one", "two"]'),
        ({"words": {"anvils.read": 7}}, 'acme (override): words must be a table of texts, such as key = "value"'),
        ({"aliases": ["x"]}, 'acme (override): aliases must be a table of texts, such as key = "value"'),
        ({"authorize_params": {"state": "x"}}, "acme (override): authorize_params may not set state: pip-hub does"),
        (
            {"revoke": "https://acme.example"},
            "acme (override): revoke is not a field of a connector; did you mean revoke.url?",
        ),
        ({"scopes_add_up": "yes"}, "acme (override): scopes_add_up must be true or false, without quotes"),
        ({"refresh": {"narrows": True}}, "acme (override): refresh.rotates is missing; add it"),
        ({"refresh": {"rotates": True}}, "acme (override): refresh.narrows is missing; add it"),
        ({"refresh": {"rotates": 1}}, "acme (override): refresh.rotates must be true or false, without quotes"),
        ({"refresh": True}, "acme (override): refresh is not a field of a connector; did you mean refresh.rotates?"),
        ({"refreshes": True}, "acme (override): refreshes is not a field of a connector; remove it"),
        *(
            (
                {"refresh": {"idle_days": days}},
                "acme (override): refresh.idle_days must be a whole number from 1 to 3650, without quotes",
            )
            for days in (0, -1, 3651, 1.5, "60", True)
        ),
        (
            {"refresh": {"idle": 60}},
            "acme (override): refresh.idle is not a field of a connector; did you mean refresh.idle_days?",
        ),
        ({"extends": "initech"}, 'acme (override): extends must name a shared file, such as "google" for _google.toml'),
        ({"extends": 7}, 'acme (override): extends must name a shared file, such as "google" for _google.toml'),
    ],
    ids=str,
)
def test_a_mistake_is_one_line_with_file_field_and_remedy(changes: Mapping[str, object], line: str) -> None:
    assert line in mistakes_of(acme(**changes))


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.example/token",
        "https://",
        "https://user:password@acme.example/token",
        "https://acme.example/token#here",
        "https://acme.example:99999/token",
        "https://acme.example/to ken",
        "javascript:alert(1)",
        "http://localhost.evil.example/token",
        "https://[::1/token",
        "",
        7,
    ],
    ids=repr,
)
def test_an_endpoint_that_is_neither_https_nor_loopback_is_a_mistake(url: object) -> None:
    assert mistakes_of(acme(token_url=url)) == (
        "acme (override): token_url must be an https URL (http only on localhost) without user name or fragment",
    )


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_an_endpoint_on_this_machine_may_be_http(host: str) -> None:
    spec = load_catalogue({}, overrides=acme(token_url=f"http://{host}:8401/token")).get("acme")
    assert spec is not None


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_signature_that_proves_nothing_is_a_mistake(algorithm: str) -> None:
    (line,) = mistakes_of({"_google": {"openid": {"algorithms": [algorithm]}}})
    assert line.startswith("_google (override): openid.algorithms may only have ES256,")


def test_the_url_that_removes_an_organisation_has_a_place_for_it() -> None:
    assert mistakes_of({"xero": {"organisations": {"delete_url": "https://xero.example/connections"}}}) == (
        "xero (override): organisations.delete_url must have {id} once in its path",
    )


def test_all_mistakes_are_reported_at_once_each_once(tmp_path: Path) -> None:
    (tmp_path / "_google.toml").write_text("pkce = 1\n", encoding="utf-8")
    (tmp_path / "gmail.toml").write_text("name = 1\n", encoding="utf-8")
    (tmp_path / "acme.toml").write_text('extends = "google"\nname = "Acme"\n', encoding="utf-8")
    assert set(mistakes_of_folder(tmp_path)) == {
        f"{tmp_path}/_google.toml: pkce must be true or false, without quotes",
        f"{tmp_path}/gmail.toml: name must be text of 1 to 200 printable characters",
        f"{tmp_path}/acme.toml: pitch is missing; add it",
        f"{tmp_path}/acme.toml: levels is missing; add it",
    }


def test_a_shared_file_that_nobody_extends_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "_gogle.toml").write_text("pkce = false\n", encoding="utf-8")
    (line,) = mistakes_of_folder(tmp_path)
    assert line.startswith(f"{tmp_path}/_gogle.toml: no connector extends this file")


def test_a_folder_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    (line,) = mistakes_of_folder(tmp_path / "nowhere")
    assert line.endswith("/nowhere: there is no such folder; make it, or unset PIP_HUB_CONNECTORS_DIR")


@pytest.mark.parametrize("content", [b"name = ", b"name = '\xff'", b"name = 1\nname = 2\n"], ids=repr)
def test_a_file_that_is_not_toml_is_a_mistake(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "acme.toml").write_bytes(content)
    (line,) = mistakes_of_folder(tmp_path)
    assert line.startswith(f"{tmp_path}/acme.toml: cannot be read as TOML in UTF-8: ")


@pytest.mark.parametrize("name", ["Acme.toml", "a-b.toml", "7up.toml", ".toml"])
def test_a_file_whose_name_cannot_be_a_key_is_a_mistake(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("", encoding="utf-8")
    (line,) = mistakes_of_folder(tmp_path)
    assert line.startswith(f"{tmp_path}/{name}: the file's name is the connector's key")


@pytest.mark.parametrize("key", ["status", "complete", "cancel"])
def test_a_key_that_is_a_page_of_the_hub_is_a_mistake(key: str) -> None:
    assert f"{key} (override): '{key}' cannot be a connector's key; choose another name" in mistakes_of({key: ACME})


def test_other_files_in_the_operators_folder_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("ours", encoding="utf-8")
    (tmp_path / "old.toml").mkdir()
    assert len(load_catalogue({}, extra_dir=tmp_path)) == 3


def test_credentials_of_no_connector_are_a_mistake() -> None:
    assert mistakes_of({}, {"gmial": CREDENTIALS}) == (
        "PIP_HUB_CONNECTOR_GMIAL_CLIENT_ID: there is no connector 'gmial'; known are gmail, google_sheets, xero",
    )


def test_a_missing_client_secret_is_a_mistake() -> None:
    assert mistakes_of({}, {"xero": ConnectorCredentials(client_id="an-id", client_secret=None)}) == (
        'PIP_HUB_CONNECTOR_XERO_CLIENT_SECRET: is missing; set it (or xero needs token_auth = "none")',
    )


def test_a_client_secret_that_would_never_be_sent_is_a_mistake() -> None:
    assert mistakes_of({"xero": {"token_auth": "none"}}, {"xero": CREDENTIALS}) == (
        'PIP_HUB_CONNECTOR_XERO_CLIENT_SECRET: xero has token_auth = "none"; unset one of the two',
    )


def test_credentials_that_cannot_be_sent_are_a_mistake_and_are_not_repeated() -> None:
    odd = ConnectorCredentials(client_id="an id", client_secret=Secret("gehe\u00edm"))
    assert mistakes_of({}, {"xero": odd}) == (
        "PIP_HUB_CONNECTOR_XERO_CLIENT_ID: must be printable ASCII without spaces; copy it again",
        "PIP_HUB_CONNECTOR_XERO_CLIENT_SECRET: must be printable ASCII without spaces; copy it again",
    )
