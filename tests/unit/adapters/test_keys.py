"""Reading `PIP_HUB_KEYS`."""

import base64

import pytest

from pip_hub.adapters.system.keys import new_key, parse_keys


def written(material: bytes) -> str:
    return base64.urlsafe_b64encode(material).rstrip(b"=").decode()


def test_a_new_key_is_accepted_and_has_an_id_of_eight_hex_digits() -> None:
    (key,) = parse_keys(new_key())
    assert len(key.material) == 32
    assert len(key.id) == 8
    int(key.id, 16)


def test_several_keys_keep_their_order_and_spaces_do_not_matter() -> None:
    first, second = new_key(), new_key()
    keys = parse_keys(f" {first} ,\n{second}=")
    assert [written(key.material) for key in keys] == [first, second]


def test_a_key_is_never_shown() -> None:
    text = new_key()
    (key,) = parse_keys(text)
    assert repr(key) == f"SealingKey(id='{key.id}')"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "there is no sealing key"),
        (" , ", "there is no sealing key"),
        ("not base64 at all!", "key 1 of 1 is not base64url"),
        (written(b"short"), "key 1 of 1 is too short (5 bytes instead of 32)"),
        (written(bytes(range(7, 39)) * 2), "key 1 of 1 is not 43 base64url characters"),
        (written(bytes(32)), "key 1 of 1 is not random"),
        (written(b"\xff" * 32), "key 1 of 1 is not random"),
        (written(bytes(range(32))), "key 1 of 1 is not random"),
        (written(bytes(range(255, 223, -1))), "key 1 of 1 is not random"),
        (written(bytes.fromhex("deadbeef" * 8)), "key 1 of 1 is not random"),
        (written(b"a-passphrase-of-32-characters-ok"), "key 1 of 1 is not random"),
    ],
)
def test_a_bad_key_is_refused_with_the_remedy(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match="pip-hub keys new") as refusal:
        parse_keys(text)
    assert complaint in str(refusal.value)


def test_an_empty_place_in_the_list_is_refused_by_its_number() -> None:
    with pytest.raises(ValueError, match="sealing key 2 of 2 is too short"):
        parse_keys(f"{new_key()},")


def test_the_same_key_twice_is_refused() -> None:
    key = new_key()
    with pytest.raises(ValueError, match="sealing key 3 of 3 is the same as key 1"):
        parse_keys(f"{key},{new_key()},{key}")


def test_a_refusal_never_repeats_the_key() -> None:
    text = written(b"a-passphrase-of-32-characters-ok")
    with pytest.raises(ValueError, match="not random") as refusal:
        parse_keys(text)
    assert text not in str(refusal.value)
