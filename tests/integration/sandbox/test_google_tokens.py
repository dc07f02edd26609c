"""Google's token and revocation endpoints, and what its tokens open."""

import base64
import hashlib

import attrs
import pytest

from pip_hub.adapters.sandbox import GoogleClient, SandboxConfig
from tests.integration.sandbox.apps import (
    EMAIL,
    GMAIL,
    GMAIL_WRITE,
    SHEETS,
    SHEETS_WRITE,
    VERIFIER,
    WITH_PKCE,
    App,
    google_app,
)
from tests.integration.sandbox.test_google_authorization import ALEX, IN_TESTING, SAM
from tests.support.sandbox import HUB_URL, RunningSandbox, running_sandbox

pytestmark = pytest.mark.anyio

DEAD = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
SHEET = "/google/v4/spreadsheets/some-sheet/values/A1:B3"


def with_a_second_client(config: SandboxConfig) -> SandboxConfig:
    project = config.google_projects[0]
    callback = (f"{HUB_URL}/integrations/gmail/callback",)
    second = GoogleClient(client_id="second", client_secret="second-secret", redirect_uris=callback)
    return attrs.evolve(config, google_projects=(attrs.evolve(project, clients=(*project.clients, second)),))


async def revoke(app: App, token: str) -> tuple[int, dict[str, str]]:
    response = await app.sandbox.http.post("/google/revoke", data={"token": token})
    return response.status_code, response.json()


async def is_alive(app: App, refresh_token: str) -> bool:
    return (await app.refresh(refresh_token)).status_code == 200


async def test_a_code_becomes_tokens_of_an_hour(google: App) -> None:
    tokens = await google.connect(nonce="the-nonce")

    identity = await google.claims(tokens["id_token"])
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 3599)
    assert tokens["scope"] == f"openid {EMAIL} {GMAIL} {SHEETS}"
    assert identity["iss"] == f"{google.sandbox.url}/google"
    assert identity["aud"] == google.client_id
    assert identity["exp"] - identity["iat"] == 3600
    assert (identity["email"], identity["email_verified"], identity["nonce"]) == (ALEX, True, "the-nonce")
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert identity["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()


async def test_tokens_keep_to_the_sizes_google_documents(google: App) -> None:
    code = await google.code()
    tokens = (await google.redeem(code)).json()

    assert len(code) <= 256
    assert len(tokens["access_token"]) <= 2048
    assert len(tokens["refresh_token"]) <= 512


@pytest.mark.parametrize("asked", [{"access_type": "online"}, {"access_type": ""}])
async def test_without_offline_access_there_is_never_a_refresh_token(google: App, asked: dict[str, str]) -> None:
    assert "refresh_token" not in await google.connect(**asked)


async def test_forcing_consent_brings_a_refresh_token_every_time_and_the_older_ones_live_on(google: App) -> None:
    first, second = (await google.connect())["refresh_token"], (await google.connect())["refresh_token"]

    assert first != second
    assert await is_alive(google, first)
    assert await is_alive(google, second)


async def test_refreshing_keeps_the_refresh_token(google: App) -> None:
    token = (await google.connect())["refresh_token"]

    answers = [(await google.refresh(token)).json() for _ in range(2)]

    assert all("refresh_token" not in answer for answer in answers)
    assert answers[0]["access_token"] != answers[1]["access_token"]
    assert "nonce" not in await google.claims(answers[0]["id_token"])


@pytest.mark.parametrize(
    ("scope", "granted"),
    [(GMAIL, GMAIL), (SHEETS, SHEETS), (f"openid email {GMAIL_WRITE}", f"openid {EMAIL} {GMAIL_WRITE}")],
)
async def test_a_refresh_may_ask_for_less_even_inside_a_wider_scope(google: App, scope: str, granted: str) -> None:
    tokens = await google.connect(scope=f"openid email {GMAIL_WRITE} {SHEETS_WRITE}")

    narrowed = (await google.refresh(tokens["refresh_token"], scope=scope)).json()

    assert narrowed["scope"] == granted


async def test_a_narrowed_token_cannot_write(google: App) -> None:
    tokens = await google.connect(scope=f"openid {SHEETS_WRITE}")
    narrowed = (await google.refresh(tokens["refresh_token"], scope=SHEETS)).json()

    assert (await google.get(SHEET, narrowed["access_token"])).status_code == 200
    headers = {"Authorization": f"Bearer {narrowed['access_token']}"}
    refused = await google.sandbox.http.post(f"{SHEET}:append", json={"values": []}, headers=headers)
    assert refused.status_code == 403


async def test_a_refresh_must_not_ask_for_more(google: App) -> None:
    tokens = await google.connect(scope=f"openid {SHEETS}")

    response = await google.refresh(tokens["refresh_token"], scope=SHEETS_WRITE)

    assert (response.status_code, response.json()["error"]) == (400, "invalid_scope")


async def test_a_code_works_once_and_for_five_minutes(google: App) -> None:
    spent, late = await google.code(), await google.code()
    await google.redeem(spent)
    again = await google.redeem(spent)
    await google.sandbox.control.move_clock(minutes=5)

    assert (
        again.json()
        == (await google.redeem(late)).json()
        == {
            "error": "invalid_grant",
            "error_description": "Bad Request",
        }
    )


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": f"{HUB_URL}/integrations/google_sheets/callback"}, "redirect_uri_mismatch"),
        ({"code_verifier": None}, "invalid_grant"),
        ({"code_verifier": VERIFIER[::-1]}, "invalid_grant"),
    ],
)
async def test_a_code_is_bound_to_its_request_and_a_wrong_try_does_not_spend_it(
    google: App, changes: dict[str, str | None], error: str
) -> None:
    code = await google.code(**WITH_PKCE)

    wrong = await google.redeem(code, **{"code_verifier": VERIFIER, **changes})
    right = await google.redeem(code, code_verifier=VERIFIER)

    assert (wrong.status_code, wrong.json()["error"]) == (400, error)
    assert right.status_code == 200


