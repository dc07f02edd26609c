"""Google's userinfo, and a little of Gmail and Sheets: enough to see whether a token and its scopes are right."""

from __future__ import annotations

import attrs
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pip_hub.adapters.sandbox.core import Sandbox
from pip_hub.adapters.sandbox.google.claims import account_of, bearer, identity
from pip_hub.adapters.sandbox.google.scopes import PREFIX, covers
from pip_hub.adapters.sandbox.reading import bearer_of, json_of
from pip_hub.adapters.sandbox.records import GoogleAccessToken
from pip_hub.adapters.sandbox.refusals import ApiRefused, OAuthRefused, Unreadable

_BAD_REQUEST, _UNAUTHORIZED, _FORBIDDEN = 400, 401, 403
_ROWS = [["Month", "Revenue"], ["September", "1200"], ["October", "1350"]]


@attrs.frozen(kw_only=True)
class GoogleApi:
    """The resource endpoints. A sheet is the same for everybody, and appending to it changes nothing."""

    sandbox: Sandbox

    async def userinfo(self, http: Request) -> Response:
        """GET: who the token's account is (OpenID Connect Core 5.3)."""
        token = bearer(self.sandbox, bearer_of(http))
        if token is None:
            raise OAuthRefused("invalid_request", "Invalid Credentials", status=_UNAUTHORIZED)
        return JSONResponse(identity(account_of(self.sandbox, token.subject), token.scopes))

    async def messages(self, http: Request) -> Response:
        """GET: the ids of two messages."""
        self._allowed(http, f"{PREFIX}gmail.metadata")
        rows = [{"id": f"sandbox-message-{number}", "threadId": f"sandbox-thread-{number}"} for number in (1, 2)]
        return JSONResponse({"messages": rows, "resultSizeEstimate": len(rows)})

    async def sheet_values(self, http: Request) -> Response:
        """GET: a few cells."""
        self._allowed(http, f"{PREFIX}spreadsheets.readonly", f"{PREFIX}drive.file")
        return JSONResponse({"range": http.path_params["range"], "majorDimension": "ROWS", "values": _ROWS})

    async def sheet_append(self, http: Request) -> Response:
        """POST: pretend to add rows; needs a scope that may write."""
        self._allowed(http, f"{PREFIX}spreadsheets", f"{PREFIX}drive.file")
        try:
            rows = (await json_of(http)).get("values")
        except Unreadable as problem:
            raise _error(_BAD_REQUEST, "INVALID_ARGUMENT", problem.reason) from problem
        if not isinstance(rows, list):
            raise _error(_BAD_REQUEST, "INVALID_ARGUMENT", "values must be a list of rows")
        spreadsheet = http.path_params["spreadsheet_id"]
        return JSONResponse({"spreadsheetId": spreadsheet, "updates": {"updatedRows": len(rows)}})

    def _allowed(self, http: Request, *any_of: str) -> GoogleAccessToken:
        token = bearer(self.sandbox, bearer_of(http))
        if token is None:
            raise _error(_UNAUTHORIZED, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        if not any(covers(token.scopes, scope) for scope in any_of):
            reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}
            raise _error(_FORBIDDEN, "PERMISSION_DENIED", "Request had insufficient authentication scopes.", reason)
        return token


def _error(status: int, name: str, message: str, *details: dict[str, str]) -> ApiRefused:
    body: dict[str, object] = {"code": status, "message": message, "status": name}
    if details:
        body["details"] = list(details)
    return ApiRefused(status=status, body={"error": body})
