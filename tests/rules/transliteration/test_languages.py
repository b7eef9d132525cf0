"""Each language against its published table: words of the table itself, or names with their official spelling."""

import unicodedata
from collections.abc import Iterable

import pytest

from applications.rules.gsm7 import is_gsm7
from applications.rules.transliteration import Alphabet
from applications.rules.transliteration.texts import transliterate


def latin(text: str, alphabet: Alphabet) -> str:
    return transliterate(text, alphabet).text


def bare(published: str) -> str:
    """Return an official spelling without its marks, which is how it can be sent in GSM-7."""
    letters = (
        published.replace("Đ", "Dj").replace("đ", "dj").replace("Ł", "L").replace("ł", "l").replace("ı", "i")
    )
    return "".join(char for char in unicodedata.normalize("NFD", letters) if not unicodedata.combining(char))


@pytest.mark.parametrize(
    ("alphabet", "text", "expected"),
    [
        (Alphabet.RUSSIAN_CYRILLIC, "Привет", "Privet"),
        (Alphabet.POLISH, "cześć", "czesc"),
        (Alphabet.TURKISH, "edilmiş", "edilmis"),
        (Alphabet.ROMANIAN, "bună", "buna"),
    ],
)
def test_examples_of_the_contract(alphabet: Alphabet, text: str, expected: str) -> None:
    assert latin(text, alphabet) == expected


# ELOT 743 (ISO 843 type 2), the names of towns and regions in its official transcription.
GREEK = """
Αθήνα = Athína; Θεσσαλονίκη = Thessaloníki; Πειραιάς = Peiraiás; Πάτρα = Pátra; Ηράκλειο = Irákleio;
Λάρισα = Lárisa; Βόλος = Vólos; Ιωάννινα = Ioánnina; Χανιά = Chaniá; Καβάλα = Kavála; Κέρκυρα = Kérkyra;
Ρόδος = Ródos; Σέρρες = Sérres; Ξάνθη = Xánthi; Ψαρά = Psará; Ζάκυνθος = Zákynthos; Δράμα = Dráma; Φλώρινα
= Flórina; Μύκονος = Mýkonos; Νάξος = Náxos; Ύδρα = Ýdra; Εύβοια = Évvoia; Ναύπλιο = Náfplio; Ναύπακτος =
Náfpaktos; Λευκάδα = Lefkáda; Ευρυτανία = Evrytanía; Ευκαρπία = Efkarpía; Αυλώνα = Avlóna; Αυστρία =
Afstría; Παύλος = Pávlos; Ζεύς = Zéfs; Εύα = Éva; ηυξημένος = ifximénos; Μπαλής = Balís; Καλαμπάκα =
Kalampáka; Λαμπρινή = Lampriní; Βουμπ = Voub; Άγγελος = Ángelos; Αγχίαλος = Anchíalos; Σφιγξ = Sfinx;
Γκίκας = Gkíkas; Παγκράτι = Pagkráti; Ντίνος = Ntínos; Αντώνης = Antónis; Τσίπρας = Tsípras; Τζιά = Tziá;
Αίγινα = Aígina; Αϊβαλί = Aivalí; Ταΰγετος = Taýgetos; άυλος = áylos; Πραΰς = Praýs; Ούρσα = Oúrsa;
Μούντρος = Moúntros; υιός = yiós; Οία = Oía; Γύθειο = Gýtheio; Πτολεμαΐδα = Ptolemaída; Χίος = Chíos; Ώρα
= Óra
"""

# Resolution 55 of 2010: examples of its own table, at least one for each letter and place.
UKRAINIAN = """
Алушта = Alushta; Андрій = Andrii; Борщагівка = Borshchahivka; Вінниця = Vinnytsia; Володимир = Volodymyr;
Гадяч = Hadiach; Згурський = Zghurskyi; Ґалаґан = Galagan; Ґорґани = Gorgany; Донецьк = Donetsk; Рівне =
Rivne; Есмань = Esman; Єнакієве = Yenakiieve; Гаєвич = Haievych; Короп'є = Koropie; Житомир = Zhytomyr;
Жежелів = Zhezheliv; Закарпаття = Zakarpattia; Казимирчук = Kazymyrchuk; Медвин = Medvyn; Іванків =
Ivankiv; Іващенко = Ivashchenko; Їжакевич = Yizhakevych; Кадиївка = Kadyivka; Мар'їне = Marine; Йосипівка
= Yosypivka; Стрий = Stryi; Олексій = Oleksii; Київ = Kyiv; Лебедин = Lebedyn; Миколаїв = Mykolaiv; Ніжин
= Nizhyn; Наталія = Nataliia; Одеса = Odesa; Полтава = Poltava; Решетилівка = Reshetylivka; Рибчинський =
Rybchynskyi; Суми = Sumy; Соломія = Solomiia; Тернопіль = Ternopil; Троць = Trots; Ужгород = Uzhhorod;
Уляна = Uliana; Фастів = Fastiv; Харків = Kharkiv; Христина = Khrystyna; Стеценко = Stetsenko; Чернівці =
Chernivtsi; Шостка = Shostka; Кишеньки = Kyshenky; Щербухи = Shcherbukhy; Гоща = Hoshcha; Юрій = Yurii;
Корюківка = Koriukivka; Яготин = Yahotyn; Костянтин = Kostiantyn; Знам'янка = Znamianka; Феодосія =
Feodosiia; Згорани = Zghorany; Розгон = Rozghon; Знам’янка = Znamianka; Знамʼянка = Znamianka
"""

