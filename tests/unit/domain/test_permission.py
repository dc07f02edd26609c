"""Permission levels: what is asked of a provider, and what its answer amounts to."""

from pip_hub.domain.permission import Level, ScopeRules
from pip_hub.domain.scope import Scopes

RULES = ScopeRules(
    identity=Scopes.of("openid", "email"),
    levels={Level.READ: Scopes.of("mail.read"), Level.WRITE: Scopes.of("mail.read", "mail.send")},
    aliases={"https://provider.example/email": "email", "https://provider.example/mail": "mail"},
    implies={"mail": Scopes.of("mail.modify"), "mail.modify": Scopes.of("mail.read", "mail.send")},
)


def test_what_is_asked_is_the_level_and_who_it_is() -> None:
    assert RULES.needed(Level.READ) == Scopes.of("openid", "email", "mail.read")


def test_a_scope_counts_in_our_spelling_whatever_the_provider_calls_it() -> None:
    granted = Scopes.of("https://provider.example/email")

    assert RULES.effective(granted) == Scopes.of("email")


def test_a_wide_scope_includes_the_narrow_ones_however_many_steps_away() -> None:
    assert RULES.effective(Scopes.of("mail.modify")) == Scopes.of("mail.modify", "mail.read", "mail.send")
    assert RULES.effective(Scopes.of("https://provider.example/mail")) == Scopes.of(
        "mail", "mail.modify", "mail.read", "mail.send"
    )


def test_scopes_that_include_each_other_do_not_go_round_for_ever() -> None:
    circular = ScopeRules(identity=Scopes(), levels={}, implies={"a": Scopes.of("b"), "b": Scopes.of("a")})

    assert circular.effective(Scopes.of("a")) == Scopes.of("a", "b")


def test_a_scope_nobody_knows_is_kept_as_it_is() -> None:
    assert RULES.effective(Scopes.of("something.else")) == Scopes.of("something.else")


def test_what_is_missing_is_what_the_level_needs_and_the_provider_did_not_grant() -> None:
    assert RULES.missing(Level.WRITE, Scopes.of("mail.read")) == Scopes.of("mail.send")
    assert RULES.missing(Level.WRITE, Scopes.of("mail")) == Scopes()


def test_identity_scopes_that_a_provider_does_not_repeat_are_not_missed() -> None:
    assert RULES.missing(Level.READ, Scopes.of("mail.read")) == Scopes()


def test_writing_includes_reading_and_not_the_other_way_round() -> None:
    assert Level.WRITE.includes(Level.READ)
    assert Level.WRITE.includes(Level.WRITE)
    assert Level.READ.includes(Level.READ)
    assert not Level.READ.includes(Level.WRITE)


def test_a_wider_grant_than_the_level_needs_exceeds_it_however_it_is_spelled() -> None:
    for granted in ("mail.send", "mail", "mail.modify", "https://provider.example/mail"):
        assert RULES.exceeds(Level.READ, Scopes.of("mail.read", granted))


def test_what_the_level_needs_and_whatever_is_no_work_of_another_level_does_not_exceed_it() -> None:
    assert not RULES.exceeds(Level.READ, Scopes.of("mail.read"))
    assert not RULES.exceeds(Level.READ, Scopes.of("openid", "email", "https://provider.example/email", "mail.read"))
    assert not RULES.exceeds(Level.READ, Scopes.of("something.else", "mail.read"))
    assert not RULES.exceeds(Level.READ, Scopes())


def test_nothing_exceeds_the_widest_level() -> None:
    assert not RULES.exceeds(Level.WRITE, Scopes.of("mail.read", "mail.send", "mail"))


def test_at_a_provider_whose_levels_are_two_scopes_the_reading_one_does_not_exceed_writing() -> None:
    rules = ScopeRules(
        identity=Scopes(),
        levels={Level.READ: Scopes.of("sheets.read"), Level.WRITE: Scopes.of("sheets")},
        implies={"sheets": Scopes.of("sheets.read")},
    )

    assert not rules.exceeds(Level.WRITE, Scopes.of("sheets", "sheets.read"))
    assert rules.exceeds(Level.READ, Scopes.of("sheets"))
