"""What can be done to a sandbox from outside, for the page and the JSON calls alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs

from pip_hub.adapters.sandbox.core import Sandbox
from pip_hub.adapters.sandbox.faults import ControlRefused, Fault, whole
from pip_hub.adapters.sandbox.google.consent import forget_project
from pip_hub.adapters.sandbox.xero.tenants import reset_organisation

Asked = Mapping[str, object]
Action = Callable[[Asked], Mapping[str, object]]

_UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
_FURTHEST = 10 * 365 * 86400


@attrs.frozen(kw_only=True)
class ControlActions:
    """Each action takes what was sent and returns what to answer; each may raise `ControlRefused`."""

    sandbox: Sandbox

    def by_name(self) -> dict[str, Action]:
        """Every action under the end of its address."""
        return {
            "faults": self.set_fault,
            "faults/clear": self.clear_faults,
            "clock": self.move_clock,
            "reset": self.reset,
            "xero/disconnect": self.disconnect_xero,
            "xero/tell-organisation": self.tell_organisation,
            "xero/reset-organisation": self.reset_xero_organisation,
            "google/remove-app": self.remove_google_app,
        }

    def set_fault(self, asked: Asked) -> Mapping[str, object]:
        """Make an endpoint misbehave."""
        fault = Fault.parse(asked)
        with self.sandbox.store.changing() as state:
            state.faults.append(fault)
        return attrs.asdict(fault)

    def clear_faults(self, _asked: Asked) -> Mapping[str, object]:
        """Let everything work again."""
        with self.sandbox.store.changing() as state:
            state.faults.clear()
        self.sandbox.board.let_go()
        return {"faults": []}

    def move_clock(self, asked: Asked) -> Mapping[str, object]:
        """Move the sandbox's clock forward."""
        parts = {unit: whole(asked, unit, default=0, lowest=0, highest=_FURTHEST) or 0 for unit in _UNITS}
        with self.sandbox.store.changing() as state:
            state.clock_offset += sum(amount * _UNITS[unit] for unit, amount in parts.items())
        return {"clock_offset": self.sandbox.store.state.clock_offset}

    def reset(self, _asked: Asked) -> Mapping[str, object]:
        """Start from nothing."""
        self.sandbox.store.reset()
        self.sandbox.board.let_go()
        return {}

    def disconnect_xero(self, asked: Asked) -> Mapping[str, object]:
        """Disconnect as a user would inside Xero."""
        connection, organisation, email = (_text(asked, name) for name in ("connection", "organisation", "user"))
        people = self.sandbox.config.people
        user = people.xero_user(email=email) if email else None
        if (email and user is None) or (organisation and people.organisation(organisation) is None):
            raise ControlRefused("there is no such user or organisation in this sandbox")
        with self.sandbox.store.changing() as state:
            found = [
                one
                for one in state.xero.connections.values()
                if connection in {None, one.id}
                and organisation in {None, one.organisation}
                and (user is None or user.subject == one.subject)
            ]
            for one in found:
                del state.xero.connections[one.id]
        return {"disconnected": len(found)}

    def tell_organisation(self, asked: Asked) -> Mapping[str, object]:
        """Let Xero's access tokens name the authorization they come from, or not."""
        told = {"true": True, "false": False}.get(str(asked.get("told")).lower())
        if told is None:
            raise ControlRefused("told must be true or false")
        with self.sandbox.store.changing() as state:
            state.xero.tells_organisation = told
        return {"told": told}

    def reset_xero_organisation(self, asked: Asked) -> Mapping[str, object]:
        """Reset a demo company."""
        organisation = self.sandbox.config.people.organisation(_text(asked, "organisation") or "")
        if organisation is None:
            raise ControlRefused("organisation must be the name of one in this sandbox")
        with self.sandbox.store.changing() as state:
            reset_organisation(state.xero, organisation)
            return {"tenant_id": state.xero.tenant_ids[organisation.name]}

    def remove_google_app(self, asked: Asked) -> Mapping[str, object]:
        """Remove an app's access as a user would on Google's account page."""
        email, project_id = _text(asked, "account"), _text(asked, "project")
        accounts = [one for one in self.sandbox.config.people.google_accounts if email in {None, one.email}]
        projects = [one for one in self.sandbox.config.google_projects if project_id in {None, one.project_id}]
        if not accounts or not projects:
            raise ControlRefused("there is no such account or project in this sandbox")
        with self.sandbox.store.changing() as state:
            before = len(state.google.consents)
            for project in projects:
                for account in accounts:
                    forget_project(state.google, project, account.subject)
            return {"removed": before - len(state.google.consents)}


def _text(asked: Asked, name: str) -> str | None:
    value = asked.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ControlRefused(f"{name} must be a text")
    return value