# Transliteration Act of 2009 (Streamlined System): names as they stand on road signs and maps.
BULGARIAN = """
България = Bulgaria; София = Sofia; Пловдив = Plovdiv; Варна = Varna; Бургас = Burgas; Русе = Ruse; Плевен
= Pleven; Стара Загора = Stara Zagora; Велико Търново = Veliko Tarnovo; Щръклево = Shtraklevo; Кърджали =
Kardzhali; Ямбол = Yambol; Кюстендил = Kyustendil; Жеравна = Zheravna; Хасково = Haskovo; Цар = Tsar;
Чирпан = Chirpan; Шумен = Shumen; Йовков = Yovkov; Кольо = Kolyo; Гьопса = Gyopsa; Мария = Maria; Марийка
= Mariyka; Мариян = Mariyan; Иглика = Iglika; Айтос = Aytos; Фердинанд = Ferdinand; Обзор = Obzor;
Евксиноград = Evksinograd; ѝ = i; софийският = sofiyskiyat
"""

# Order 2113 of 2020 (ICAO Doc 9303).
RUSSIAN = """
Москва = Moskva; Санкт-Петербург = Sankt-Peterburg; Екатеринбург = Ekaterinburg; Нижний = Nizhnii;
Челябинск = Cheliabinsk; Хабаровск = Khabarovsk; Цветков = Tsvetkov; Юлия = Iuliia; Щукин = Shchukin;
Подъячев = Podieiachev; Эльвира = Elvira; Ёлкин = Elkin; Жуков = Zhukov; Рыбинск = Rybinsk; Царь = Tsar;
Шаляпин = Shaliapin; Соловьёв = Solovev; Фёдор = Fedor; Гурзуф = Gurzuf; Дубна = Dubna
"""

# Instruction of 2007: examples of its table, with their marks; they are sent without.
BELARUSIAN = """
Беларусь = Bielaruś; Бешанковічы = Biešankovičy; Віцебск = Viciebsk; Гомель = Homieĺ; Гаўя = Haŭja; Добруш
= Dobruš; Ельск = Jeĺsk; Бабаедава = Babajedava; Венцавічы = Viencavičy; Ёды = Jody; Вераб'ёвічы =
Vierabjovičy; Мёры = Miory; Зэльва = Zeĺva; Іўе = Iŭje; Лагойск = Lahojsk; Круглае = Kruhlaje; Любань =
Liubań; Магілёў = Mahilioŭ; Нясвіж = Niasviž; Орша = Orša; Рагачоў = Rahačoŭ; Смаргонь = Smarhoń;
Шаркаўшчына = Šarkaŭščyna; Фаніпаль = Fanipaĺ; Хоцімск = Chocimsk; Цёмны Лес = Ciomny Lies; Чавусы =
Čavusy; Чэрвень = Červień; Друць = Druć; Юхнаўка = Juchnaŭka; Гаюціна = Hajucina; Цюрлі = Ciurli; Ямнае =
Jamnaje; Баяры = Bajary; Валяр'яны = Valiarjany; Вязынка = Viazynka; Мінск = Minsk; Ільянка = Iĺjanka;
Узда = Uzda
"""

# The official Latin alphabet (Gaj), with its marks; they are sent without, and đ as dj.
SERBIAN = """
Београд = Beograd; Ниш = Niš; Чачак = Čačak; Ћуприја = Ćuprija; Ђорђе = Đorđe; Жабаљ = Žabalj; Љубовија =
Ljubovija; Њивице = Njivice; Џеп = Džep; Шабац = Šabac; Хоргош = Horgoš; Лесковац = Leskovac; Јагодина =
Jagodina; Зрењанин = Zrenjanin; Фрушка гора = Fruška gora; Ваљево = Valjevo; Краљево = Kraljevo; Панчево =
Pančevo; Суботица = Subotica; Ужице = Užice; Вршац = Vršac; Мачва = Mačva
"""

