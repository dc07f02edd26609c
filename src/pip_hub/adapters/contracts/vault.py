"""The contract of every vault: subclass it, provide the fixture `vault`, run pytest."""

from __future__ import annotations

from collections.abc import Callable

import anyio
import pytest

from pip_hub.application.ports.vault import Vault
from pip_hub.domain.errors import CannotOpen
from pip_hub.domain.secret import Sealed, Secret

CONTEXT = "provider-grant:1"

SECRETS = {
    "a token": "a-token-that-is-forty-three-characters-long",
    "one character": "x",
    "many scripts": "pässwörd 日本 🇦🇺",
    "a packed answer": '{"access": "a", "refresh": null, "granted": "openid email"}',
    "a long token": "t" * 5000,
}
ALTERED: dict[str, Callable[[str], str]] = {
    "at its start": lambda text: _other(text[0]) + text[1:],
    "in the middle": lambda text: text[: len(text) // 2] + _other(text[len(text) // 2]) + text[len(text) // 2 + 1 :],
    "cut short": lambda text: text[: len(text) // 2],
    "made longer": lambda text: text + text,
    "emptied": lambda _text: "",
    "replaced by nonsense": lambda _text: "not sealed by anybody ü \x00",
}


@pytest.mark.anyio
class VaultContract:
    """What is sealed opens again, in its own place only."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    def vault(self) -> Vault:
        raise NotImplementedError("provide a fixture `vault` that answers a Vault")

    @pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
    async def test_a_sealed_secret_opens_in_its_own_context(self, vault: Vault, secret: str) -> None:
        sealed = await vault.seal(Secret(secret), CONTEXT)
        assert (await vault.open(sealed, CONTEXT)).reveal() == secret
        assert (await vault.open(sealed, CONTEXT)).reveal() == secret

    @pytest.mark.parametrize("context", ["provider-grant:2", "provider-grant:", "provider-grant:11", "", "attempt:1"])
    async def test_a_sealed_secret_moved_to_another_row_does_not_open(self, vault: Vault, context: str) -> None:
        sealed = await vault.seal(Secret("secret"), CONTEXT)
        with pytest.raises(CannotOpen):
            await vault.open(sealed, context)

    @pytest.mark.parametrize("alteration", ALTERED)
    async def test_a_sealed_secret_does_not_open_when_it_was(self, vault: Vault, alteration: str) -> None:
        sealed = await vault.seal(Secret("secret"), CONTEXT)
        with pytest.raises(CannotOpen):
            await vault.open(Sealed(ALTERED[alteration](sealed.value)), CONTEXT)

    async def test_the_secret_cannot_be_read_in_its_sealed_form(self, vault: Vault) -> None:
        sealed = await vault.seal(Secret("a-secret-of-some-length"), CONTEXT)
        assert "a-secret-of-some-length" not in sealed.value
        assert sealed.value.isascii()
        assert sealed.value.isprintable()

    async def test_sealing_twice_never_gives_the_same_text(self, vault: Vault) -> None:
        sealed = [await vault.seal(Secret("secret"), CONTEXT) for _ in range(20)]
        assert len(set(sealed)) == len(sealed)

    async def test_what_does_not_open_is_not_told_in_the_error(self, vault: Vault) -> None:
        sealed = await vault.seal(Secret("a-secret-of-some-length"), CONTEXT)
        with pytest.raises(CannotOpen) as caught:
            await vault.open(sealed, "another context")
        assert "a-secret-of-some-length" not in f"{caught.value!r} {caught.value.reason}"

    async def test_what_is_sealed_under_the_newest_key_begins_with_its_mark(self, vault: Vault) -> None:
        assert vault.mark
        assert (await vault.seal(Secret("secret"), CONTEXT)).value.startswith(vault.mark)

    async def test_many_seal_and_open_at_once(self, vault: Vault) -> None:
        opened: dict[int, str] = {}

        async def seal_and_open(number: int) -> None:
            sealed = await vault.seal(Secret(f"secret {number}"), f"row:{number}")
            opened[number] = (await vault.open(sealed, f"row:{number}")).reveal()

        async with anyio.create_task_group() as tasks:
            for number in range(20):
                tasks.start_soon(seal_and_open, number)
        assert opened == {number: f"secret {number}" for number in range(20)}


def _other(character: str) -> str:
    return "A" if character != "A" else "B"