async def test_a_client_that_cannot_prove_itself_gets_401(google: App) -> None:
    pair = base64.b64encode(f"{google.client_id}:wrong".encode()).decode()
    in_form = await google.token(grant_type="refresh_token", client_secret="wrong")
    in_header = await google.sandbox.http.post(
        google.token_path, data={"grant_type": "refresh_token"}, headers={"Authorization": f"Basic {pair}"}
    )
    unknown = await google.token(grant_type="refresh_token", client_id="somebody-else")

    for response in (in_form, in_header, unknown):
        assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
    assert in_header.headers["www-authenticate"] == "Basic"


async def test_the_client_may_authenticate_in_the_header(google: App) -> None:
    token = (await google.connect())["refresh_token"]
    pair = base64.b64encode(f"{google.client_id}:{google.client_secret}".encode()).decode()

    response = await google.sandbox.http.post(
        google.token_path,
        data={"grant_type": "refresh_token", "refresh_token": token},
        headers={"Authorization": f"Basic {pair}"},
    )

    assert response.status_code == 200


async def test_only_two_grant_types_exist(google: App) -> None:
    assert (await google.token(grant_type="password")).json()["error"] == "unsupported_grant_type"


async def test_the_hundred_and_first_refresh_token_silently_ends_the_first(google: App) -> None:
    other_account = (await google.connect(account=SAM))["refresh_token"]
    tokens = [(await google.connect())["refresh_token"] for _ in range(101)]

    assert (await google.refresh(tokens[0])).json() == DEAD
    assert await is_alive(google, tokens[1])
    assert await is_alive(google, tokens[100])
    assert await is_alive(google, other_account)


async def test_in_testing_a_refresh_token_dies_after_seven_days_unless_it_is_only_for_sign_in() -> None:
    async with running_sandbox(change=IN_TESTING) as sandbox:
        google = google_app(sandbox)
        data = (await google.connect())["refresh_token"]
        sign_in = (await google.connect(scope="openid email profile"))["refresh_token"]
        await sandbox.control.move_clock(days=6)
        before = [await is_alive(google, data), await is_alive(google, sign_in)]
        await sandbox.control.move_clock(days=1)

        assert before == [True, True]
        assert (await google.refresh(data)).json() == DEAD
        assert await is_alive(google, sign_in)