# Passports of North Macedonia (ICAO Doc 9303).
MACEDONIAN = """
Скопје = Skopje; Битола = Bitola; Куманово = Kumanovo; Тетово = Tetovo; Велес = Veles; Штип = Shtip; Охрид
= Ohrid; Гостивар = Gostivar; Струмица = Strumica; Кичево = Kichevo; Кочани = Kochani; Ѓорѓи = Gjorgji;
Ќемал = Kjemal; Љубојно = Ljubojno; Његош = Njegosh; Ѕвездан = Dzvezdan; Џафер = Djafer; Жељко = Zheljko;
Фросина = Frosina; Цветан = Cvetan; Хоџа = Hodja; Ѐ = E; сѐ = se; Дејан = Dejan; Зоран = Zoran
"""

# Written in Latin letters already: the words themselves, less their marks (ICAO Doc 9303).
POLISH = """
Łódź; Kraków; Gdańsk; Poznań; Świętochłowice; Żary; Źrebce; Chełm; Zażółć; gęślą; jaźń; Ćmielów; Ełk;
Oświęcim; Wąbrzeźno
"""

TURKISH = """
İstanbul; Iğdır; Şanlıurfa; Çorum; Eskişehir; Muğla; Gümüşhane; Üsküdar; Ödemiş; Kırşehir; Diyarbakır;
Göreme; kâğıt; Şırnak; ÇIĞLIK; hâlâ; İĞNE; millî; sükûn
"""

ROMANIAN = """
București; Iași; Timișoara; Constanța; Brăila; Târgu Mureș; Bistrița; Ștefan; Țara; Înainte; Mulţumim;
Şcoală; ÎNCĂ; Ţepeş
"""

TABLES = {
    Alphabet.GREEK: GREEK,
    Alphabet.UKRAINIAN_CYRILLIC: UKRAINIAN,
    Alphabet.BULGARIAN_CYRILLIC: BULGARIAN,
    Alphabet.RUSSIAN_CYRILLIC: RUSSIAN,
    Alphabet.BELARUSIAN_CYRILLIC: BELARUSIAN,
    Alphabet.SERBIAN_CYRILLIC: SERBIAN,
    Alphabet.MACEDONIAN_CYRILLIC: MACEDONIAN,
    Alphabet.POLISH: POLISH,
    Alphabet.TURKISH: TURKISH,
    Alphabet.ROMANIAN: ROMANIAN,
}
SAMPLES = [
    (alphabet, text.strip(), bare((published or text).strip()))
    for alphabet, table in TABLES.items()
    for text, _, published in (sample.partition("=") for sample in table.split(";"))
]


def wrong(samples: Iterable[tuple[Alphabet, str, str]]) -> list[tuple[str, str, str]]:
    """The samples that are not sent as they should be, with what is sent instead."""
    return [
        (text, made, expected)
        for alphabet, text, expected in samples
        if (made := latin(text, alphabet)) != expected
    ]


def test_published_tables() -> None:
    assert len(SAMPLES) > 300
    assert wrong(SAMPLES) == []


def capitals(alphabet: Alphabet, text: str, expected: str) -> tuple[Alphabet, str, str]:
    if alphabet is Alphabet.TURKISH:
        text, expected = text.replace("i", "İ").replace("ı", "I"), expected.replace("ı", "i")
    return alphabet, text.upper(), expected.upper()


def test_capitals() -> None:
    assert wrong(capitals(*sample) for sample in SAMPLES) == []


def test_decomposed() -> None:
    samples = (
        (alphabet, unicodedata.normalize("NFD", text), expected) for alphabet, text, expected in SAMPLES
    )
    assert wrong(samples) == []


LETTERS = {
    Alphabet.POLISH: "ąćęłńóśźż",
    Alphabet.TURKISH: "çğıöşüâîûİ",
    Alphabet.ROMANIAN: "ăâîșțşţ",
    Alphabet.GREEK: "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰἀᾷῥ",
    Alphabet.RUSSIAN_CYRILLIC: "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    Alphabet.BULGARIAN_CYRILLIC: "абвгдежзийклмнопрстуфхцчшщъьюяѝ",
    Alphabet.UKRAINIAN_CYRILLIC: "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
    Alphabet.BELARUSIAN_CYRILLIC: "абвгґдеёжзійклмнопрстуўфхцчшыьэюя",
    Alphabet.SERBIAN_CYRILLIC: "абвгдђежзијклљмнњопрстћуфхцчџш",
    Alphabet.MACEDONIAN_CYRILLIC: "абвгдѓежзѕијклљмнњопрстќуфхцчџшѐѝ",
}


