"""Xero's token and revocation endpoints."""

import base64
import hashlib
from urllib.parse import quote

import attrs
import pytest

from pip_hub.adapters.sandbox import SandboxConfig, XeroApp
from tests.integration.sandbox.apps import VERIFIER, WITH_PKCE, XERO_SCOPE, App, xero_app
from tests.support.sandbox import HUB_URL, RunningSandbox, param, running_sandbox

pytestmark = pytest.mark.anyio

DEMO, BAKERY = "Demo Company (AU)", "Harbour Street Bakery"


async def revoke(app: App, token: str) -> int:
    form = {"token": token, "client_id": app.client_id, "client_secret": app.client_secret or ""}
    return (await app.sandbox.http.post("/xero/connect/revocation", data=form)).status_code


async def test_a_code_becomes_signed_tokens(xero: App) -> None:
    tokens = await xero.connect(organisation=BAKERY, nonce="the-nonce")

    access, identity = await xero.claims(tokens["access_token"]), await xero.claims(tokens["id_token"])
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 1800)
    assert access["iss"] == identity["iss"] == f"{xero.sandbox.url}/xero"
    assert access["exp"] - access["iat"] == 1800
    assert access["client_id"] == identity["aud"] == xero.client_id
    assert access["scope"] == XERO_SCOPE.split()
    assert access["sub"] == identity["sub"] != identity["xero_userid"]
    assert (identity["email"], identity["given_name"], identity["nonce"]) == ("alex@example.com", "Alex", "the-nonce")
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert identity["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()


async def test_identity_is_given_only_as_far_as_it_was_asked_for(xero: App) -> None:
    tokens = await xero.connect(scope="openid accounting.settings.read")
    nameless = await xero.connect(account="sam@example.org", scope="accounting.settings.read")

    assert {"email", "given_name"}.isdisjoint(await xero.claims(tokens["id_token"]))
    assert "id_token" not in nameless


async def test_a_code_works_once(xero: App) -> None:
    code = await xero.code()

    first, second = await xero.redeem(code), await xero.redeem(code)

    assert (first.status_code, second.status_code) == (200, 400)
    assert second.json() == {"error": "invalid_grant"}


async def test_a_code_lives_five_minutes(xero: App) -> None:
    code = await xero.code()
    await xero.sandbox.control.move_clock(minutes=5)

    assert (await xero.redeem(code)).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "http://localhost:8400/elsewhere"},
        {"redirect_uri": None},
        {"code": "made-up"},
        {"code_verifier": VERIFIER},
    ],
)
async def test_a_code_is_bound_to_its_request_and_a_wrong_try_does_not_spend_it(
    xero: App, changes: dict[str, str | None]
) -> None:
    code = await xero.code()

    wrong, right = await xero.redeem(code, **changes), await xero.redeem(code)

    assert wrong.json() == {"error": "invalid_grant"}
    assert right.status_code == 200


@pytest.mark.parametrize("verifier", [None, "short", VERIFIER[::-1]])
async def test_a_challenge_wants_its_verifier(xero: App, verifier: str | None) -> None:
    code = await xero.code(**WITH_PKCE)

    wrong, right = await xero.redeem(code, code_verifier=verifier), await xero.redeem(code, code_verifier=VERIFIER)

    assert wrong.json() == {"error": "invalid_grant"}
    assert right.status_code == 200


async def test_an_app_without_a_secret_needs_pkce_and_must_not_send_one() -> None:
    def change(config: SandboxConfig) -> SandboxConfig:
        return attrs.evolve(config, xero_apps=(attrs.evolve(config.xero_apps[0], client_secret=None),))

    async with running_sandbox(change=change) as sandbox:
        xero = xero_app(sandbox)
        code = await xero.code(**WITH_PKCE)
        with_secret = await xero.redeem(code, code_verifier=VERIFIER, client_secret="guess")
        without = await xero.redeem(code, code_verifier=VERIFIER)

    assert with_secret.json() == {"error": "invalid_client"}
    assert without.status_code == 200


