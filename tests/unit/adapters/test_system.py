"""The machine's adapters: clock, secrets, passwords."""

from datetime import UTC, timedelta

import argon2
import pytest

from pip_hub.adapters.system.clock import SystemClock
from pip_hub.adapters.system.passwords import Argon2Hasher, CommonPasswordList
from pip_hub.adapters.system.secrets import SystemSecrets
from pip_hub.domain.pkce import CodeChallenge, challenge_of

QUICK = argon2.profiles.CHEAPEST


def test_the_clock_tells_aware_time_in_utc() -> None:
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert now.utcoffset() == timedelta(0)


def test_a_secret_can_be_a_pkce_verifier_and_never_repeats() -> None:
    secrets = SystemSecrets()
    made = {secrets.secret().reveal() for _ in range(50)}
    assert len(made) == 50
    for secret in made:
        assert len(secret) == 43
        assert CodeChallenge(challenge_of(secret)).accepts(secret)


def test_an_identifier_is_fit_for_a_url_and_never_repeats() -> None:
    secrets = SystemSecrets()
    made = {secrets.identifier() for _ in range(50)}
    assert len(made) == 50
    assert all(identifier.replace("-", "").replace("_", "").isalnum() for identifier in made)


@pytest.mark.anyio
async def test_a_password_opens_its_own_hash_only() -> None:
    hasher = Argon2Hasher(QUICK)
    made = await hasher.hash("correct horse")
    assert await hasher.verify("correct horse", made)
    assert not await hasher.verify("correct horsf", made)
    assert not await hasher.verify("", made)


@pytest.mark.anyio
async def test_the_same_password_never_makes_the_same_hash() -> None:
    hasher = Argon2Hasher(QUICK)
    assert await hasher.hash("correct horse") != await hasher.hash("correct horse")


@pytest.mark.anyio
async def test_nobodys_password_is_never_right() -> None:
    hasher = Argon2Hasher(QUICK)
    assert await hasher.verify("correct horse", None) is False


@pytest.mark.anyio
async def test_a_damaged_hash_is_never_right() -> None:
    hasher = Argon2Hasher(QUICK)
    made = await hasher.hash("correct horse")
    for damaged in ("", "plain", made[:-4], made.replace("argon2id", "argon2xx")):
        assert not await hasher.verify("correct horse", damaged)


@pytest.mark.anyio
async def test_one_password_typed_on_two_keyboards_is_one_password() -> None:
    hasher = Argon2Hasher(QUICK)
    assert await hasher.verify("cafe\u0301 au lait", await hasher.hash("caf\u00e9 au lait"))


@pytest.mark.anyio
async def test_text_that_is_no_unicode_text_can_be_hashed() -> None:
    hasher = Argon2Hasher(QUICK)
    assert await hasher.verify("\ud800 lone", await hasher.hash("\ud800 lone"))


@pytest.mark.anyio
async def test_argon2id_with_the_recommended_cost_is_the_default() -> None:
    made = await Argon2Hasher().hash("correct horse")
    assert made.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize("password", ["password1", "PassWord1", "qwertyuiop", "1234567890"])
def test_the_passwords_everybody_tries_are_known_in_any_case(password: str) -> None:
    assert CommonPasswordList().contains(password)


@pytest.mark.parametrize("password", ["correct horse battery", "", "Pip-hub is nice"])
def test_other_passwords_are_not_common(password: str) -> None:
    assert not CommonPasswordList().contains(password)
