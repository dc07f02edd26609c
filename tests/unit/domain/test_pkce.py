"""PKCE: S256, and nothing else."""

import pytest

from pip_hub.domain.pkce import CodeChallenge, challenge_of

# The worked example of RFC 7636, appendix B.
RFC_VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
RFC_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.requirement("RFC 7636 4.2")
def test_the_challenge_is_the_one_of_the_rfcs_example() -> None:
    assert challenge_of(RFC_VERIFIER) == RFC_CHALLENGE


@pytest.mark.requirement("RFC 7636 4.6")
def test_a_challenge_accepts_the_verifier_behind_it() -> None:
    assert CodeChallenge(RFC_CHALLENGE).accepts(RFC_VERIFIER)


@pytest.mark.requirement("RFC 7636 4.6")
@pytest.mark.parametrize(
    "verifier",
    [RFC_VERIFIER[:-1] + "l", RFC_VERIFIER.lower(), RFC_VERIFIER + "A", RFC_CHALLENGE, ""],
    ids=["last character", "lower case", "one more", "the challenge itself: no plain method", "empty"],
)
def test_a_challenge_accepts_no_other_verifier(verifier: str) -> None:
    assert not CodeChallenge(RFC_CHALLENGE).accepts(verifier)


@pytest.mark.requirement("RFC 7636 4.1")
@pytest.mark.parametrize("length", [43, 128])
def test_a_verifier_of_an_allowed_length_is_accepted(length: int) -> None:
    verifier = ("aZ9-._~" * 20)[:length]

    assert CodeChallenge(challenge_of(verifier)).accepts(verifier)


@pytest.mark.requirement("RFC 7636 4.1")
@pytest.mark.parametrize(
    "verifier",
    ["a" * 42, "a" * 129, "a" * 42 + "+", "a" * 42 + " ", "a" * 43 + "\n"],
    ids=["too short", "too long", "reserved character", "space", "line end"],
)
def test_a_malformed_verifier_is_refused_even_where_its_hash_fits(verifier: str) -> None:
    assert not CodeChallenge(challenge_of(verifier)).accepts(verifier)


@pytest.mark.parametrize("verifier", ["é" * 43, "\ud800" * 43, "\x00" * 43])
def test_text_that_is_not_ascii_is_a_wrong_verifier_and_no_failure(verifier: str) -> None:
    assert not CodeChallenge(RFC_CHALLENGE).accepts(verifier)


@pytest.mark.requirement("RFC 7636 4.2")
@pytest.mark.parametrize(
    "text",
    [
        "",
        RFC_CHALLENGE[:-1],
        RFC_CHALLENGE + "A",
        RFC_CHALLENGE[:-1] + "=",
        RFC_CHALLENGE[:-1] + "+",
        RFC_CHALLENGE + "\n",
        "é" * 43,
    ],
)
def test_what_cannot_be_an_s256_challenge_is_not_taken_for_one(text: str) -> None:
    assert not CodeChallenge.is_well_formed(text)
    with pytest.raises(ValueError, match="43 base64url characters"):
        CodeChallenge(text)
