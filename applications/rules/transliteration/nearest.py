"""Every character outside GSM-7 as its nearest in it, whatever the language; ? where there is none."""

import re
import unicodedata
from typing import Final

from anyascii import anyascii

from applications.rules.gsm7 import GSM7, OUTSIDE
from applications.rules.transliteration.emojis import SEQUENCE
from applications.rules.transliteration.replacing import Replacer, is_shouted

NONE: Final = "?"

# Where anyascii has another view: it writes « as << and ≠ as =, and a currency as one letter or a word.
_CHOSEN: Final = dict(
    pair.split(" ")
    for pair in (
        '« " » " ‹ \' › \' „ " × x → -> ← <- ↔ <-> ≠ != ¬ - ₽ RUB ₴ UAH ₺ TL ₩ KRW ₫ VND ₪ ILS ₸ KZT ₾ GEL '
        "₼ AZN ₦ NGN ₱ PHP ฿ THB ₡ CRC ₲ PYG ₮ MNT ₭ LAK ₵ GHS ` '"
    ).split("  ")
)
