"""A little of Xero's accounting API: enough to see whether a token, its scopes and its tenant are right."""

from __future__ import annotations

import math
import re

import attrs
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pip_hub.adapters.sandbox.core import Sandbox
from pip_hub.adapters.sandbox.people import Organisation
from pip_hub.adapters.sandbox.reading import Params, bearer_of, query_of
from pip_hub.adapters.sandbox.refusals import OAuthRefused
from pip_hub.adapters.sandbox.xero.claims import bearer, identity, problem
from pip_hub.adapters.sandbox.xero.invoices import invoices_of
from pip_hub.adapters.sandbox.xero.scopes import allows
from pip_hub.adapters.sandbox.xero.tenants import connections_of

_BAD_REQUEST, _UNAUTHORIZED, _FORBIDDEN = 400, 401, 403
_PAGE_SIZE, _LARGEST_PAGE = 100, 1000
_DIGITS = re.compile(r"[0-9]{1,6}")


@attrs.frozen(kw_only=True)
class XeroApi:
    """`/xero/api.xro/2.0/…` and the userinfo endpoint."""

    sandbox: Sandbox

    async def userinfo(self, http: Request) -> Response:
        """GET: who the token's user is (OpenID Connect Core 5.3)."""
        who = bearer(self.sandbox, bearer_of(http))
        user = self.sandbox.config.people.xero_user(subject=who.subject)
        if user is None or "openid" not in who.scopes:
            raise OAuthRefused("insufficient_scope", status=_FORBIDDEN)
        return JSONResponse(identity(user, who.scopes))

    async def organisation(self, http: Request) -> Response:
        """GET: the organisation the tenant header names."""
        tenant = self._tenant(http, "accounting.settings.read")
        row = {
            "Name": tenant.name,
            "OrganisationID": http.headers["xero-tenant-id"],
            "BaseCurrency": tenant.base_currency,
            "CountryCode": tenant.country_code,
            "IsDemoCompany": tenant.name.startswith("Demo Company"),
        }
        return JSONResponse({"Status": "OK", "Organisations": [row]})

    async def invoices(self, http: Request) -> Response:
        """GET: one page of the invoices of the organisation the tenant header names (`page` from 1, `pageSize`)."""
        tenant = self._tenant(http, "accounting.invoices.read")
        query = query_of(http)
        page, size = _number(query, "page", 1), _number(query, "pageSize", _PAGE_SIZE)
        rows = invoices_of(tenant)
        pagination = {
            "page": page,
            "pageSize": size,
            "pageCount": math.ceil(len(rows) / size),
            "itemCount": len(rows),
        }
        return JSONResponse(
            {"Status": "OK", "pagination": pagination, "Invoices": rows[(page - 1) * size : page * size]}
        )

    def _tenant(self, http: Request, scope: str) -> Organisation:
        who = bearer(self.sandbox, bearer_of(http))
        if not allows(who.scopes, scope):
            # The misspelling is Xero's own.
            raise problem(
                _UNAUTHORIZED,
                "Unauthorized",
                "AuthorizationUnsuccessful",
                **{"WWW-Authenticate": 'OAuth Realm="api.xero.com", error="insufficent_scope"'},
            )
        wanted = http.headers.get("xero-tenant-id")
        for one in connections_of(self.sandbox.store, who.client_id, who.subject):
            tenant = self.sandbox.config.people.organisation(one.organisation)
            if one.tenant_id == wanted and tenant is not None:
                return tenant
        raise problem(_FORBIDDEN, "Forbidden", "AuthenticationUnsuccessful")


def _number(query: Params, name: str, default: int) -> int:
    value = query.one(name)
    if value is None:
        return default
    if _DIGITS.fullmatch(value) is None or not 1 <= int(value) <= _LARGEST_PAGE:
        raise problem(_BAD_REQUEST, "Bad Request", f"{name} must be a number from 1 to {_LARGEST_PAGE}")
    return int(value)
