"""The contracts of the small ports: clock, secret source, password hasher."""

from __future__ import annotations

from datetime import UTC, timedelta

import anyio
import pytest

from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.password_hasher import PasswordHasher
from pip_hub.application.ports.secret_source import SecretSource
from pip_hub.domain.pkce import CodeChallenge, challenge_of

MANY = 50


@pytest.mark.anyio
class ClockContract:
    """Subclass it and provide the fixture `clock`."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    def clock(self) -> Clock:
        raise NotImplementedError("provide a fixture `clock` that answers a Clock")

    def test_time_is_aware_and_in_utc(self, clock: Clock) -> None:
        assert clock.now().tzinfo is UTC

    async def test_whoever_sleeps_lets_others_go_on(self, clock: Clock) -> None:
        went_on: list[str] = []

        async def go_on() -> None:
            went_on.append("another task")

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(go_on)
            await clock.sleep(timedelta(milliseconds=1))
            assert went_on == ["another task"]


class SecretSourceContract:
    """Subclass it and provide the fixture `secret_source`."""

    @pytest.fixture
    def secret_source(self) -> SecretSource:
        raise NotImplementedError("provide a fixture `secret_source` that answers a SecretSource")

    def test_every_secret_can_be_a_pkce_verifier(self, secret_source: SecretSource) -> None:
        for secret in [secret_source.secret().reveal() for _ in range(MANY)]:
            assert len(secret) == 43
            assert CodeChallenge.is_well_formed(secret)  # the same 43 base64url characters
            assert CodeChallenge(challenge_of(secret)).accepts(secret)

    def test_nothing_comes_twice(self, secret_source: SecretSource) -> None:
        secrets = {secret_source.secret().reveal() for _ in range(MANY)}
        identifiers = {secret_source.identifier() for _ in range(MANY)}
        assert len(secrets) == len(identifiers) == MANY

    def test_an_identifier_goes_into_a_url_as_it_is(self, secret_source: SecretSource) -> None:
        for identifier in [secret_source.identifier() for _ in range(MANY)]:
            assert identifier
            assert identifier.isascii()
            assert identifier.replace("-", "").replace("_", "").isalnum()


@pytest.mark.anyio
class PasswordHasherContract:
    """Subclass it and provide the fixture `password_hasher`."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    def password_hasher(self) -> PasswordHasher:
        raise NotImplementedError("provide a fixture `password_hasher` that answers a PasswordHasher")

    @pytest.mark.parametrize("password", ["correct horse", "pässwörd 日本", "x" * 256, " spaces ", "\ud800"], ids=ascii)
    async def test_only_the_password_itself_opens_its_hash(
        self, password_hasher: PasswordHasher, password: str
    ) -> None:
        made = await password_hasher.hash(password)
        assert await password_hasher.verify(password, made) is True
        assert await password_hasher.verify(password + "x", made) is False
        assert await password_hasher.verify("", made) is False

    async def test_the_hash_does_not_show_the_password(self, password_hasher: PasswordHasher) -> None:
        assert "correct horse" not in await password_hasher.hash("correct horse")

    async def test_one_password_makes_many_hashes(self, password_hasher: PasswordHasher) -> None:
        assert await password_hasher.hash("correct horse") != await password_hasher.hash("correct horse")

    async def test_nobodys_password_is_never_right(self, password_hasher: PasswordHasher) -> None:
        assert await password_hasher.verify("correct horse", None) is False

    @pytest.mark.parametrize("damaged", ["", "nonsense", "$argon2id$v=19$m=1", "\x00"], ids=ascii)
    async def test_a_damaged_hash_is_never_right(self, password_hasher: PasswordHasher, damaged: str) -> None:
        assert await password_hasher.verify("correct horse", damaged) is False
