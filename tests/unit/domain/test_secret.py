"""Secrets: never shown, recognised by their digest."""

import hashlib

import attrs

from pip_hub.domain.secret import Digest, Secret, digest_of, same_digest


def test_a_secret_is_not_shown_by_any_way_of_printing_it() -> None:
    secret = Secret("hush")

    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r}", "%s" % secret, repr([secret])):  # noqa: UP031 - every way
        assert "hush" not in shown
        assert "***" in shown


@attrs.frozen
class Holder:
    secret: Secret


def test_a_value_that_holds_a_secret_does_not_show_it_either() -> None:
    assert "hush" not in repr(Holder(Secret("hush")))


def test_a_secret_is_read_only_by_revealing_it() -> None:
    assert Secret("hush").reveal() == "hush"


def test_secrets_are_equal_when_their_values_are() -> None:
    assert Secret("hush") == Secret("hush")
    assert Secret("hush") != Secret("loud")
    assert hash(Secret("hush")) == hash(Secret("hush"))
    assert len({Secret("hush"), Secret("hush"), Secret("loud")}) == 2


def test_a_secret_is_never_equal_to_bare_text() -> None:
    assert Secret("hush") != "hush"


def test_what_is_kept_of_a_secret_is_its_sha_256() -> None:
    assert digest_of(Secret("hush")) == Digest(hashlib.sha256(b"hush").hexdigest())


def test_digests_of_different_secrets_differ() -> None:
    assert same_digest(digest_of(Secret("hush")), digest_of(Secret("hush")))
    assert not same_digest(digest_of(Secret("hush")), digest_of(Secret("hush ")))


def test_any_text_has_a_digest_even_what_is_no_unicode_text() -> None:
    assert digest_of(Secret("\ud800")) != digest_of(Secret("\ud801"))
    assert Secret("\ud800") != Secret("\ud801")
    assert digest_of(Secret("é")) == Digest(hashlib.sha256("é".encode()).hexdigest())
