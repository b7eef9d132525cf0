"""Time zones of areas whose numbers `phonenumbers` places wrongly, or in several zones.

Its table names one zone for all that once kept the same clock, has not followed later changes (the state of
Chihuahua, Yukon and Saratov changed theirs) and does not know every area (Easter Island, Punta Arenas). The
areas are those of the national numbering plans: IFT (Mexico), Anatel (Brazil), ACMA (Australia), Subtel (Chile),
NANPA (+1) and Rossvyaz (Russia); the zones are those of the tz database.
"""

from typing import Final

_AREAS: Final = """
America/Anchorage: 1907581
America/Adak: 1907592
America/Campo_Grande: 5567
America/Cancun: 52983 52984 52987 52998
America/Chihuahua: 52614 52621 52625 52627 52628 52629 52635 52636 52639 52648 52649 52652 52659
America/Ciudad_Juarez: 52656 52657
America/Coyhaique: 5667
America/Cuiaba: 5565 5566
America/Dawson_Creek: 1250261 1250262 1250263 1250719 1250782 1250784 1250785 1250787 1250788
America/Fort_Nelson: 1250774
America/Goose_Bay: 1709282 1709478 1709479 1709497 1709896 1709922 1709923 1709925 1709933 1709938 1709944
America/Inuvik: 1867587 1867669 1867695 1867766 1867777 1867872 1867873 1867874 1867920
America/Cambridge_Bay: 1867983
America/Rankin_Inlet: 1867645
America/Iqaluit: 1867979
America/Whitehorse: 1867
America/Belem: 5591 5593 5594 5596
America/Boa_Vista: 5595
America/Fortaleza: 5585 5586 5588 5589 5598 5599
America/Manaus: 5592 5597
America/Matamoros: 52867 52868 52877 52878 52891 52894 52897 52899
America/Noronha: 55813619
America/Ojinaga: 52626
America/Porto_Velho: 5569
America/Punta_Arenas: 5661
America/Recife: 5581 5583 5584 5587
America/Regina: 1474
America/Rio_Branco: 5568
America/St_Johns: 1709 1879
America/Tijuana: 52616 52646 52658 52661 52663 52664 52665 52686
Asia/Jayapura: 629
Asia/Kuala_Lumpur: 60
Asia/Kuching: 608
Asia/Makassar: 6236 6237 6238 624
Australia/Adelaide: 6187 6188
Australia/Brisbane: 617
Australia/Darwin: 61879 61889
Australia/Perth: 6185 6186 6189
Europe/Kaliningrad: 7401
Europe/Saratov: 7845
Pacific/Auckland: 64330
Pacific/Bougainville: 675973
Pacific/Chatham: 643305 6434238 6434246
Pacific/Easter: 5632210 5632255
Pacific/Galapagos: 5935252 5935301
Pacific/Gambier: 68940978
Pacific/Marquesas: 6894091 6894092
"""

# Only where several zones are left: most people of Idaho keep Mountain Time, most of the Dakotas Central Time.
_SHARED: Final = """
America/Boise: 1208 1986
America/Chicago: 1605 1701
"""

TERRITORIES: Final = {"2125288": "EH", "2125289": "EH"}
"""First digits of the landlines of Western Sahara, which `phonenumbers` also counts as Morocco's → the country."""


def _by_prefix(table: str) -> dict[str, str]:
    lines = (line.split(": ") for line in table.strip().splitlines())
    return {prefix: zone for zone, prefixes in lines for prefix in prefixes.split()}


AREAS: Final = _by_prefix(_AREAS)
"""First digits of a number, with its country's code → name of the zone; the longest that fits decides."""

SHARED_AREAS: Final = _by_prefix(_SHARED)
"""The same, for areas that have several zones: where most of their people live."""
