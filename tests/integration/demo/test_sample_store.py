from pathlib import Path

import pytest

from pip_hub.entrypoints.demo.sample_store import AuthorizationServer, Registration, SampleStore, SignIn, Tokens, Visit

SERVER = AuthorizationServer(
    issuer="http://localhost:1",
    authorization_endpoint="http://localhost:1/authorize",
    token_endpoint="http://localhost:1/token",
    registration_endpoint="http://localhost:1/register",
    revocation_endpoint=None,
    sends_issuer=True,
)
REGISTRATION = Registration(issuer=SERVER.issuer, redirect_uri="http://localhost:2/callback", client_id="client")


@pytest.fixture
def store(tmp_path: Path) -> SampleStore:
    return SampleStore(path=tmp_path / "deep" / "down" / "visits.json")


def a_sign_in(state: str) -> SignIn:
    return SignIn(
        state=state, verifier="v", resource="http://localhost:2/mcp", server=SERVER, registration=REGISTRATION
    )


def test_what_was_put_in_comes_out_of_another_store_on_the_same_file(store: SampleStore) -> None:
    tokens = Tokens(
        access_token="access",
        refresh_token=None,
        expires_at=None,
        scope=None,
        resource="http://localhost:2/mcp",
        server=SERVER,
        registration=REGISTRATION,
    )
    visit = Visit(registration=REGISTRATION, tokens=tokens, problem="none").with_sign_in(a_sign_in("s"))

    store.put("cookie", visit)

    assert SampleStore(path=store.path).get("cookie") == visit
    assert store.get("another cookie") is None


def test_the_browser_heard_of_least_recently_is_the_first_to_be_forgotten(store: SampleStore) -> None:
    for number in range(100):
        store.put(f"cookie {number}", Visit())
    store.put("cookie 0", Visit(problem="back again"))

    store.put("cookie 100", Visit())

    assert store.get("cookie 0") == Visit(problem="back again")
    assert store.get("cookie 1") is None
    assert store.get("cookie 100") == Visit()


def test_of_many_open_sign_ins_the_oldest_are_forgotten() -> None:
    visit = Visit()
    for number in range(7):
        visit = visit.with_sign_in(a_sign_in(f"state {number}"))

    assert [sign_in.state for sign_in in visit.sign_ins] == [f"state {number}" for number in range(2, 7)]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(store: SampleStore) -> None:
    store.put("cookie", Visit(problem="kept"))

    with pytest.raises(ValueError, match="surrogates not allowed"):
        store.put("other", Visit(problem="\udc80"))

    assert store.get("cookie") == Visit(problem="kept")
    assert list(store.path.parent.iterdir()) == [store.path]