async def test_a_refresh_token_dies_after_six_months_without_use(google: App) -> None:
    used, unused = (await google.connect())["refresh_token"], (await google.connect())["refresh_token"]
    await google.sandbox.control.move_clock(days=179)
    await google.refresh(used)
    await google.sandbox.control.move_clock(days=1)

    assert (await google.refresh(unused)).json() == DEAD
    assert await is_alive(google, used)


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_revoking_any_token_ends_every_client_of_the_project_but_no_other_account(kind: str) -> None:
    async with running_sandbox(change=with_a_second_client) as sandbox:
        first, second = google_app(sandbox), google_app(sandbox, client=1)
        mine, at_second = await first.connect(), await second.connect(scope=f"openid {SHEETS}")
        theirs = await first.connect(account=SAM)

        assert await revoke(first, mine[kind]) == (200, {})

        assert (await first.refresh(mine["refresh_token"])).json() == DEAD
        assert (await second.refresh(at_second["refresh_token"])).json() == DEAD
        assert (await second.get("/google/v1/userinfo", at_second["access_token"])).status_code == 401
        assert await is_alive(first, theirs["refresh_token"])


async def test_a_second_revocation_and_an_unknown_token_are_errors(google: App) -> None:
    token = (await google.connect())["refresh_token"]
    await revoke(google, token)

    for value in (token, "made-up", ""):
        status, body = await revoke(google, value)
        assert (status, body["error"]) == (400, "invalid_token")


async def test_a_token_that_has_expired_cannot_be_revoked(google: App) -> None:
    tokens = await google.connect()
    await google.sandbox.control.move_clock(hours=1)

    assert (await revoke(google, tokens["access_token"]))[0] == 400
    assert await is_alive(google, tokens["refresh_token"])


async def test_after_a_revocation_consent_is_asked_for_again(google: App) -> None:
    await revoke(google, (await google.connect())["access_token"])

    assert "refresh_token" in await google.connect(prompt="select_account")


async def test_removing_the_app_on_googles_side_is_a_revocation(google: App) -> None:
    mine, theirs = await google.connect(), await google.connect(account=SAM)

    assert await google.sandbox.control.remove_google_app(account=ALEX) == 1

    assert (await google.refresh(mine["refresh_token"])).json() == DEAD
    assert await is_alive(google, theirs["refresh_token"])


async def test_refresh_tokens_of_one_client_are_not_for_another() -> None:
    async with running_sandbox(change=with_a_second_client) as sandbox:
        first, second = google_app(sandbox), google_app(sandbox, client=1)
        code, tokens = await first.code(), await first.connect()

        assert (await second.redeem(code)).json()["error"] == "invalid_grant"
        assert (await second.refresh(tokens["refresh_token"])).json() == DEAD


async def test_userinfo_says_only_what_was_granted(google: App) -> None:
    everything = await google.connect(scope="openid email profile", account=SAM)
    little = await google.connect(scope=f"openid {GMAIL}")

    known = (await google.get("/google/v1/userinfo", everything["access_token"])).json()
    assert (known["email"], known["name"], known["hd"]) == (SAM, "Sam Okafor", "example.org")
    assert set((await google.get("/google/v1/userinfo", little["access_token"])).json()) == {"sub"}


async def test_an_access_token_expires_after_an_hour(google: App) -> None:
    token = (await google.connect())["access_token"]
    await google.sandbox.control.move_clock(hours=1)

    for path in ("/google/v1/userinfo", "/google/gmail/v1/users/me/messages", SHEET):
        assert (await google.get(path, token)).status_code == 401


async def test_discovery_names_the_endpoints_that_are_there(sandbox: RunningSandbox) -> None:
    metadata = (await sandbox.http.get("/google/.well-known/openid-configuration")).json()

    assert metadata["issuer"] == f"{sandbox.url}/google"
    for name in ["authorization_endpoint", "token_endpoint", "revocation_endpoint", "userinfo_endpoint", "jwks_uri"]:
        assert (await sandbox.http.get(metadata[name])).status_code != 404, name


async def test_published_keys_are_public_and_differ_between_providers(sandbox: RunningSandbox) -> None:
    keys = [
        (await sandbox.http.get(path)).json()["keys"][0]
        for path in ("/google/oauth2/v3/certs", "/xero/.well-known/openid-configuration/jwks")
    ]

    assert keys[0]["kid"] != keys[1]["kid"]
    assert all({"d", "p", "q"}.isdisjoint(key) for key in keys)
