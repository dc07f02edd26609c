"""A little of Xero's accounting API: enough to see whether a token, its scopes and its tenant are right."""

from __future__ import annotations

import attrs
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pip_hub.adapters.sandbox.core import Sandbox
from pip_hub.adapters.sandbox.people import Organisation
from pip_hub.adapters.sandbox.reading import bearer_of
from pip_hub.adapters.sandbox.refusals import OAuthRefused
from pip_hub.adapters.sandbox.xero.claims import bearer, identity, problem
from pip_hub.adapters.sandbox.xero.scopes import allows
from pip_hub.adapters.sandbox.xero.tenants import connections_of

_UNAUTHORIZED, _FORBIDDEN = 401, 403


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
        """GET: two invoices of the organisation the tenant header names."""
        tenant = self._tenant(http, "accounting.invoices.read")
        rows = [
            {
                "Type": "ACCREC",
                "InvoiceNumber": number,
                "Status": status,
                "Total": total,
                "CurrencyCode": tenant.base_currency,
                "Contact": {"Name": contact},
            }
            for number, status, total, contact in [
                ("INV-0001", "AUTHORISED", 230.0, "Bayside Club"),
                ("INV-0002", "PAID", 87.5, "Ridgeway University"),
            ]
        ]
        return JSONResponse({"Status": "OK", "Invoices": rows})

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