async def test_the_client_may_authenticate_in_the_header(xero: App) -> None:
    code = await xero.code()
    # Some clients percent-encode more than they must (RFC 6749 2.3.1).
    pair = f"{quote(xero.client_id, safe='').replace('-', '%2D')}:{xero.client_secret}"

    response = await xero.sandbox.http.post(
        xero.token_path,
        data={"grant_type": "authorization_code", "code": code, "redirect_uri": xero.redirect_uri},
        headers={"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"},
    )

    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("form", "header"),
    [
        ({"client_secret": "wrong"}, None),
        ({"client_secret": None}, None),
        ({"client_id": "somebody-else"}, None),
        ({"client_id": None, "client_secret": None}, None),
        ({"client_id": None, "client_secret": None}, "Basic not-base64"),
        ({"client_id": None, "client_secret": None}, f"Basic {base64.b64encode(b'no-colon').decode()}"),
    ],
)
async def test_a_client_that_cannot_prove_itself_is_refused(
    xero: App, form: dict[str, str | None], header: str | None
) -> None:
    full = {"client_id": xero.client_id, "client_secret": xero.client_secret, "grant_type": "refresh_token", **form}
    response = await xero.sandbox.http.post(
        xero.token_path,
        data={name: value for name, value in full.items() if value is not None},
        headers={"Authorization": header} if header else {},
    )

    assert (response.status_code, response.json()) == (400, {"error": "invalid_client"})


async def test_a_client_must_not_authenticate_twice(xero: App) -> None:
    response = await xero.sandbox.http.post(
        xero.token_path,
        data={"client_id": xero.client_id, "client_secret": xero.client_secret or ""},
        headers={"Authorization": f"Basic {base64.b64encode(b'a:b').decode()}"},
    )

    assert response.json()["error"] == "invalid_request"


async def test_only_two_grant_types_exist(xero: App) -> None:
    assert (await xero.token(grant_type="client_credentials")).json() == {"error": "unsupported_grant_type"}


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        ('{"grant_type": "refresh_token"}', "application/json", 415),
        ("grant_type=refresh_token&grant_type=refresh_token", "application/x-www-form-urlencoded", 400),
        ("token=%ff%fe", "application/x-www-form-urlencoded", 400),
        ("&".join(f"field{number}=1" for number in range(101)), "application/x-www-form-urlencoded", 400),
        ("token=" + "x" * 65536, "application/x-www-form-urlencoded", 413),
    ],
)
async def test_a_request_that_is_no_proper_form_is_invalid(xero: App, body: str, media_type: str, status: int) -> None:
    response = await xero.sandbox.http.post(xero.token_path, content=body, headers={"Content-Type": media_type})

    assert (response.status_code, response.json()["error"]) == (status, "invalid_request")


async def test_a_refresh_token_comes_only_with_offline_access(xero: App) -> None:
    tokens = await xero.connect(scope="openid accounting.settings.read")

    assert "refresh_token" not in tokens


async def test_every_refresh_brings_a_new_refresh_token(xero: App) -> None:
    first = await xero.connect()

    second = (await xero.refresh(first["refresh_token"])).json()
    third = (await xero.refresh(second["refresh_token"])).json()

    assert len({tokens["refresh_token"] for tokens in (first, second, third)}) == 3
    events = [(await xero.claims(tokens["access_token"]))["authentication_event_id"] for tokens in (first, second)]
    assert events[0] == events[1]


async def test_a_replaced_refresh_token_works_for_thirty_more_minutes_and_asking_does_not_prolong_it(xero: App) -> None:
    lost = (await xero.connect())["refresh_token"]
    await xero.refresh(lost)
    await xero.sandbox.control.move_clock(minutes=29)
    in_time = await xero.refresh(lost)
    await xero.sandbox.control.move_clock(minutes=2)
    too_late = await xero.refresh(lost)

    assert in_time.status_code == 200
    assert (too_late.status_code, too_late.json()) == (400, {"error": "invalid_grant"})
    assert (await xero.refresh(in_time.json()["refresh_token"])).status_code == 200


async def test_a_refresh_token_dies_after_sixty_days_without_use(xero: App) -> None:
    used = unused = (await xero.connect())["refresh_token"]
    await xero.sandbox.control.move_clock(days=59)
    used = (await xero.refresh(used)).json()["refresh_token"]
    await xero.sandbox.control.move_clock(days=59)

    assert (await xero.refresh(unused)).json() == {"error": "invalid_grant"}
    assert (await xero.refresh(used)).status_code == 200
    await xero.sandbox.control.move_clock(days=60)
    assert (await xero.refresh(used)).json() == {"error": "invalid_grant"}


async def test_two_token_sets_of_one_user_live_side_by_side_unless_the_app_is_told_otherwise(xero: App) -> None:
    older, newer = await xero.connect(), await xero.connect()

    assert (await xero.refresh(older["refresh_token"])).status_code == 200
    assert (await xero.refresh(newer["refresh_token"])).status_code == 200


