"""Which connectors may share a provider."""

import pytest

from pip_hub.adapters.providers.catalogue import CatalogueMistake, load_catalogue

ROTATING = {"rotates": True, "narrows": False}


def test_two_connectors_cannot_share_a_provider_that_rotates_its_refresh_tokens() -> None:
    twin: dict[str, object] = {
        "extends": "google",
        "name": "Twin",
        "pitch": "Another",
        "levels": {"read": ["a"]},
        "words": {"a": "see"},
    }
    overrides: dict[str, dict[str, object]] = {"_google": {"refresh": ROTATING}, "twin": twin}
    with pytest.raises(CatalogueMistake) as refused:
        load_catalogue({}, overrides=overrides)
    assert any("google" in mistake and "rotates" in mistake for mistake in refused.value.mistakes)


def test_connectors_of_a_provider_that_does_not_rotate_share_it() -> None:
    catalogue = load_catalogue({})
    assert {spec.key for spec in catalogue if spec.provider == "google"} == {"gmail", "google_sheets"}
