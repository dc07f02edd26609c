"""What docs/add-a-connector.md says is what happens: its files load, its lines appear, its fields are all there are."""

import inspect
import re
import textwrap
import tomllib
from collections.abc import Mapping
from pathlib import Path

import attrs
import pytest
from joserfc.jwk import ECKey

from pip_hub.adapters.providers import catalogue as reading
from pip_hub.adapters.providers.catalogue import CatalogueMistake, load_catalogue
from pip_hub.adapters.providers.credentials import ConnectorCredentials
from pip_hub.adapters.providers.gateway import AuthlibGateway
from pip_hub.adapters.providers.http import Timeouts
from pip_hub.application.policy import Policy
from pip_hub.application.ports.provider_gateway import ProviderAnswer
from pip_hub.domain.connector import ConnectorCatalogue, ConnectorSpec, TokenAuth
from pip_hub.domain.identifiers import ConnectorKey
from pip_hub.domain.permission import Level
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret
from pip_hub.entrypoints.settings import Settings
from tests.support.hub import CREDENTIALS, Browser, a_hub
from tests.support.odd_provider import CLIENT_ID, CLIENT_SECRET, NONCE, OddProvider

DOCUMENT = (Path(__file__).parents[3] / "docs" / "add-a-connector.md").read_text(encoding="utf-8")
LEDGERLY = {"ledgerly": ConnectorCredentials(client_id=CLIENT_ID, client_secret=Secret(CLIENT_SECRET))}