@pytest.mark.parametrize(("alphabet", "letters"), LETTERS.items())
def test_whole_alphabet_is_within_gsm7(alphabet: Alphabet, letters: str) -> None:
    for letter in [*letters, *(char.upper() for char in letters if len(char.upper()) == 1)]:
        made = transliterate(f"a {letter} b", alphabet)
        assert made.text.isascii(), letter
    made = transliterate(letters, alphabet)
    assert made.replaced == dict.fromkeys(letters, 1)
    assert is_gsm7(made.text)


@pytest.mark.parametrize(
    ("alphabet", "text"),
    [
        (Alphabet.POLISH, "Привет ăș çğ ü é Ω “x” – 😀"),
        (Alphabet.TURKISH, "Привет ąłż ăș é Ω i I “x” – 😀"),
        (Alphabet.GREEK, "Привет ąłż µ ß “x” 😀 don't"),
        (Alphabet.RUSSIAN_CYRILLIC, "ї є ґ ў ђ љ ѓ ќ Αθήνα ąłż don't"),
        (Alphabet.UKRAINIAN_CYRILLIC, "ы э ъ ё ў ђ Αθήνα don't l’été ’tis"),
        (Alphabet.BELARUSIAN_CYRILLIC, "и щ ъ ї є ђ Αθήνα don't"),
        (Alphabet.SERBIAN_CYRILLIC, "щ ъ ы я ю ї ѓ Đorđe Čačak"),
        (Alphabet.MACEDONIAN_CYRILLIC, "щ ъ ы я ю ђ ћ Đorđe"),
        (Alphabet.BULGARIAN_CYRILLIC, "ы э ё і ї Αθήνα"),
    ],
)
def test_other_characters_stay(alphabet: Alphabet, text: str) -> None:
    made = transliterate(text, alphabet)
    assert made.text == text
    assert made.replaced == {}


def test_none_changes_nothing() -> None:
    text = "Привет cześć “x” e\u0301 😀"
    assert transliterate(text, Alphabet.NONE).text == text


@pytest.mark.parametrize(
    ("alphabet", "text", "expected"),
    [
        (Alphabet.GREEK, "ΑΘΗΝΑ", "ATHINA"),
        (Alphabet.GREEK, "Θήβα ΘΗΒΑ θ Θ", "Thiva THIVA th Th"),
        (Alphabet.GREEK, "Θ", "Th"),
        (Alphabet.GREEK, "ΜΠΑΛΗΣ Μπαλής μπ", "BALIS Balis b"),
        (Alphabet.GREEK, "ΑΥΤΟ Αυτό ΟΥΡΑ Ούρα", "AFTO Afto OURA Oura"),
        (Alphabet.GREEK, "ΧΑΡΙΣ-ΨΥΧΗ, Χάρις-Ψυχή", "CHARIS-PSYCHI, Charis-Psychi"),
        (Alphabet.RUSSIAN_CYRILLIC, "ЩУКА Щука щука ПЛАЩ", "SHCHUKA Shchuka shchuka PLASHCH"),
        (Alphabet.RUSSIAN_CYRILLIC, "Я иду. И Я ЛЮБЛЮ ЩИ, ДА Я", "Ia idu. I IA LIUBLIU SHCHI, DA IA"),
        (Alphabet.RUSSIAN_CYRILLIC, "МГУ и ЖЭК", "MGU i ZHEK"),
        (Alphabet.UKRAINIAN_CYRILLIC, "ЇЖАК Їжак ЗГОРАНИ ОБ'ЄДНАННЯ", "YIZHAK Yizhak ZGHORANY OBIEDNANNIA"),
        (Alphabet.UKRAINIAN_CYRILLIC, "ЩО Є ВАЖЛИВО, П'Я", "SHCHO YE VAZHLYVO, PIA"),
        (Alphabet.UKRAINIAN_CYRILLIC, "Івано-Яготин «Юрій» 5я", "Ivano-Yahotyn «Yurii» 5ya"),
        (Alphabet.UKRAINIAN_CYRILLIC, "він сказав 'Є'", "vin skazav 'Ye'"),
        (Alphabet.BULGARIAN_CYRILLIC, "СОФИЯ София-град БЪЛГАРИЯ", "SOFIA Sofia-grad BULGARIA"),
        (
            Alphabet.BULGARIAN_CYRILLIC,
            "България, българия и Българияпрес",
            "Bulgaria, bulgaria i Balgariyapres",
        ),
        (Alphabet.SERBIAN_CYRILLIC, "Љубав ЉУБАВ Ђ Његош ЊЕГОШ и Ђ", "Ljubav LJUBAV DJ Njegos NJEGOS i Dj"),
        (Alphabet.BELARUSIAN_CYRILLIC, "ЕЛЬСК Ельск НЯСВІЖ Нясвіж", "JELSK Jelsk NIASVIZ Niasviz"),
    ],
)
def test_case_follows_the_neighbours(alphabet: Alphabet, text: str, expected: str) -> None:
    assert latin(text, alphabet) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ἀθῆναι", "Athinai"),
        ("οὐρανός", "ouranos"),
        ("Εὐαγγέλιον", "Evangelion"),
        ("ᾠδή", "odi"),
        ("Ῥόδος", "Rodos"),
    ],
)
def test_greek_with_all_its_accents(text: str, expected: str) -> None:
    assert latin(text, Alphabet.GREEK) == expected


