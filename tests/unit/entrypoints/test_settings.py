"""The operator's settings: what is read, and how mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from pip_hub.entrypoints.settings import Settings, SettingsMistake


def mistakes_of(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsMistake) as caught:
        Settings.from_environ(environ)
    return caught.value.mistakes


def test_an_empty_environment_gives_a_hub_on_this_machine() -> None:
    settings = Settings.from_environ({})
    assert settings.public_url == "http://localhost:8400"
    assert settings.database_url == "sqlite+aiosqlite:///pip-hub.db"
    assert settings.keys is None
    assert settings.registration_open
    assert settings.brand == "Pip"


def test_every_mistake_is_told_at_once_with_its_key() -> None:
    mistakes = mistakes_of(
        {
            "PIP_HUB_PUBLIC_URL": "http://hub.example.com",
            "PIP_HUB_DATABASE_URL": "mysql://somewhere",
            "PIP_HUB_CONNECTORS_DIR": "/nowhere/at/all",
            "PIP_HUB_REGISTRATION": "maybe",
            "PIP_HUB_APP_URL": "javascript:alert(1)",
            "PIP_HUB_BRAND": "x" * 41,
            "PIP_HUB_PUBLIC_ULR": "https://typo.example.com",
        }
    )
    keys = sorted(mistake.split(":")[0] for mistake in mistakes)
    assert keys == [
        "PIP_HUB_APP_URL",
        "PIP_HUB_BRAND",
        "PIP_HUB_CONNECTORS_DIR",
        "PIP_HUB_DATABASE_URL",
        "PIP_HUB_PUBLIC_ULR",
        "PIP_HUB_PUBLIC_URL",
        "PIP_HUB_REGISTRATION",
    ]


@pytest.mark.parametrize(
    "url",
    [
        "hub.example.com",
        "ftp://hub.example.com",
        "http://hub.example.com",
        "https://",
        "https://user@hub.example.com",
        "https://hub.example.com?x=1",
        "https://hub.example.com#top",
        "https://HUB.example.com",
        "https://hub.example.com/a b",
        "https://hub.example.com:port",
        "https://[::1",
        "https://hub.example.com:443",
        "http://localhost:80",
        "https://hub.example.com:",
        "https://hub example.com",
        "https://h\u00fcb.example.com",
        "https://example.com/a/../b",
        "http://[::1].evil.example",
    ],
)
def test_a_public_url_that_could_not_be_an_issuer_is_refused(url: str) -> None:
    [mistake] = mistakes_of({"PIP_HUB_PUBLIC_URL": url})
    assert mistake.startswith("PIP_HUB_PUBLIC_URL: ")


@pytest.mark.parametrize(
    ("given", "issuer"),
    [
        ("https://hub.example.com/", "https://hub.example.com"),
        ("https://example.com/pip/", "https://example.com/pip"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("http://[::1]:9000", "http://[::1]:9000"),
    ],
)
def test_the_issuer_is_the_public_url_without_a_slash_at_the_end(given: str, issuer: str) -> None:
    assert Settings.from_environ({"PIP_HUB_PUBLIC_URL": given}).policy.issuer == issuer


def test_credentials_are_read_by_connector_key() -> None:
    settings = Settings.from_environ(
        {
            "PIP_HUB_CONNECTOR_GOOGLE_SHEETS_CLIENT_ID": "an-id",
            "PIP_HUB_CONNECTOR_GOOGLE_SHEETS_CLIENT_SECRET": "a-secret",
            "PIP_HUB_CONNECTOR_XERO_CLIENT_ID": "public",
        }
    )
    assert settings.credentials["google_sheets"].client_id == "an-id"
    assert settings.credentials["xero"].client_secret is None
    assert "a-secret" not in repr(settings)


def test_a_secret_without_its_client_id_is_a_mistake() -> None:
    [mistake] = mistakes_of({"PIP_HUB_CONNECTOR_XERO_CLIENT_SECRET": "a-secret"})
    assert mistake.startswith("PIP_HUB_CONNECTOR_XERO_CLIENT_ID: ")
    assert "a-secret" not in mistake


def test_an_empty_value_is_as_good_as_none() -> None:
    settings = Settings.from_environ({"PIP_HUB_KEYS": "", "PIP_HUB_CONNECTOR_XERO_CLIENT_ID": ""})
    assert settings.keys is None
    assert settings.credentials == {}


def test_a_file_has_the_same_keys_and_the_environment_wins(tmp_path: Path) -> None:
    file = tmp_path / "pip-hub.toml"
    file.write_text('PIP_HUB_BRAND = "Acme"\nPIP_HUB_REGISTRATION = "closed"\n')
    settings = Settings.from_environ({"PIP_HUB_CONFIG": str(file), "PIP_HUB_BRAND": "Pip"})
    assert settings.brand == "Pip"
    assert not settings.registration_open


@pytest.mark.parametrize("text", ["not toml at all =", "BRAND = 'x'", "PIP_HUB_BRAND = 7", "\xff"])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "pip-hub.toml"
    file.write_bytes(text.encode("latin-1"))
    mistakes = mistakes_of({"PIP_HUB_CONFIG": str(file)})
    assert any(str(file) in mistake for mistake in mistakes)


def test_a_missing_file_is_a_mistake(tmp_path: Path) -> None:
    [mistake] = mistakes_of({"PIP_HUB_CONFIG": str(tmp_path / "none.toml")})
    assert mistake.startswith("PIP_HUB_CONFIG: ")


def test_required_connectors_are_a_comma_separated_list() -> None:
    settings = Settings.from_environ({"PIP_HUB_REQUIRED_CONNECTORS": " xero , gmail,"})
    assert settings.policy.required_connectors == ("xero", "gmail")
