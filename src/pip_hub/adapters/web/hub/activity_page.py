"""`GET /activity`: what happened on the account."""

from __future__ import annotations

import attrs
from starlette.requests import Request
from starlette.responses import Response

from pip_hub.adapters.web.addresses import Onward, Place
from pip_hub.adapters.web.answers import see_other
from pip_hub.adapters.web.browser import BrowserCookies
from pip_hub.adapters.web.forms import read_query
from pip_hub.adapters.web.hub.activity_words import days
from pip_hub.adapters.web.hub.reading import well_formed_flow
from pip_hub.adapters.web.pages import Pages
from pip_hub.application.activity.view_activity import ViewActivity, ViewActivityCommand
from pip_hub.domain.errors import NotSignedIn


@attrs.frozen(kw_only=True)
class ActivityEndpoint:
    """The log; somebody who is not signed in is sent to sign in first, and comes back. A flow is only led back to."""

    view_activity: ViewActivity
    cookies: BrowserCookies
    pages: Pages

    async def get(self, request: Request) -> Response:
        flow_id = well_formed_flow(read_query(request).one("flow"))
        addresses = self.pages.addresses
        try:
            view = await self.view_activity(ViewActivityCommand(visitor=self.cookies.visitor(request)))
        except NotSignedIn:
            onward = Onward(place=Place.ACTIVITY, flow_id=flow_id)
            return see_other(addresses.absolute(addresses.sign_in(onward)))
        return self.pages.show(
            "activity.html", view=view, days=days(view.lines, self.pages.policy.brand), back=addresses.hub(flow_id)
        )
