"""Redeeming a code at a provider that may answer anything, over real sockets."""

import base64
import gzip
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.responses import RedirectResponse, Response

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.providers.gateway import AuthlibGateway
from pip_hub.application.ports.provider_gateway import OutboundTrip, ProviderAnswer
from pip_hub.domain.connector import TokenAuth
from pip_hub.domain.errors import (
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderRefusedScope,
    ProviderTrouble,
    ProviderUnreachable,
)
from pip_hub.domain.permission import Level
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret
from tests.support.odd_provider import CLIENT_ID, CLIENT_SECRET, NONCE, OddProvider, replying

pytestmark = pytest.mark.anyio

CALLBACK = "https://hub.example/integrations/odd/callback"
VERIFIER = "the-verifier-the-verifier-the-verifier-the-v"
CODE = "the-code/+%&=\u007e"


def an_answer(code: str = CODE, level: Level = Level.READ) -> ProviderAnswer:
    return ProviderAnswer(
        code=Secret(code), redirect_uri=CALLBACK, verifier=Secret(VERIFIER), nonce=Secret(NONCE), level=level
    )


async def test_an_honest_answer_makes_a_connection(
    gateway: AuthlibGateway, provider: OddProvider, clock: FrozenClock
) -> None:
    connection = await gateway.exchange(provider.spec(), an_answer())
    assert connection.account.subject == "subject-1"
    assert connection.account.email == "owner@example.com"
    assert connection.account.organisation is None
    assert connection.tokens.access.token.reveal() == "the-access-token"
    assert connection.tokens.refresh == Secret("the-refresh-token")
    assert connection.tokens.access.expires_at == clock.now() + timedelta(seconds=1800)
    assert connection.tokens.granted == Scopes.of("openid", "email", "things.read")


@pytest.mark.requirement("RFC 6749 4.1.3")
@pytest.mark.requirement("RFC 7636 4.5")
async def test_the_code_is_redeemed_with_verifier_and_redirect_uri(
    gateway: AuthlibGateway, provider: OddProvider
) -> None:
    await gateway.exchange(provider.spec(), an_answer())
    assert provider.asked[0].form == {
        "grant_type": "authorization_code",
        "code": CODE,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }


async def test_without_pkce_no_verifier_leaves_the_hub(gateway: AuthlibGateway, provider: OddProvider) -> None:
    spec = provider.spec(pkce=False)
    await gateway.exchange(spec, an_answer())
    assert "code_verifier" not in provider.asked[0].form
    trip = OutboundTrip(
        redirect_uri=CALLBACK,
        state=Secret("the-state"),
        verifier=Secret(VERIFIER),
        nonce=Secret(NONCE),
        scopes=spec.scopes.needed(Level.READ),
    )
    assert "code_challenge" not in gateway.authorization_url(spec, trip)


@pytest.mark.requirement("RFC 6749 2.3.1")
async def test_the_client_authenticates_as_its_connector_says(gateway: AuthlibGateway, provider: OddProvider) -> None:
    await gateway.exchange(provider.spec(token_auth=TokenAuth.BASIC), an_answer())
    await gateway.exchange(provider.spec(token_auth=TokenAuth.NONE), an_answer())
    basic, public = (asked for asked in provider.asked if asked.path == "/token")
    assert base64.b64decode(basic.headers["authorization"].removeprefix("Basic ")) == b"an-id:the-client-secret"
    assert "client_secret" not in basic.form
    assert "authorization" not in public.headers
    assert public.form["client_id"] == CLIENT_ID
    assert "client_secret" not in public.form


async def test_the_browser_leaves_with_everything_the_provider_needs(
    gateway: AuthlibGateway, provider: OddProvider
) -> None:
    trip = OutboundTrip(
        redirect_uri=CALLBACK,
        state=Secret("the-state"),
        verifier=Secret(VERIFIER),
        nonce=Secret(NONCE),
        scopes=Scopes.of("openid", "things", "anything.else"),
        login_hint="owner@example.com",
    )
    spec = provider.spec(authorize_url=f"{provider.url}/authorize?tenant=7", authorize_params={"prompt": "a b"})
    url = gateway.authorization_url(spec, trip)
    assert url.startswith(f"{provider.url}/authorize?tenant=7&")
    query = parse_qs(urlsplit(url).query, strict_parsing=True)
    challenge = query.pop("code_challenge")
    assert query == {
        "tenant": ["7"],
        "response_type": ["code"],
        "client_id": [CLIENT_ID],
        "redirect_uri": [CALLBACK],
        "scope": ["anything.else openid things"],
        "state": ["the-state"],
        "nonce": [NONCE],
        "code_challenge_method": ["S256"],
        "login_hint": ["owner@example.com"],
        "prompt": ["a b"],
    }
    assert len(challenge[0]) == 43
    assert VERIFIER not in url


