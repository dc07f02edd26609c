"""Passwords, beyond what their contract asks."""

import pytest

from pip_hub.adapters.system.passwords import Argon2Hasher, CommonPasswordList
from pip_hub.application.ports.password_hasher import CommonPasswords


@pytest.mark.anyio
async def test_argon2id_with_the_recommended_cost_is_the_default() -> None:
    made = await Argon2Hasher().hash("correct horse")
    assert made.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize("password", ["password1", "PassWord1", "qwertyuiop", "1234567890"])
def test_the_passwords_everybody_tries_are_known_in_any_case(password: str) -> None:
    common: CommonPasswords = CommonPasswordList()
    assert common.contains(password)


@pytest.mark.parametrize("password", ["correct horse battery", "", "Pip-hub is nice"])
def test_other_passwords_are_not_common(password: str) -> None:
    assert not CommonPasswordList().contains(password)
