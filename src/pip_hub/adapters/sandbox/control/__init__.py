"""Steers the sandbox: a page for a person at `/control`, and the same as JSON for tests.

Every POST takes a JSON object (`Content-Type: application/json`), `{}` when there is nothing to say, and answers JSON.
A mistake is answered with 400 and `{"error": "what would be right"}`. No answer ever contains a token.

`GET /control/api/state`
    What exists: `now`, `clock_offset`, `faults`, `holding` (calls that hang at this moment), `calls`, and for each
    provider the consents, the refresh tokens (by id) and Xero's connections and Google's number of access tokens.
`GET /control/api/calls`
    Calls so far by endpoint; token endpoints also by grant type, such as `xero.token:refresh_token`.
`POST /control/api/faults`
    `{"endpoint", "kind", "detail"?, "times"?, "status"?, "retry_after"?, "seconds"?}`. Endpoints: `faults.ENDPOINTS`.
    `times` is how many calls are met, 1 by default, null until cleared. Kinds:
    `fail` answers `status` (500), with `Retry-After` when `retry_after` is given;
    `hang` holds the call for `seconds` (null: until the client gives up or faults are cleared), then works normally;
    `lose_answer` does the work and then drops the connection, or with `detail` `silence` never answers;
    `garbage` answers what `detail` says: `html`, `empty`, `json_without_error`, `error_in_200`, `list`, `broken_json`;
    `refuse` answers the OAuth error in `detail`: `invalid_grant`, `invalid_client`, `invalid_scope` or
    `unauthorized_client` (RFC 6749 5.2);
    `deny` makes an authorization answer `access_denied` at once;
    `block` shows the provider's own page instead: `admin_policy_enforced` or `org_internal`.
`POST /control/api/faults/clear`
    Everything works again, and calls that hang are let go.
`POST /control/api/clock`
    `{"seconds"?, "minutes"?, "hours"?, "days"?}`: moves the clock forward by their sum. Signed tokens carry the moved
    time, so whoever checks them should move along.
`POST /control/api/xero/disconnect`
    `{"connection"?, "user"?, "organisation"?}`: what the user can do inside Xero; without a filter, everything.
`POST /control/api/xero/tell-organisation`
    `{"told"}`: whether access tokens issued from now on say which organisation was just connected (true), or leave the
    app to find out (false).
`POST /control/api/xero/reset-organisation`
    `{"organisation"}`: a demo company that starts afresh under a new tenant id.
`POST /control/api/google/remove-app`
    `{"account"?, "project"?}`: what the user can do on Google's account page; without a filter, everything.
`POST /control/api/reset`
    Forgets everything but the signing keys.
"""
