"""Encryption at rest: what is sealed can be read with the key, for its purpose, and nothing else."""

import pytest

from applications.rules.sealing import CannotUnseal, seal, unseal

OLD, NEW = "the old key of thirty-two characters", "the new key of thirty-two characters"


@pytest.mark.parametrize("text", ["", "JBSWY3DPEHPK3PXP", "ą\0\ud800"])
def test_what_is_sealed_can_be_unsealed(text: str) -> None:
    sealed = seal(text, keys=[OLD], purpose="seeds")
    assert not text or text not in sealed
    assert sealed.isascii()
    assert unseal(sealed, keys=[OLD], purpose="seeds") == text


def test_the_same_text_is_sealed_differently_each_time() -> None:
    assert len({seal("seed", keys=[OLD], purpose="seeds") for _number in range(5)}) == 5


def test_keys_are_changed_one_after_the_other() -> None:
    old = seal("seed", keys=[OLD], purpose="seeds")
    assert unseal(old, keys=[NEW, OLD], purpose="seeds") == "seed"
    new = seal("seed", keys=[NEW, OLD], purpose="seeds")
    assert unseal(new, keys=[NEW], purpose="seeds") == "seed"
    with pytest.raises(CannotUnseal, match="ENCRYPTION_KEYS"):
        unseal(old, keys=[NEW], purpose="seeds")


def test_another_purpose_and_another_text_are_refused() -> None:
    sealed = seal("seed", keys=[OLD], purpose="seeds")
    for wrong, purpose in (
        (sealed, "signing secrets"),
        (sealed[:-4] + "AAA=", "seeds"),
        ("seed", "seeds"),
        ("", "seeds"),
    ):
        with pytest.raises(CannotUnseal):
            unseal(wrong, keys=[OLD], purpose=purpose)
