import json
import logging
import time

import pytest
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from pip_hub.mcp import HubRefused, HubTokenVerifier, HubUnavailable
from tests.integration.demo.stand_in_hub import RESOURCE_SECRET, StandInHub
from tests.integration.mcp.conftest import a_verifier
from tests.support.loopback import listener, url_of

pytestmark = pytest.mark.anyio


@pytest.mark.requirement("RFC 7662 2.2")
async def test_a_good_token_is_told_with_all_that_the_hub_knows(hub: StandInHub, verifier: HubTokenVerifier) -> None:
    end = int(time.time()) + 3600
    hub.introspection_overrides = {"exp": end}
    token = hub.issue(client_id="a-client", scope="mcp profile")

    access = await verifier.verify_token(token)

    assert access is not None
    assert (access.token, access.client_id, access.scopes) == (token, "a-client", ["mcp", "profile"])
    assert (access.subject, access.resource, access.expires_at) == ("user-1", hub.resource, end)
    assert access.claims is not None
    assert (access.claims["username"], access.claims["iss"]) == ("user@example.com", hub.issuer)


@pytest.mark.parametrize("token", ["", "two words", '"quoted"', "x" * 5000, "a\\b", "==", "ä"])
async def test_what_can_not_be_a_token_is_refused_without_asking_the_hub(
    hub: StandInHub, verifier: HubTokenVerifier, token: str
) -> None:
    assert await verifier.verify_token(token) is None
    assert hub.introspected == 0


@pytest.mark.requirement("RFC 7662 4")
@pytest.mark.parametrize(
    "overrides",
    [
        {"aud": "http://localhost:2/mcp"},
        {"aud": ["http://localhost:2/mcp"]},
        {"aud": "http://localhost:1/mcp/"},
        {"aud": "http://localhost:1/MCP"},
        {"aud": None},
        {"aud": {}},
        {"iss": "http://localhost:1"},
        {"active": "true"},
        {"active": 1},
        {"exp": 1},
        {"exp": -5},
    ],
)
async def test_a_token_that_is_not_good_here_and_now_is_refused(
    hub: StandInHub, verifier: HubTokenVerifier, overrides: dict[str, object]
) -> None:
    hub.introspection_overrides = overrides

    assert await verifier.verify_token(hub.issue()) is None


@pytest.mark.parametrize(
    "overrides",
    [
        {"exp": "soon"},
        {"exp": True},
        {"exp": []},
        {"exp": float("inf")},
        {"exp": float("nan")},
        {"sub": None},
        {"sub": 7},
        {"client_id": ""},
    ],
)
async def test_an_answer_that_leaves_out_what_matters_is_the_hubs_fault_and_not_the_tokens(
    hub: StandInHub, verifier: HubTokenVerifier, overrides: dict[str, object]
) -> None:
    members = {"active": True, "sub": "user-1", "client_id": "c", "aud": hub.resource} | overrides
    hub.introspection_answer = Response(json.dumps(members), media_type="application/json")

    with pytest.raises(HubUnavailable, match="does not say"):
        await verifier.verify_token(hub.issue())


@pytest.mark.parametrize(
    "answer",
    [
        PlainTextResponse("trouble", status_code=500),
        HTMLResponse("<h1>Sign in</h1>"),
        JSONResponse(["active"]),
        JSONResponse({"active": True}, status_code=303),
        JSONResponse({"error": "Not an OAuth word"}, status_code=400),
        JSONResponse({"error": "slow_down"}, status_code=429),
        Response(b"\xff\xfe{}", media_type="application/json"),
        Response("[" * 100_000, media_type="application/json"),
    ],
)
async def test_a_hub_that_gives_no_usable_answer_is_not_the_tokens_fault(
    hub: StandInHub, verifier: HubTokenVerifier, answer: Response
) -> None:
    hub.introspection_answer = answer

    with pytest.raises(HubUnavailable, match="The hub could not check the access token just now") as trouble:
        await verifier.verify_token(hub.issue())
    assert trouble.value.retry_after == 5


