"""Names of countries that ISO 3166 and CLDR's lists of the five languages lack: their own, parts, and short forms in use.

Sources: CLDR's names of each country in its own languages; the parts of the United Kingdom; codes of the European Union (EL) and
abbreviations that accounting systems print.
"""

from __future__ import annotations

OWN_NAMES: dict[str, str] = {
    **dict.fromkeys(("Deutschland", "BRD", "Bundesrepublik Deutschland", "Allemagne", "Duitsland", "Alemania"), "DE"),
    **dict.fromkeys(("Österreich", "Autriche", "Oostenrijk"), "AT"),
    **dict.fromkeys(("Schweiz", "Suisse", "Svizzera", "Svizra", "Zwitserland"), "CH"),
    **dict.fromkeys(("Nederland", "Pays-Bas", "Holland", "The Netherlands"), "NL"),
    **dict.fromkeys(("België", "Belgique", "Belgie"), "BE"),
    **dict.fromkeys(("Lëtzebuerg", "Luxembourg"), "LU"),
    **dict.fromkeys(("France", "Frankrijk", "Francia"), "FR"),
    **dict.fromkeys(("España", "Espana", "Espagne", "Spanje"), "ES"),
    **dict.fromkeys(("Italia", "Italie", "Italië"), "IT"),
    **dict.fromkeys(("Suomi", "Finlande"), "FI"),
    **dict.fromkeys(("Ísland", "Island"), "IS"),
    **dict.fromkeys(("Noreg", "Norge", "Norvège", "Norga"), "NO"),
    **dict.fromkeys(("Sverige", "Suède", "Ruotsi"), "SE"),
    **dict.fromkeys(("Danmark", "Danemark", "Denemarken", "Tanska"), "DK"),
    **dict.fromkeys(("Føroyar", "Faroe", "Faroes"), "FO"),
    **dict.fromkeys(("Kalaallit Nunaat",), "GL"),
    **dict.fromkeys(("Åland", "Ahvenanmaa"), "AX"),
    **dict.fromkeys(("Svalbard", "Svalbard og Jan Mayen"), "SJ"),
    **dict.fromkeys(("Éire", "Eire", "Republic of Ireland"), "IE"),
    **dict.fromkeys(("Polska", "Pologne"), "PL"),
    **dict.fromkeys(("Česko", "Česká republika", "Czech Republic"), "CZ"),
    **dict.fromkeys(("Slovensko", "Slovenská republika"), "SK"),
    **dict.fromkeys(("Slovenija",), "SI"),
    **dict.fromkeys(("Hrvatska",), "HR"),
    **dict.fromkeys(("Srbija", "Србија"), "RS"),
    **dict.fromkeys(("Bosna i Hercegovina",), "BA"),
    **dict.fromkeys(("Crna Gora",), "ME"),
    **dict.fromkeys(("Shqipëri", "Shqipëria"), "AL"),
    **dict.fromkeys(("Magyarország",), "HU"),
    **dict.fromkeys(("România",), "RO"),
    **dict.fromkeys(("България", "Balgariya"), "BG"),
    **dict.fromkeys(("Ελλάδα", "Ellada", "Hellas", "EL"), "GR"),
    **dict.fromkeys(("Κύπρος", "Kypros"), "CY"),
    **dict.fromkeys(("Türkiye", "Turkey"), "TR"),
    **dict.fromkeys(("Eesti",), "EE"),
    **dict.fromkeys(("Latvija",), "LV"),
    **dict.fromkeys(("Lietuva",), "LT"),
    **dict.fromkeys(("Україна", "Ukraina"), "UA"),
    **dict.fromkeys(("Россия", "Rossija"), "RU"),
    **dict.fromkeys(("Kosovo", "Kosova", "Kosovë", "Косово", "XK", "XKX"), "XK"),
    **dict.fromkeys(("U.S.A.", "US of A", "United States of America", "Etats-Unis", "États-Unis", "Forenede Stater"), "US"),
    **dict.fromkeys(("UAE", "Emirates", "Dubai", "Abu Dhabi"), "AE"),
    **dict.fromkeys(("Hongkong SAR", "Hong Kong SAR"), "HK"),
    **dict.fromkeys(("日本", "Nippon"), "JP"),
    **dict.fromkeys(("中国",), "CN"),
    **dict.fromkeys(
        (
            *("UK", "U.K.", "Great Britain", "England", "Scotland", "Wales", "Northern Ireland", "Nordirland", "Skotland"),
            *("Skottland", "Schottland", "Nord-Irland", "Cymru", "Alba", "Royaume-Uni", "Verenigd Koninkrijk", "Großbritannien"),
            *("United Kingdom", "Storbritannien", "Storbritannia"),
        ),
        "GB",
    ),
}
