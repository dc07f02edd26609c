"""Every address of our own that a page links to or a redirect leads to, made from the one public URL.

The `Host` header plays no part: whoever can set it could send people elsewhere.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from urllib.parse import urlencode, urlsplit

import attrs

from pip_hub.domain.identifiers import ConnectorKey, FlowId


class Place(enum.StrEnum):
    """The words that `return_to` knows. A word and never a URL, so that signing in cannot lead elsewhere."""

    HUB = "integrations"
    ACTIVITY = "activity"


@attrs.frozen(kw_only=True)
class Onward:
    """A page of ours to go on to: in a flow, for a connector that an app needs, or neither."""

    place: Place = Place.HUB
    flow_id: FlowId | None = None
    connect: ConnectorKey | None = None


@attrs.frozen
class Addresses:
    """`issuer` is the public URL without a slash at the end. All addresses are paths, with the public URL's prefix."""

    issuer: str

    @property
    def prefix(self) -> str:
        """The path of the public URL, mostly empty."""
        return urlsplit(self.issuer).path

    @property
    def origin(self) -> str:
        """Scheme, host and port of the public URL, as browsers write it in `Origin`."""
        parts = urlsplit(self.issuer)
        return f"{parts.scheme}://{parts.netloc}".lower()

    @property
    def is_https(self) -> bool:
        return urlsplit(self.issuer).scheme == "https"

    def absolute(self, path: str) -> str:
        """One of these addresses as a whole URL."""
        return f"{self.issuer.removesuffix(self.prefix)}{path}"

    def of(self, route: str) -> str:
        """A route such as `/integrations`."""
        return f"{self.prefix}{route}"

    def hub(
        self,
        flow_id: FlowId | None = None,
        *,
        connect: ConnectorKey | None = None,
        connected: ConnectorKey | None = None,
        failed: ConnectorKey | None = None,
    ) -> str:
        """The hub page, with `connect` on that card first. `connected` and `failed` are for scripts alone."""
        named = [("flow", flow_id), ("connect", connect), ("connected", connected), ("failed", failed)]
        return self._with_query("/integrations", named)

    def activity(self, flow_id: FlowId | None = None) -> str:
        """The log; with a flow it leads back into that."""
        return self._with_query("/activity", [("flow", flow_id)])

    def onward(self, onward: Onward) -> str:
        """The page that `onward` means."""
        if onward.place is Place.ACTIVITY:
            return self.activity(onward.flow_id)
        return self.hub(onward.flow_id, connect=onward.connect)

    def sign_in(self, onward: Onward | None = None) -> str:
        """The sign-in page that leads on from there, to the hub unless told otherwise."""
        onward = onward or Onward()
        named = [("return_to", onward.place), ("flow", onward.flow_id), ("connect", onward.connect)]
        return self._with_query("/sign-in", named)

    def authorize(self, parameters: Iterable[tuple[str, str]]) -> str:
        """An authorization request, from its start."""
        return self._with_query("/oauth/authorize", parameters)

    def _with_query(self, route: str, parameters: Iterable[tuple[str, str | None]]) -> str:
        query = urlencode([(name, value) for name, value in parameters if value is not None])
        return f"{self.of(route)}?{query}" if query else self.of(route)
