"""Who an ID token says it is, and when it is not believed (OpenID Connect Core 3.1.3.7)."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import attrs
import pytest
from joserfc.jwk import ECKey, OctKey

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.providers.gateway import AuthlibGateway
from pip_hub.application.ports.provider_gateway import ProviderAnswer
from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.connector_link import ProviderAccount
from pip_hub.domain.errors import ProviderMisbehaved, ProviderUnreachable
from pip_hub.domain.permission import Level
from pip_hub.domain.secret import Secret
from tests.support.odd_provider import CLIENT_ID, KEY, NONCE, OTHER_KEY, OddProvider, replying, signed

pytestmark = [pytest.mark.anyio, pytest.mark.requirement("OpenID Connect Core 3.1.3.7")]

NOW = int(FrozenClock().now().timestamp())


async def account_of(
    gateway: AuthlibGateway, provider: OddProvider, spec: ConnectorSpec | None = None
) -> ProviderAccount:
    answer = ProviderAnswer(
        code=Secret("the-code"),
        redirect_uri="https://hub.example/callback",
        verifier=Secret("the-verifier"),
        nonce=Secret(NONCE),
        level=Level.READ,
    )
    return (await gateway.exchange(spec or provider.spec(), answer)).account


def half_hash(token: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()[:16]).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": [CLIENT_ID]},
        {"aud": [CLIENT_ID, "another"], "azp": CLIENT_ID},
        {"exp": NOW - 59},
        {"iat": NOW + 60},
        {"at_hash": half_hash("the-access-token")},
        {"sub": "x" * 255},
        {"amr": [{"any": "thing"}], "custom": None},
    ],
    ids=lambda claims: str(claims)[:40],
)
async def test_a_token_that_proves_who_it_is_is_believed(
    gateway: AuthlibGateway, provider: OddProvider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    assert (await account_of(gateway, provider)).subject == claims.get("sub", "subject-1")


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": None},
        {"iss": "https://somebody.example"},
        {"iss": ["https://somebody.example"]},
        {"aud": None},
        {"aud": "another"},
        {"aud": ["another", "others"]},
        {"aud": [CLIENT_ID, "another"]},
        {"aud": [CLIENT_ID, "another"], "azp": "another"},
        {"aud": {CLIENT_ID: True}},
        {"exp": None},
        {"exp": NOW - 60},
        {"exp": "tomorrow"},
        {"exp": True},
        {"iat": None},
        {"iat": NOW + 61},
        {"nbf": NOW + 61},
        {"nonce": None},
        {"nonce": "another"},
        {"nonce": ["the-nonce"]},
        {"nonce": ""},
        {"nonce": "\ud800"},
        {"at_hash": half_hash("another-token")},
        {"at_hash": ""},
        {"at_hash": 7},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"sub": "na\u00efve"},
        {"sub": "a\nb"},
    ],
    ids=lambda claims: ascii(claims)[:50],
)
async def test_a_token_with_a_wrong_claim_is_not_believed(
    gateway: AuthlibGateway, provider: OddProvider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    with pytest.raises(ProviderMisbehaved):
        await account_of(gateway, provider)


async def test_an_email_is_only_shown_when_it_can_be(gateway: AuthlibGateway, provider: OddProvider) -> None:
    for hostile in (None, "", 7, "a\u202eb@example.com", "a\x00@example.com", "x" * 300 + "@example.com"):
        provider.claims = {"email": hostile}
        assert (await account_of(gateway, provider)).email is None


async def test_a_signature_by_another_key_under_the_same_name_is_not_believed(
    gateway: AuthlibGateway, provider: OddProvider
) -> None:
    provider.signing_key = OTHER_KEY
    provider.header = {"kid": "first"}
    with pytest.raises(ProviderMisbehaved):
        await account_of(gateway, provider)


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


async def test_a_token_nobody_signed_is_not_believed(gateway: AuthlibGateway, provider: OddProvider) -> None:
    _, claims, _ = provider.id_token().split(".")
    provider.token = {"id_token": encoded(json.dumps({"alg": "none", "kid": "first"})) + f".{claims}."}
    with pytest.raises(ProviderMisbehaved):
        await account_of(gateway, provider)


async def test_the_public_key_is_no_shared_secret(gateway: AuthlibGateway, provider: OddProvider) -> None:
    _, claims, _ = provider.id_token().split(".")
    body = encoded(json.dumps({"alg": "HS256", "kid": "first"})) + f".{claims}"
    mac = hmac.digest(KEY.as_pem(private=False), body.encode(), "sha256")
    provider.token = {"id_token": f"{body}.{base64.urlsafe_b64encode(mac).decode()}"}
    with pytest.raises(ProviderMisbehaved):
        await account_of(gateway, provider)


async def test_a_published_shared_secret_proves_nothing(gateway: AuthlibGateway, provider: OddProvider) -> None:
    known = OctKey.import_key("a secret that everybody knows by now", {"kid": "first"})
    provider.published, provider.signing_key, provider.header = [known], known, {"alg": "HS256"}
    provider.replies["keys"] = replying({"keys": [known.as_dict(private=True)]})
    with pytest.raises(ProviderMisbehaved):
        await account_of(gateway, provider)


async def test_an_algorithm_the_connector_does_not_name_is_not_believed(
    gateway: AuthlibGateway, provider: OddProvider
) -> None:
    key = ECKey.generate_key("P-256", {"kid": "first"})
    provider.published, provider.signing_key, provider.header = [key], key, {"alg": "ES256"}
    with pytest.raises(ProviderMisbehaved):
        await account_of(gateway, provider)


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "..",
        encoded(json.dumps(["alg"])) + ".e30.x",
        encoded(json.dumps({"alg": ["RS256"]})) + ".e30.x",
        encoded(json.dumps({"alg": "RS256", "kid": [1]})) + ".e30.x",
        encoded(json.dumps({"alg": "RS256", "crit": ["b64"], "b64": False})) + ".e30.x",
        encoded("[" * 300) + ".e30.x",
        encoded("{}") + "." + "x" * 16_000 + ".x",
    ],
    ids=lambda token: token[:30],
)
async def test_what_is_no_token_is_not_believed(gateway: AuthlibGateway, provider: OddProvider, token: str) -> None:
    provider.token = {"id_token": token}
    with pytest.raises(ProviderMisbehaved):
        await account_of(gateway, provider)


@pytest.mark.parametrize("payload", ["[]", "7", "", "{", "[" * 10_000, '{"sub": NaN}'], ids=lambda text: text[:20])
async def test_a_signed_text_without_claims_is_not_believed(
    gateway: AuthlibGateway, provider: OddProvider, payload: str
) -> None:
    provider.token = {"id_token": signed(payload, {"alg": "RS256", "kid": "first"}, KEY)}
    with pytest.raises(ProviderMisbehaved):
        await account_of(gateway, provider)


async def test_keys_are_fetched_once_an_hour(
    gateway: AuthlibGateway, provider: OddProvider, clock: FrozenClock
) -> None:
    await account_of(gateway, provider)
    await account_of(gateway, provider)
    assert provider.count("/keys") == 1
    provider.now = clock.advance(timedelta(hours=1))
    await account_of(gateway, provider)
    assert provider.count("/keys") == 2


async def test_a_new_key_is_fetched_when_a_token_names_it(gateway: AuthlibGateway, provider: OddProvider) -> None:
    await account_of(gateway, provider)
    provider.published, provider.signing_key = [KEY, OTHER_KEY], OTHER_KEY
    assert (await account_of(gateway, provider)).subject == "subject-1"
    assert provider.count("/keys") == 2


async def test_a_key_the_provider_does_not_publish_is_looked_for_once(
    gateway: AuthlibGateway, provider: OddProvider
) -> None:
    await account_of(gateway, provider)
    provider.signing_key = OTHER_KEY
    with pytest.raises(ProviderMisbehaved):
        await account_of(gateway, provider)
    assert provider.count("/keys") == 2


async def test_a_single_key_needs_no_name(gateway: AuthlibGateway, provider: OddProvider) -> None:
    provider.header = {"kid": None}
    provider.token = {"id_token": provider.id_token()}
    assert (await account_of(gateway, provider)).subject == "subject-1"


async def test_keys_of_an_unknown_kind_do_not_matter(gateway: AuthlibGateway, provider: OddProvider) -> None:
    provider.replies["keys"] = replying({"keys": [{"kty": "lattice"}, KEY.as_dict(private=False)]})
    assert (await account_of(gateway, provider)).subject == "subject-1"


@pytest.mark.parametrize(
    "content",
    ["<h1>Keys</h1>", "", [], {}, {"keys": {}}, {"keys": []}, {"keys": [{"kty": "RSA", "n": "!", "e": "AQAB"}]}, None],
    ids=str,
)
async def test_keys_that_are_none_prove_nothing(
    gateway: AuthlibGateway, provider: OddProvider, content: object
) -> None:
    provider.replies["keys"] = replying(content)
    with pytest.raises(ProviderMisbehaved):
        await account_of(gateway, provider)


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_keys_that_cannot_be_had_now_may_be_had_later(
    gateway: AuthlibGateway, provider: OddProvider, status: int
) -> None:
    provider.replies["keys"] = [replying("busy", status)]
    with pytest.raises(ProviderUnreachable):
        await account_of(gateway, provider)
    assert (await account_of(gateway, provider)).subject == "subject-1"


async def test_other_signatures_work_when_the_connector_names_them(
    gateway: AuthlibGateway, provider: OddProvider
) -> None:
    key = ECKey.generate_key("P-384", {"kid": "first"})
    provider.published, provider.signing_key, provider.header = [key], key, {"alg": "ES384"}
    digest = hashlib.sha384(b"the-access-token").digest()
    provider.claims = {"at_hash": base64.urlsafe_b64encode(digest[:24]).decode()}
    spec = provider.spec()
    spec = attrs.evolve(spec, openid=attrs.evolve(spec.openid, algorithms=("RS256", "ES384")))
    assert (await account_of(gateway, provider, spec)).subject == "subject-1"
