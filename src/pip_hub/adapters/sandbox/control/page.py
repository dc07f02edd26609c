"""The control page for a person."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pip_hub.adapters.sandbox.control.actions import Action, ControlActions
from pip_hub.adapters.sandbox.control.view import view
from pip_hub.adapters.sandbox.core import Sandbox
from pip_hub.adapters.sandbox.endpoints import Handler
from pip_hub.adapters.sandbox.faults import ENDPOINTS, ControlRefused
from pip_hub.adapters.sandbox.pages import Page
from pip_hub.adapters.sandbox.reading import form_of, is_from_this_site, query_of

PATH = "/control"
_SEE_OTHER, _FORBIDDEN, _UNPROCESSABLE = 303, 403, 422

MISBEHAVIOURS = {
    "fail": "Fail with a status",
    "hang": "Hang: answer late, or never",
    "lose_answer:drop": "Do the work, then drop the connection",
    "lose_answer:silence": "Do the work, then stay silent",
    "garbage:html": "Answer 200 with a web page",
    "garbage:empty": "Answer 200 with nothing",
    "garbage:json_without_error": "Answer 400 without saying which error",
    "garbage:error_in_200": "Answer 200 with an error inside",
    "garbage:list": "Answer 200 with a JSON list",
    "garbage:broken_json": "Answer 200 with half a JSON object",
    "refuse:invalid_grant": "Refuse: the code or token is dead",
    "refuse:invalid_client": "Refuse: wrong client or secret",
    "refuse:invalid_scope": "Refuse: a scope that was not granted",
    "refuse:unauthorized_client": "Refuse: this client may not do that",
    "deny": "Authorization only: refuse at once",
    "block:admin_policy_enforced": "Authorization only: an administrator forbids it",
    "block:org_internal": "Authorization only: for members of one organisation",
}
"""What the page offers, in words: a fault's kind, with its detail after a colon."""

_DONE = {
    "faults": "The next call will feel it.",
    "faults/clear": "Everything works normally again.",
    "clock": "The clock has moved.",
    "reset": "The sandbox has forgotten everything.",
    "xero/disconnect": "The organisation is disconnected on Xero’s side.",
    "xero/tell-organisation": "The next tokens of Xero will be so.",
    "xero/reset-organisation": "The organisation starts afresh under a new tenant id.",
    "google/remove-app": "The app’s access is removed on Google’s side.",
}


def control_page_routes(sandbox: Sandbox) -> list[Route]:
    """The page, and one form for every action."""

    async def show(http: Request) -> Response:
        return _page(sandbox, notice=_DONE.get(query_of(http).one("done") or "")).response()

    async def home(_http: Request) -> Response:
        return RedirectResponse(PATH, _SEE_OTHER)

    actions = ControlActions(sandbox=sandbox).by_name()
    return [
        Route("/", home, methods=["GET"]),
        Route(PATH, show, methods=["GET"]),
        *(
            Route(f"{PATH}/{name}", _posted(sandbox, name, action), methods=["POST"])
            for name, action in actions.items()
        ),
    ]


def _posted(sandbox: Sandbox, name: str, action: Action) -> Handler:
    async def endpoint(http: Request) -> Response:
        if not is_from_this_site(http):
            return _page(sandbox, problem="That form was sent by another site.").response(_FORBIDDEN)
        try:
            action(_asked((await form_of(http)).as_mapping()))
        except ControlRefused as problem:
            return _page(sandbox, problem=str(problem)).response(_UNPROCESSABLE)
        return RedirectResponse(f"{PATH}?done={name}", _SEE_OTHER)

    return endpoint


def _asked(form: Mapping[str, object]) -> dict[str, object]:
    kind, _, detail = str(form.get("misbehaviour", "")).partition(":")
    return {**form, "kind": kind, "detail": detail}


def _page(sandbox: Sandbox, *, notice: str | None = None, problem: str | None = None) -> Page:
    state = view(sandbox)
    described = [
        (fault, MISBEHAVIOURS[":".join(filter(None, [fault["kind"], fault["detail"]]))]) for fault in state["faults"]
    ]
    return Page(
        "control.html",
        {
            "provider": None,
            "state": state,
            "faults": described,
            "endpoints": ENDPOINTS,
            "misbehaviours": MISBEHAVIOURS,
            "organisations": [one.name for one in sandbox.config.people.organisations],
            "notice": notice,
            "problem": problem,
        },
    )