@pytest.mark.parametrize(
    ("alphabet", "text", "expected"),
    [
        (Alphabet.RUSSIAN_CYRILLIC, "за\u0301мок и замо\u0301к", "zamok i zamok"),
        (Alphabet.RUSSIAN_CYRILLIC, "не\u0300т ЕЩЁ\u0301 а\u0483", "net ESHCHE a"),
        (Alphabet.BULGARIAN_CYRILLIC, "полѝция, Софѝя, ѐ", "politsia, Sofia, e"),
        (Alphabet.BELARUSIAN_CYRILLIC, "мѐра ѐсць", "miera jesc"),
        (Alphabet.SERBIAN_CYRILLIC, "гра̑д, са̏т, вѝно, рӣба, мр̏тав", "grad, sat, vino, riba, mrtav"),
        (Alphabet.TURKISH, "i\u0307stanbul diyarbakir I\u0307", "istanbul diyarbakir I"),
        (Alphabet.TURKISH, "i\u0307\u0301x", "ix"),
        (Alphabet.ROMANIAN, "ắ ấ", "a a"),
        (Alphabet.POLISH, "z\u0307\u0301", "z"),
        (Alphabet.POLISH, "ż\u0591\u0301", "z"),
        (Alphabet.POLISH, "e\u0301", "é"),  # not a Polish letter, composed and kept
        (Alphabet.POLISH, "x\u0301ż\u0301", "x\u0301z"),  # the mark of another letter stays
    ],
)
def test_marks_go_with_their_letter(alphabet: Alphabet, text: str, expected: str) -> None:
    assert latin(text, alphabet) == expected


@pytest.mark.parametrize("apostrophe", "'’ʼ`´‘‛′ʹ＇")
def test_apostrophes_however_they_are_typed(apostrophe: str) -> None:
    made = transliterate(f"п{apostrophe}ять ОБ{apostrophe}ЄКТ", Alphabet.UKRAINIAN_CYRILLIC)
    assert made.text == "piat OBIEKT"
    assert made.replaced[apostrophe] == 2
    assert latin(f"аб{apostrophe}ява", Alphabet.BELARUSIAN_CYRILLIC) == "abjava"
    quoted = f"{apostrophe}так{apostrophe} {apostrophe}"
    assert latin(quoted, Alphabet.UKRAINIAN_CYRILLIC) == quoted.replace("так", "tak")


@pytest.mark.parametrize("alphabet", [name for name in Alphabet if name.endswith("_CYRILLIC")])
def test_e_and_i_with_a_grave_in_every_cyrillic_alphabet(alphabet: Alphabet) -> None:
    made = transliterate("ѐѝЀЍ", alphabet)
    assert is_gsm7(made.text)
    assert made.replaced == dict.fromkeys("ѐѝЀЍ", 1)
    assert transliterate(unicodedata.normalize("NFD", "ѐѝЀЍ"), alphabet) == made


def test_each_letter_is_counted_as_it_was_written() -> None:
    assert transliterate("ѐѐ i\u0307", Alphabet.RUSSIAN_CYRILLIC).replaced == {"ѐ": 2}
    assert transliterate("i\u0307 ı i", Alphabet.TURKISH).replaced == {"i\u0307": 1, "ı": 1}
    assert transliterate("șș Țară", Alphabet.ROMANIAN).replaced == {"ș": 2, "Ț": 1, "ă": 1}
    assert transliterate("Зга об'є", Alphabet.UKRAINIAN_CYRILLIC).replaced == dict.fromkeys("Згаоб'є", 1)
    assert transliterate("μπαύ", Alphabet.GREEK).replaced == {"μ": 1, "π": 1, "α": 1, "ύ": 1}
