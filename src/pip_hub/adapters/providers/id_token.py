"""Who an authorization belongs to: the ID token (OpenID Connect Core 3.1.3.7), checked in full."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import attrs
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from pip_hub.adapters.providers.calls import Call
from pip_hub.adapters.providers.http import ProviderHttp
from pip_hub.application.ports.clock import Clock
from pip_hub.domain.connector import OpenIdSpec
from pip_hub.domain.connector_link import ProviderAccount
from pip_hub.domain.errors import ProviderMisbehaved
from pip_hub.domain.secret import Secret
from pip_hub.domain.user import MAX_EMAIL_LENGTH

_LEEWAY_SECONDS = 60
_KEYS_STAY = timedelta(hours=1)
_SUBJECT = re.compile(r"[\x20-\x7e]{1,255}")  # OpenID Connect Core section 2: at most 255 ASCII characters


@attrs.frozen(kw_only=True)
class Expected:
    """What this one ID token has to say."""

    client_id: str
    nonce: Secret
    access: Secret


@attrs.frozen
class _Keys:
    keys: KeySet
    fetched_at: datetime


class IdTokens:
    """Reads ID tokens, and keeps the providers' public keys for a while."""

    def __init__(self, http: ProviderHttp, clock: Clock) -> None:
        self._http = http
        self._clock = clock
        self._kept: dict[str, _Keys] = {}

    async def account(self, call: Call, openid: OpenIdSpec, id_token: Secret, expected: Expected) -> ProviderAccount:
        """Whose account the token names.

        Raises:
            ProviderUnreachable: the provider's keys cannot be fetched.
            ProviderMisbehaved: the token proves nothing.
        """
        token = await self._verified(call, openid, id_token)
        problem = self._problem_with(token, openid, expected)
        if problem is not None:
            raise call.failed(ProviderMisbehaved, problem)
        return ProviderAccount(subject=token.claims["sub"], email=_email(token.claims.get("email")))

    async def _verified(self, call: Call, openid: OpenIdSpec, id_token: Secret) -> jwt.Token:
        registry = JWSRegistry(algorithms=openid.algorithms, strict_check_header=False)
        kept = self._kept.get(openid.jwks_url)
        try:
            if kept is not None and self._clock.now() - kept.fetched_at < _KEYS_STAY:
                try:
                    return jwt.decode(id_token.reveal(), kept.keys, registry=registry)
                except InvalidKeyIdError:
                    pass  # signed by a key newer than ours
            return jwt.decode(id_token.reveal(), await self._fetch(call, openid), registry=registry)
        except (JoseError, ValueError, TypeError, RecursionError):
            raise call.failed(ProviderMisbehaved, "the ID token's signature does not hold") from None

    async def _fetch(self, call: Call, openid: OpenIdSpec) -> KeySet:
        answer = await self._http.ask(call, "GET", openid.jwks_url)
        if not answer.succeeded:
            raise call.refused(answer)
        try:
            keys = KeySet.import_key_set(answer.content)  # type: ignore[arg-type]  # what it is not, it refuses
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            raise call.failed(ProviderMisbehaved, "the provider's keys are none", answer) from None
        self._kept[openid.jwks_url] = _Keys(keys, self._clock.now())
        return keys

    def _problem_with(self, token: jwt.Token, openid: OpenIdSpec, expected: Expected) -> str | None:
        claims = token.claims
        registry = jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "values": list(openid.issuers)},
            aud={"essential": True, "value": expected.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            registry.validate(claims)
        except JoseError:
            return "the ID token is not for us, not from this provider or not of this time"
        if _SUBJECT.fullmatch(claims["sub"]) is None:
            return "the ID token's subject cannot be one"
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != expected.client_id:
            return "the ID token is for several parties and not issued to us"
        if not _same(claims.get("nonce"), expected.nonce.reveal()):
            return "the ID token belongs to another authorization"
        if "at_hash" in claims and not _same(claims["at_hash"], _half_hash(token.header, expected.access)):
            return "the ID token belongs to another access token"
        return None


def _half_hash(header: Mapping[str, Any], access: Secret) -> str:
    """OpenID Connect Core 3.1.3.6: the left half of the hash that the signature's algorithm names."""
    digest = hashlib.new(f"sha{header['alg'][2:]}", access.reveal().encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def _same(claim: object, expected: str) -> bool:
    return isinstance(claim, str) and hmac.compare_digest(claim.encode("utf-8", "backslashreplace"), expected.encode())


def _email(claim: object) -> str | None:
    """For display only, so what cannot be shown is left out."""
    if isinstance(claim, str) and 0 < len(claim) <= MAX_EMAIL_LENGTH and claim.isprintable():
        return claim
    return None
