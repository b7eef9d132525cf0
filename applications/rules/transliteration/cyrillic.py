"""Romanisations of languages written in Cyrillic, each as its own country publishes it."""

from typing import Final

from applications.rules.transliteration.replacing import APOSTROPHES, Replacer
from applications.rules.transliteration.romanising import (
    LETTER,
    Rules,
    letters,
    romanisation,
    with_accents,
    with_capitals,
)

# Composed like letters with an accent, and yet letters of their own in one of the languages.
_OWN_LETTERS: Final = "йёїўѓќ"


def _from_cyrillic(table: str, rules: Rules = (), *, drops_apostrophe: bool = False) -> Replacer:
    known = with_accents(with_capitals(letters(table)), besides=_OWN_LETTERS)
    return romanisation(known, rules, drops_apostrophe=drops_apostrophe)


# Passports: order 2113 of the Ministry of Foreign Affairs (2020), after ICAO Doc 9303 part 3 section 6.
RUSSIAN: Final[Replacer] = _from_cyrillic(
    "а:a б:b в:v г:g д:d е:e ё:e ж:zh з:z и:i й:i к:k л:l м:m н:n о:o п:p р:r с:s т:t у:u ф:f "
    "х:kh ц:ts ч:ch ш:sh щ:shch ъ:ie ы:y ь: э:e ю:iu я:ia"
)

# Transliteration Act of 13 March 2009 (the Streamlined System): -ия at the end of a word is -ia, and
# the country's own name keeps its u.
BULGARIAN: Final[Replacer] = _from_cyrillic(
    "а:a б:b в:v г:g д:d е:e ж:zh з:z и:i ѝ:i й:y к:k л:l м:m н:n о:o п:p р:r с:s т:t у:u ф:f "
    "х:h ц:ts ч:ch ш:sh щ:sht ъ:a ь:y ю:yu я:ya",
    [(f"(?<!{LETTER})българия(?!{LETTER})", "bulgaria"), (f"[иѝ]я(?!{LETTER})", "ia")],
)

# Resolution 55 of the Cabinet of Ministers of 27 January 2010: є ї й ю я differ at the start of a
# word, зг is told apart from ж, the soft sign and the apostrophe are left out.
UKRAINIAN: Final[Replacer] = _from_cyrillic(
    "а:a б:b в:v г:h ґ:g д:d е:e є:ie ж:zh з:z и:y і:i ї:i й:i к:k л:l м:m н:n о:o п:p р:r с:s т:t "
    "у:u ф:f х:kh ц:ts ч:ch ш:sh щ:shch ь: ю:iu я:ia",
    [
        ("зг", "zgh"),
        *(
            (f"(?<!{LETTER})(?<!{LETTER}[{APOSTROPHES}]){small}", latin)
            for small, latin in zip("єїйюя", ("ye", "yi", "y", "yu", "ya"), strict=True)
        ),
    ],
    drops_apostrophe=True,
)

# Instruction of 23 November 2000 as changed on 11 June 2007 (the system of the United Nations): е ё ю я
# begin with i after a consonant and with j elsewhere. Its ž č š ŭ and ĺ ń ś ź ć stand here without marks.
BELARUSIAN: Final[Replacer] = _from_cyrillic(
    "а:a б:b в:v г:h ґ:g д:d е:je ё:jo ж:z з:z ѝ:i і:i й:j к:k л:l м:m н:n о:o п:p р:r с:s т:t у:u ў:u ф:f "
    "х:ch ц:c ч:c ш:s ы:y ь: э:e ю:ju я:ja",
    [
        (f"(?<=[бвгґджзклмнпрстфхцчш]){small}", latin)
        for small, latin in zip(("[еѐ]", "ё", "ю", "я"), ("ie", "io", "iu", "ia"), strict=True)
    ],
    drops_apostrophe=True,
)

# The official Latin alphabet of Serbian, without its marks: č and ć are c, đ is dj as in passports.
SERBIAN: Final[Replacer] = _from_cyrillic(
    "а:a б:b в:v г:g д:d ђ:dj е:e ж:z з:z и:i ј:j к:k л:l љ:lj м:m н:n њ:nj о:o п:p р:r с:s т:t ћ:c у:u "
    "ф:f х:h ц:c ч:c џ:dz ш:s"
)

# Passports and identity cards of North Macedonia, as in ICAO Doc 9303 part 3 section 6.
MACEDONIAN: Final[Replacer] = _from_cyrillic(
    "а:a б:b в:v г:g д:d ѓ:gj е:e ѐ:e ж:zh з:z ѕ:dz и:i ѝ:i ј:j к:k л:l љ:lj м:m н:n њ:nj о:o п:p р:r "
    "с:s т:t ќ:kj у:u ф:f х:h ц:c ч:ch џ:dj ш:sh"
)