async def test_with_one_token_set_per_user_the_older_one_cannot_be_refreshed() -> None:
    def one_token_set(config: SandboxConfig) -> SandboxConfig:
        return attrs.evolve(config, xero_apps=(attrs.evolve(config.xero_apps[0], one_token_set=True),))

    async with running_sandbox(change=one_token_set) as sandbox:
        xero = xero_app(sandbox)
        older, other = await xero.connect(), await xero.connect(account="sam@example.org")
        newer = await xero.connect()

        assert (await xero.refresh(older["refresh_token"])).json() == {"error": "invalid_grant"}
        assert (await xero.refresh(newer["refresh_token"])).status_code == 200
        assert (await xero.refresh(other["refresh_token"])).status_code == 200


async def test_a_refresh_may_repeat_its_scopes_but_not_widen_them(xero: App) -> None:
    tokens = await xero.connect()

    wider = await xero.refresh(tokens["refresh_token"], scope=f"{XERO_SCOPE} accounting.contacts")
    same = await xero.refresh(tokens["refresh_token"], scope=XERO_SCOPE)

    assert wider.json() == {"error": "invalid_scope"}
    assert same.json()["scope"] == XERO_SCOPE


async def test_scopes_only_add_up_until_they_are_revoked(xero: App) -> None:
    await xero.connect(scope=f"{XERO_SCOPE} accounting.contacts")
    fewer = await xero.connect()
    await revoke(xero, fewer["refresh_token"])
    afresh = await xero.connect()

    assert "accounting.contacts" in fewer["scope"].split()
    assert "accounting.contacts" not in afresh["scope"].split()


async def test_scopes_of_one_person_do_not_reach_another(xero: App) -> None:
    await xero.connect(scope=f"{XERO_SCOPE} accounting.contacts")

    other = await xero.connect(account="sam@example.org")

    assert other["scope"] == XERO_SCOPE


async def test_revoking_ends_every_organisation_and_token_of_that_user_and_nothing_else(xero: App) -> None:
    first = await xero.connect(organisation=DEMO)
    second = await xero.connect(organisation=BAKERY)
    other = await xero.connect(account="sam@example.org")

    assert await revoke(xero, second["refresh_token"]) == 200

    assert (await xero.refresh(first["refresh_token"])).json() == {"error": "invalid_grant"}
    assert await xero.connections(first["access_token"]) == []
    assert (await xero.refresh(other["refresh_token"])).status_code == 200
    assert len(await xero.connections(other["access_token"])) == 1


async def test_revoking_what_is_unknown_is_no_error(xero: App) -> None:
    token = (await xero.connect())["refresh_token"]

    assert [await revoke(xero, token), await revoke(xero, token), await revoke(xero, "made-up")] == [200, 200, 200]


async def test_revoking_takes_the_apps_own_credentials_and_a_token(xero: App) -> None:
    token = (await xero.connect())["refresh_token"]
    nobody = await xero.sandbox.http.post("/xero/connect/revocation", data={"token": token})

    assert nobody.json() == {"error": "invalid_client"}
    assert await revoke(xero, "") == 400
    assert (await xero.refresh(token)).status_code == 200


async def test_one_app_cannot_use_or_revoke_what_belongs_to_another() -> None:
    def add_an_app(config: SandboxConfig) -> SandboxConfig:
        callback = (f"{HUB_URL}/integrations/xero/callback",)
        other = XeroApp(client_id="other", client_secret="other-secret", name="Other", redirect_uris=callback)
        return attrs.evolve(config, xero_apps=(*config.xero_apps, other))

    async with running_sandbox(change=add_an_app) as sandbox:
        xero = xero_app(sandbox)
        other = attrs.evolve(xero, client_id="other", client_secret="other-secret")
        code, tokens = await xero.code(), await xero.connect()

        assert (await other.redeem(code)).json() == {"error": "invalid_grant"}
        assert (await other.refresh(tokens["refresh_token"])).json() == {"error": "invalid_grant"}
        assert await revoke(other, tokens["refresh_token"]) == 200
        assert (await xero.refresh(tokens["refresh_token"])).status_code == 200


async def test_discovery_names_the_endpoints_that_are_there(sandbox: RunningSandbox) -> None:
    metadata = (await sandbox.http.get("/xero/.well-known/openid-configuration")).json()

    assert metadata["issuer"] == f"{sandbox.url}/xero"
    for name in ["authorization_endpoint", "token_endpoint", "revocation_endpoint", "userinfo_endpoint", "jwks_uri"]:
        assert (await sandbox.http.get(metadata[name])).status_code != 404, name


async def test_a_callback_never_carries_a_token(xero: App) -> None:
    callback = await xero.sandbox.person.grant(xero.authorize_url())

    assert param(callback, "access_token") is None
