"""Passwords without the cost of hashing them."""

from __future__ import annotations

import hashlib
import hmac
import itertools

from pip_hub.adapters.memory.unit_of_work import refuse_inside_unit


class QuickPasswordHasher:
    """A `PasswordHasher` for tests: salted and one-way, but far too fast to protect anybody.

    Fails its caller (RuntimeError) when a unit of work is open.
    """

    def __init__(self) -> None:
        self._salts = itertools.count(1)

    async def hash(self, password: str) -> str:
        refuse_inside_unit("the password hasher")
        return _hash(str(next(self._salts)), password)

    async def verify(self, password: str, password_hash: str | None) -> bool:
        refuse_inside_unit("the password hasher")
        if password_hash is None:
            return False
        salt = password_hash.partition("$")[0]
        return hmac.compare_digest(_hash(salt, password).encode(), password_hash.encode("utf-8", "surrogatepass"))


class FewCommonPasswords:
    """A `CommonPasswords` that knows the ones given to it."""

    def __init__(self, *passwords: str) -> None:
        self._common = frozenset(password.casefold() for password in passwords or ("password", "12345678", "qwertyui"))

    def contains(self, password: str) -> bool:
        return password.casefold() in self._common


def _hash(salt: str, password: str) -> str:
    return f"{salt}${hashlib.sha256(f'{salt} {password}'.encode('utf-8', 'surrogatepass')).hexdigest()}"