def blocks(language: str) -> list[str]:
    """The document's fenced blocks of one language."""
    found = re.findall(rf"^ *```{language}\n(.*?)^ *```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(block) for block in found]


def files() -> dict[str, str]:
    """The connector files that the document shows, by the name it gives each."""
    names = re.findall(r"^ *`(\w+\.toml)`\n\n *```toml$", DOCUMENT, re.MULTILINE)
    assert len(names) == len(blocks("toml"))
    return dict(zip(names, blocks("toml"), strict=True))


def fields_in_the_document() -> set[str]:
    """The first column of its table."""
    return set(re.findall(r"^\| `([a-z_.]+)` \|", DOCUMENT, re.MULTILINE))


def loaded(
    folder: Path, *names: str, credentials: Mapping[str, ConnectorCredentials] | None = None
) -> ConnectorCatalogue:
    """The catalogue with these of the document's files in the operator's folder."""
    for name in names:
        (folder / name).write_text(files()[name], encoding="utf-8")
    return load_catalogue(credentials or {}, extra_dir=folder)


def spec_in(catalogue: ConnectorCatalogue, key: str) -> ConnectorSpec:
    spec = catalogue.get(key)
    assert spec is not None
    return spec


def ledgerly(folder: Path) -> ConnectorSpec:
    return spec_in(loaded(folder, "ledgerly.toml", credentials=LEDGERLY), "ledgerly")


def mistakes_in(folder: Path) -> set[str]:
    """Every mistake in the folder, as the document quotes it: without the folder's own path."""
    with pytest.raises(CatalogueMistake) as refusal:
        load_catalogue({}, extra_dir=folder)
    return {line.removeprefix(f"{folder}/") for line in refusal.value.mistakes}


def test_its_table_has_exactly_the_fields_that_are_read() -> None:
    source = inspect.getsource(reading)
    read = set(re.findall(r'\bfields\.(?!has_any|complain)\w+\(\s*"([a-z_.]+)"', source))
    assert fields_in_the_document() == read | {"extends"}


def test_its_first_example_has_every_field_but_those_for_special_cases() -> None:
    example: set[str] = set()
    for name, value in tomllib.loads(files()["ledgerly.toml"]).items():
        example |= {f"{name}.{inner}" for inner in value} if name in {"refresh", "revoke", "openid"} else {name}
    special = {"icon", "coming_soon", "extends", "scopes_add_up"}
    organisations = {name for name in fields_in_the_document() if name.startswith("organisations.")}
    assert example == fields_in_the_document() - special - organisations


def test_its_first_example_comes_after_the_built_in_connectors(tmp_path: Path) -> None:
    assert [spec.key for spec in loaded(tmp_path, "ledgerly.toml")] == ["xero", "gmail", "google_sheets", "ledgerly"]
    assert ledgerly(tmp_path).available


def test_in_its_first_example_whoever_may_post_journals_may_read_them(tmp_path: Path) -> None:
    rules = ledgerly(tmp_path).scopes
    assert not rules.missing(Level.READ, rules.needed(Level.WRITE))
    assert rules.exceeds(Level.READ, rules.needed(Level.WRITE))
    assert "email" in rules.effective(Scopes.of("https://ledgerly.example/scopes/email"))


@pytest.mark.anyio
async def test_its_first_example_becomes_the_card_it_describes() -> None:
    example = {"ledgerly": tomllib.loads(files()["ledgerly.toml"])}
    async with a_hub(credentials=CREDENTIALS | LEDGERLY, overrides=example) as hub:
        browser = hub.browser()
        card = await last_card(browser, "ledgerly")
        for words in ("Read ledgers and post journals", "Only for accounts in New Zealand", "Read-only"):
            assert words in card
            assert words in DOCUMENT
        assert "Read and write" in card
        assert (await browser.send_out("ledgerly")).startswith("https://login.ledgerly.example/authorize?")
    async with a_hub(overrides=example) as hub:
        assert "Coming soon" in await last_card(hub.browser(), "ledgerly")


async def last_card(browser: Browser, key: str) -> str:
    """Register and look at the card, which is the last of the page."""
    await browser.open("/integrations")
    await browser.register()
    _, _, card = browser.response.text.partition(f'data-connector="{key}"')
    return card


@pytest.mark.anyio
async def test_its_first_example_works_at_a_provider_that_is_as_it_says(
    gateway: AuthlibGateway, provider: OddProvider, tmp_path: Path
) -> None:
    key = ECKey.generate_key("P-256", {"kid": "first"})
    provider.published, provider.signing_key, provider.header = [key], key, {"alg": "ES256"}
    provider.claims = {"iss": "https://login.ledgerly.example"}
    provider.token = {"scope": "openid https://ledgerly.example/scopes/email offline_access ledgers.read journals"}
    example = ledgerly(tmp_path)
    spec = attrs.evolve(
        example,
        key=ConnectorKey("odd"),
        token_url=f"{provider.url}/token",
        openid=attrs.evolve(example.openid, jwks_url=f"{provider.url}/keys"),
    )
    answer = ProviderAnswer(
        code=Secret("the-code"),
        redirect_uri="https://hub.example/integrations/ledgerly/callback",
        verifier=Secret("the-verifier"),
        nonce=Secret(NONCE),
        level=Level.WRITE,
    )
    tokens = (await gateway.exchange(spec, answer)).tokens
    assert not spec.scopes.missing(Level.WRITE, tokens.granted)
    provider.token = {"scope": "openid https://ledgerly.example/scopes/email ledgers.read journals.read"}
    narrowed = await gateway.refresh(spec, tokens, spec.scopes.needed(Level.READ))
    assert narrowed.narrow is not None


ORGANISATIONS = """
[organisations]
list_url = "https://api.ledgerly.example/ledgers"
delete_url = "https://api.ledgerly.example/ledgers/{id}"
id_field = "id"
name_field = "name"
connection_field = "id"
event_field = "event"
event_claim = "event"
"""


def test_the_lines_it_quotes_are_the_lines_that_appear(tmp_path: Path) -> None:
    of_ledgerly, of_acme = blocks("text")
    misspelt = files()["ledgerly.toml"].replace("token_url", "token_ulr")
    (tmp_path / "ledgerly.toml").write_text(f'client_secret = "oops"\n{misspelt}', encoding="utf-8")
    assert mistakes_in(tmp_path) == set(of_ledgerly.splitlines())
    (tmp_path / "ledgerly.toml").rename(tmp_path / "acme.toml").write_text(
        files()["ledgerly.toml"] + ORGANISATIONS, encoding="utf-8"
    )
    assert mistakes_in(tmp_path) == set(of_acme.splitlines())


def test_a_third_google_connector_shares_what_the_two_have(tmp_path: Path) -> None:
    catalogue = loaded(tmp_path, "google_calendar.toml")
    gmail, calendar = spec_in(catalogue, "gmail"), spec_in(catalogue, "google_calendar")
    assert [spec.key for spec in catalogue] == ["xero", "gmail", "google_sheets", "google_calendar"]
    for field in ("provider", "authorize_url", "authorize_params", "token_url", "refresh", "revoke", "openid"):
        assert getattr(calendar, field) == getattr(gmail, field)
    assert not calendar.scopes.missing(Level.READ, calendar.scopes.needed(Level.WRITE))


def test_files_with_known_names_change_what_they_say_and_no_more(tmp_path: Path) -> None:
    before, after = load_catalogue({}), loaded(tmp_path, "xero.toml", "_google.toml")
    xero = attrs.evolve(spec_in(before, "xero"), pkce=True, token_auth=TokenAuth.NONE)
    assert spec_in(after, "xero") == xero
    for key in ("gmail", "google_sheets"):
        assert spec_in(after, key) == attrs.evolve(spec_in(before, key), provider_name="Google Workspace")


def test_the_callback_and_the_settings_are_as_it_says() -> None:
    assert Policy(issuer="https://hub.example").callback_url(ConnectorKey("ledgerly")) in DOCUMENT
    named = re.findall(r"PIP_HUB_CONNECTOR_LEDGERLY_CLIENT_(?:ID|SECRET)", DOCUMENT)
    credentials = Settings.from_environ(dict.fromkeys(named, "copied-from-ledgerly")).credentials
    assert credentials["ledgerly"].client_secret is not None


def test_the_limit_of_time_is_as_it_says() -> None:
    assert f"within {Timeouts().whole:.0f} seconds" in DOCUMENT
