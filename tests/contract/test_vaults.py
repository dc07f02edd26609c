"""What the AES-GCM vault does beyond the contract: several keys, and no way around them."""

import base64

import pytest

from pip_hub.adapters.system.keys import new_key, parse_keys
from pip_hub.adapters.system.vault import AesGcmVault
from pip_hub.domain.errors import CannotOpen
from pip_hub.domain.secret import Sealed, Secret

pytestmark = pytest.mark.anyio

CONTEXT = "provider-grant:1"


async def test_the_first_key_seals_and_all_keys_open() -> None:
    old, new = new_key(), new_key()
    before = await AesGcmVault(parse_keys(old)).seal(Secret("kept"), CONTEXT)
    rotated = AesGcmVault(parse_keys(f"{new},{old}"))
    after = await rotated.seal(Secret("kept"), CONTEXT)
    assert (await rotated.open(before, CONTEXT)).reveal() == "kept"
    assert (await AesGcmVault(parse_keys(new)).open(after, CONTEXT)).reveal() == "kept"
    with pytest.raises(CannotOpen):
        await AesGcmVault(parse_keys(old)).open(after, CONTEXT)


async def test_sealed_text_names_its_format_and_key() -> None:
    (key,) = keys = parse_keys(new_key())
    sealed = await AesGcmVault(keys).seal(Secret("kept"), CONTEXT)
    version, key_id, body = sealed.value.split(".")
    assert (version, key_id) == ("v1", key.id)
    assert len(base64.urlsafe_b64decode(body + "==")) == 12 + len("kept") + 16


async def test_the_mark_tells_what_is_sealed_under_an_older_key() -> None:
    old, new = new_key(), new_key()
    before = await AesGcmVault(parse_keys(old)).seal(Secret("kept"), CONTEXT)
    rotated = AesGcmVault(parse_keys(f"{new},{old}"))
    assert rotated.mark == f"v1.{parse_keys(new)[0].id}."
    assert not before.value.startswith(rotated.mark)
    assert (await rotated.seal(await rotated.open(before, CONTEXT), CONTEXT)).value.startswith(rotated.mark)


async def test_a_key_that_was_taken_away_opens_nothing_any_more() -> None:
    sealed = await AesGcmVault(parse_keys(new_key())).seal(Secret("kept"), CONTEXT)
    with pytest.raises(CannotOpen, match="key that this vault does not have"):
        await AesGcmVault(parse_keys(new_key())).open(sealed, CONTEXT)


async def test_no_single_character_of_sealed_text_can_be_changed() -> None:
    vault = AesGcmVault(parse_keys(new_key()))
    sealed = (await vault.seal(Secret("kept"), CONTEXT)).value
    for place, character in enumerate(sealed):
        for other in {"A", "B", "_", ".", "é"} - {character}:
            with pytest.raises(CannotOpen):
                await vault.open(Sealed(sealed[:place] + other + sealed[place + 1 :]), CONTEXT)


@pytest.mark.parametrize("body", ["", "AAAA", "AAAAAAAAAAAAAAAA", "=", "kept", "a.b"])
async def test_text_that_nobody_sealed_does_not_open(body: str) -> None:
    (key,) = keys = parse_keys(new_key())
    with pytest.raises(CannotOpen):
        await AesGcmVault(keys).open(Sealed(f"v1.{key.id}.{body}"), CONTEXT)
    with pytest.raises(CannotOpen):
        await AesGcmVault(keys).open(Sealed(body), CONTEXT)


async def test_a_vault_without_a_key_is_not_made() -> None:
    with pytest.raises(ValueError, match="at least one key"):
        AesGcmVault(())