NO_ANSWERS: Mapping[str, tuple[Callable[[], Response], type[ProviderTrouble]]] = {
    "400 without error": (replying({"message": "no"}, 400), ProviderMisbehaved),
    "401 without error": (replying({}, 401), ProviderMisbehaved),
    "404 with HTML": (replying("<h1>Not here</h1>", 404), ProviderMisbehaved),
    "200 with HTML": (replying("<h1>Welcome</h1>"), ProviderMisbehaved),
    "200 with nothing": (replying(""), ProviderMisbehaved),
    "204": (replying("", 204), ProviderMisbehaved),
    "a list": (replying([{"access_token": "x", "token_type": "Bearer"}]), ProviderMisbehaved),
    "null": (replying(None), ProviderMisbehaved),
    "a number": (replying("9" * 5000), ProviderMisbehaved),
    "half an object": (replying('{"access_token": "x", "tok'), ProviderMisbehaved),
    "no Unicode": (replying(b'{"access_token": "\xff"}'), ProviderMisbehaved),
    "a deep nest": (replying("[" * 100_000), ProviderMisbehaved),
    "an empty object": (replying({}), ProviderMisbehaved),
    "dead code": (replying({"error": "invalid_grant"}, 400), ProviderRefused),
    "dead code in 200": (replying({"error": "invalid_grant", "access_token": "x"}), ProviderMisbehaved),
    "later in 200": (replying({"error": "temporarily_unavailable"}), ProviderMisbehaved),
    "an administrator's no": (replying({"error": "admin_policy_enforced"}, 400), ProviderMisconfigured),
    "null error in 200": (replying({"error": None, "access_token": "x", "token_type": "Bearer"}), ProviderMisbehaved),
    "odd error in 200": (replying({"error": ["invalid_grant"]}), ProviderMisbehaved),
    "unknown error": (replying({"error": "bad_verification_code"}, 400), ProviderMisbehaved),
    "no word for an error": (replying({"error": f"{CODE} {VERIFIER}"}, 400), ProviderMisbehaved),
    "invalid_client": (replying({"error": "invalid_client"}, 401), ProviderMisconfigured),
    "unauthorized_client": (replying({"error": "unauthorized_client"}, 400), ProviderMisconfigured),
    "unsupported_grant_type": (replying({"error": "unsupported_grant_type"}, 400), ProviderMisconfigured),
    "invalid_scope": (replying({"error": "invalid_scope"}, 400), ProviderRefusedScope),
    "redirect_uri_mismatch": (replying({"error": "redirect_uri_mismatch"}, 400), ProviderMisconfigured),
    "invalid_request": (replying({"error": "invalid_request"}, 400), ProviderMisconfigured),
    "500": (replying("oops", 500), ProviderUnreachable),
    "502 with HTML": (replying("<h1>Bad gateway</h1>", 502), ProviderUnreachable),
    "503 with an error": (replying({"error": "invalid_grant"}, 503), ProviderUnreachable),
    "429": (replying({"error": "invalid_grant"}, 429), ProviderUnreachable),
    "temporarily_unavailable": (replying({"error": "temporarily_unavailable"}, 400), ProviderUnreachable),
    "compressed": (
        lambda: Response(gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"}),
        ProviderMisbehaved,
    ),
    "compressed in an unknown way": (replying(b"?", headers={"Content-Encoding": "x-odd"}), ProviderMisbehaved),
    "too large": (replying({"access_token": "x" * 300_000}), ProviderMisbehaved),
}


@pytest.mark.parametrize("name", NO_ANSWERS)
async def test_an_answer_that_is_none_has_a_name(gateway: AuthlibGateway, provider: OddProvider, name: str) -> None:
    reply, trouble = NO_ANSWERS[name]
    provider.replies["token"] = reply
    with pytest.raises(ProviderTrouble) as caught:
        await gateway.exchange(provider.spec(), an_answer())
    assert type(caught.value) is trouble


@pytest.mark.parametrize(
    "change",
    [
        {"access_token": None},
        {"access_token": ""},
        {"access_token": 7},
        {"access_token": "two words"},
        {"access_token": "a\r\nX-Injected: yes"},
        {"access_token": "caf\u00e9"},
        {"access_token": "x" * 20_000},
        {"token_type": None},
        {"token_type": "mac"},
        {"token_type": ["Bearer"]},
        {"expires_in": 0},
        {"expires_in": -1},
        {"expires_in": 10**12},
        {"expires_in": 1.5},
        {"expires_in": True},
        {"expires_in": "soon"},
        {"expires_in": "9" * 400},
        {"expires_in": [1800]},
        {"scope": ["openid"]},
        {"scope": 'quo"te'},
        {"scope": "tab\there"},
        {"scope": "x" * 9000},
        {"refresh_token": None},
        {"refresh_token": ""},
        {"refresh_token": {"a": "b"}},
        {"id_token": None},
        {"id_token": 7},
        {"id_token": "not.a.jwt"},
    ],
    ids=lambda change: str(change)[:40],
)
async def test_a_token_answer_with_an_impossible_field_is_refused_whole(
    gateway: AuthlibGateway, provider: OddProvider, change: dict[str, object]
) -> None:
    provider.token = change
    with pytest.raises(ProviderMisbehaved):
        await gateway.exchange(provider.spec(), an_answer())


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e400"])
async def test_a_lifetime_that_is_no_number_is_refused(
    gateway: AuthlibGateway, provider: OddProvider, number: str
) -> None:
    honest = json.dumps({"access_token": "x", "token_type": "Bearer", "expires_in": 7})
    provider.replies["token"] = replying(honest.replace("7", number))
    with pytest.raises(ProviderMisbehaved):
        await gateway.exchange(provider.spec(), an_answer())


async def test_a_lone_surrogate_in_an_answer_is_refused(gateway: AuthlibGateway, provider: OddProvider) -> None:
    provider.replies["token"] = replying('{"access_token": "\\ud800", "token_type": "Bearer"}')
    with pytest.raises(ProviderMisbehaved):
        await gateway.exchange(provider.spec(), an_answer())


@pytest.mark.parametrize("number", ["1e999", "NaN", '"x"', "[]", "{}"])
async def test_fields_nobody_asked_for_do_not_matter(
    gateway: AuthlibGateway, provider: OddProvider, number: str
) -> None:
    provider.token = {"expires_at": "?", "refresh_token_expires_in": 7}
    answer = json.dumps({**json.loads(bytes(provider.reply("token").body)), "expires_at": "?"})
    provider.replies["token"] = replying(answer.replace('"?"', number))
    assert (await gateway.exchange(provider.spec(), an_answer())).tokens.access.token == Secret("the-access-token")


@pytest.mark.parametrize(("sent", "seconds"), [(None, 300), ("1800", 1800), (1800.0, 1800), (60, 60)], ids=str)
async def test_a_lifetime_may_be_text_or_missing(
    gateway: AuthlibGateway, provider: OddProvider, clock: FrozenClock, sent: object, seconds: int
) -> None:
    provider.token = {"expires_in": sent}
    tokens = (await gateway.exchange(provider.spec(), an_answer())).tokens
    assert tokens.access.expires_at == clock.now() + timedelta(seconds=seconds)


@pytest.mark.requirement("RFC 6749 5.1")
@pytest.mark.parametrize("level", Level)
async def test_an_answer_without_scope_grants_what_was_asked(
    gateway: AuthlibGateway, provider: OddProvider, level: Level
) -> None:
    provider.token = {"scope": None}
    spec = provider.spec()
    tokens = (await gateway.exchange(spec, an_answer(level=level))).tokens
    assert tokens.granted == spec.scopes.needed(level)


@pytest.mark.parametrize("scope", ["", "openid", "openid things.read"])
async def test_the_scope_of_the_answer_is_the_truth(gateway: AuthlibGateway, provider: OddProvider, scope: str) -> None:
    provider.token = {"scope": scope}
    assert (await gateway.exchange(provider.spec(), an_answer())).tokens.granted == Scopes.parse(scope)


@pytest.mark.requirement("RFC 6749 5.1")
@pytest.mark.parametrize("spelling", ["Bearer", "bearer", "BEARER"])
async def test_bearer_is_bearer_in_any_case(gateway: AuthlibGateway, provider: OddProvider, spelling: str) -> None:
    provider.token = {"token_type": spelling}
    assert (await gateway.exchange(provider.spec(), an_answer())).tokens.access.token == Secret("the-access-token")


async def test_a_connector_that_never_refreshes_needs_no_refresh_token(
    gateway: AuthlibGateway, provider: OddProvider
) -> None:
    provider.token = {"refresh_token": None}
    assert (await gateway.exchange(provider.spec(refresh=None), an_answer())).tokens.refresh is None


@pytest.mark.parametrize("code", ["", "caf\u00e9", "a\x00b", "a\nb", "\ud800", "x" * 5000], ids=ascii)
async def test_a_code_that_cannot_be_one_is_never_sent(
    gateway: AuthlibGateway, provider: OddProvider, code: str
) -> None:
    with pytest.raises(ProviderMisbehaved):
        await gateway.exchange(provider.spec(), an_answer(code=code))
    assert provider.asked == []


async def test_a_redirect_is_not_followed(gateway: AuthlibGateway, provider: OddProvider) -> None:
    provider.replies["token"] = lambda: RedirectResponse(f"{provider.url}/elsewhere", 307)
    with pytest.raises(ProviderMisbehaved):
        await gateway.exchange(provider.spec(), an_answer())
    assert [asked.path for asked in provider.asked] == ["/token"]


async def test_cookies_of_one_exchange_are_not_sent_in_the_next(gateway: AuthlibGateway, provider: OddProvider) -> None:
    honest = provider.reply("token").body
    provider.replies["token"] = replying(bytes(honest), headers={"Set-Cookie": "who=first"})
    await gateway.exchange(provider.spec(), an_answer())
    await gateway.exchange(provider.spec(), an_answer())
    assert not any("cookie" in asked.headers for asked in provider.asked)


async def test_a_connector_without_credentials_is_misconfigured(gateway: AuthlibGateway, provider: OddProvider) -> None:
    with pytest.raises(ProviderMisconfigured):
        await gateway.exchange(provider.spec(key="stranger"), an_answer())
    assert provider.asked == []
