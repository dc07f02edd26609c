"""Permission levels: which provider scopes a level needs, and what a provider really granted."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import attrs

from pip_hub.domain.scope import Scopes, all_scopes


class Level(enum.StrEnum):
    """What the user allows: reading, or reading and writing."""

    READ = "read"
    WRITE = "write"

    def includes(self, other: Level) -> bool:
        """Whether whoever may do this may also do the other."""
        return self is Level.WRITE or other is Level.READ


@attrs.frozen(kw_only=True)
class ScopeRules:
    """How one provider spells, nests and groups its scopes; data of the connector file.

    `identity` is asked at every level. `aliases` maps a spelling the provider answers with to the one we ask with;
    `implies` maps a scope to the scopes it includes. `words` says for people what a scope allows ("reading invoices").
    """

    identity: Scopes
    levels: Mapping[Level, Scopes]
    aliases: Mapping[str, str] = attrs.field(factory=dict)
    implies: Mapping[str, Scopes] = attrs.field(factory=dict)
    words: Mapping[str, str] = attrs.field(factory=dict)

    def needed(self, level: Level) -> Scopes:
        """The scopes to ask for."""
        return self.identity | self.levels[level]

    def exceeds(self, level: Level, granted: Scopes) -> bool:
        """Whether the provider granted more than the level needs: something of a wider level."""
        surplus = self.effective(granted) - self.effective(self.needed(level))
        return any(surplus & self.levels[wider] for wider in self.levels if wider is not level)

    def effective(self, granted: Scopes) -> Scopes:
        """What `granted` amounts to, in our spelling and with everything it implies."""
        known = fresh = Scopes(frozenset(self.aliases.get(token, token) for token in granted))
        while fresh:
            fresh = all_scopes(self.implies.get(token, Scopes()) for token in fresh) - known
            known = known | fresh
        return known

    def missing(self, level: Level, granted: Scopes) -> Scopes:
        """What the level needs for its work and the provider did not grant.

        Identity scopes are left out: some providers do not repeat them in the answer, and by then we know who it is.
        """
        return self.levels[level] - self.effective(granted)
