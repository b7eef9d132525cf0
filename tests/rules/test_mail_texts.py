"""Names in mails: none writes a line, a header or a link of the mail."""

import pytest

from applications.rules.mail_texts import LONGEST, in_mail


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Shop", "Shop"),
        ("Zażółć & <b>", "Zażółć & <b>"),
        ("Shop\r\nBcc: all@example.com", "Shop Bcc: all@example.com"),
        ("Shop\u2028\u2029\x85next", "Shop next"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\u2066b\u2069c", "a b c"),
        ("a\x00b\ud800", "a b"),
        ("\u200b\ufeff", ""),
        ("Reset at https://evil.example/", "Reset at https[:]//evil.example/"),
        ("חנות", "\u2068חנות\u2069"),
        ("متجر 1", "\u2068متجر 1\u2069"),
        ("👩\u200d💻 team", "👩\u200d💻 team"),
        ("x" * 300, "x" * LONGEST),
    ],
)
def test_a_name_stays_inside_its_place(name: str, said: str) -> None:
    assert in_mail(name) == said