@pytest.mark.parametrize(
    ("header", "seconds"), [("30", 30), ("0", 1), ("999999999", 3600), ("9" * 5000, 5), ("-1", 5), ("Fri", 5)]
)
async def test_the_hub_may_say_when_to_come_back_within_reason(
    hub: StandInHub, verifier: HubTokenVerifier, header: str, seconds: int
) -> None:
    hub.introspection_answer = Response(status_code=503, headers={"Retry-After": header})

    with pytest.raises(HubUnavailable) as trouble:
        await verifier.verify_token(hub.issue())
    assert trouble.value.retry_after == seconds


async def test_a_hub_that_is_gone_is_not_the_tokens_fault() -> None:
    nobody = listener()
    issuer = url_of(nobody)
    nobody.close()
    verifier = HubTokenVerifier(issuer=issuer, resource="http://localhost:1/mcp", resource_id="i", resource_secret="s")

    with pytest.raises(HubUnavailable, match="could not be reached"):
        await verifier.verify_token("abc")
    await verifier.aclose()


@pytest.mark.requirement("RFC 6749 2.3.1")
async def test_both_halves_of_the_credentials_survive_whatever_is_in_them(
    hub: StandInHub, verifier: HubTokenVerifier
) -> None:
    assert set(RESOURCE_SECRET) & set(" :%")

    assert await verifier.verify_token(hub.issue()) is not None


async def test_wrong_credentials_are_the_operators_to_mend_and_stay_out_of_log_and_message(
    hub: StandInHub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    token = hub.issue()
    async with a_verifier(hub, resource_secret="not-the-secret") as verifier:
        with pytest.raises(HubRefused, match="does not accept this MCP server's own credentials") as refused:
            await verifier.verify_token(token)

    assert refused.value.error == "invalid_client"
    assert "refused this MCP server's own credentials" in caplog.text
    for secret in (token, "not-the-secret"):
        assert secret not in f"{caplog.text} {refused.value!r} {refused.value} {verifier!r}"


async def test_a_question_the_hub_does_not_understand_is_a_mistake_of_ours(
    hub: StandInHub, verifier: HubTokenVerifier
) -> None:
    hub.introspection_answer = JSONResponse({"error": "invalid_request"}, status_code=400)

    with pytest.raises(HubRefused, match=r"did not understand .* \(invalid_request\)"):
        await verifier.verify_token(hub.issue())


async def test_printing_a_token_shows_neither_it_nor_the_servers_secret(
    hub: StandInHub, verifier: HubTokenVerifier
) -> None:
    token = hub.issue()

    access = await verifier.verify_token(token)

    assert access is not None
    shown = f"{access!r} {access} {access.model_dump(exclude={'token'})} {access.hub!r}"
    assert token not in shown
    assert RESOURCE_SECRET not in shown


@pytest.mark.parametrize(
    "issuer",
    [
        "http://hub.example",
        "https://hub.example/",
        "hub.example",
        "https://",
        "ftp://hub.example",
        "https://h.example?",
    ],
)
def test_an_address_that_gives_secrets_away_or_stops_clients_is_refused_at_once(issuer: str) -> None:
    with pytest.raises(ValueError, match="the issuer must be an https URL"):
        HubTokenVerifier(issuer=issuer, resource="https://tools.example/mcp", resource_id="i", resource_secret="s")


def test_the_sdk_is_told_the_addresses_to_the_letter() -> None:
    verifier = HubTokenVerifier(
        issuer="https://hub.example", resource="https://tools.example", resource_id="i", resource_secret="s"
    )

    settings = verifier.auth_settings("mcp", "more")

    assert str(settings.issuer_url) == "https://hub.example"
    assert str(settings.resource_server_url) == "https://tools.example"
    assert settings.required_scopes == ["mcp", "more"]
