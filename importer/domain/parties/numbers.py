"""Numbers of companies and VAT ids, by the rules of each country. Heading, country and check digit together are a proof."""

from __future__ import annotations

import re
from functools import lru_cache

from importer.domain.personal_numbers.check_digits import fits

_REGISTERS: dict[str, tuple[tuple[re.Pattern[str], str | None], ...]] = {
    "DK": ((re.compile(r"[0-9]{8}"), "dk.cvr"),),
    "SE": ((re.compile(r"(?:16)?[0-9]{2}[2-9][0-9]{7}"), "se.orgnr"),),
    "NO": ((re.compile(r"[89][0-9]{8}"), "no.orgnr"),),
    "FI": ((re.compile(r"[0-9]{8}"), "fi.ytunnus"),),
    "DE": ((re.compile(r".*HR[AB][0-9]{1,6}.*|.*(?:GNR|PR|VR)[0-9]{1,6}.*"), None),),
    "AT": ((re.compile(r"(?:FN)?[0-9]{1,6}[A-Z]"), None),),
    "CH": ((re.compile(r"CHE[0-9]{9}(?:MWST|TVA|IVA)?"), "ch.uid"),),
    "NL": ((re.compile(r"[0-9]{8}"), None),),
    "BE": ((re.compile(r"(?:BE)?[01]?[0-9]{9}"), "be.vat"),),
    "FR": ((re.compile(r"[0-9]{9}"), "fr.siren"), (re.compile(r"[0-9]{14}"), "fr.siret")),
    "GB": ((re.compile(r"[0-9]{8}|(?:SC|NI|OC|SO|NC|FC|IP|RC|CE)[0-9]{6}"), None),),
    "US": ((re.compile(r"[0-9]{9}"), "us.ein"),),
    "PL": ((re.compile(r"[0-9]{10}"), "pl.nip"), (re.compile(r"0000[0-9]{6}"), None), (re.compile(r"[0-9]{9}"), "pl.regon")),
    "ES": ((re.compile(r"[ABCDEFGHJNPQRSUVW][0-9]{7}[0-9A-J]"), "es.cif"),),
    "IT": ((re.compile(r"[0-9]{11}"), "it.iva"),),
}
_SEPARATORS = re.compile(r"[\s./-]")
_PREFIXED = re.compile(r"([A-Z]{2})[0-9A-Z]{2,14}")
_VAT_MODULES = {
    **{code: f"{code.casefold()}.vat" for code in ("BE", "CY", "DE", "IE", "SE")},
    "AT": "at.uid",
    "FI": "fi.alv",
    "LU": "lu.tva",
    "DK": "dk.cvr",
    "NO": "no.mva",
    "GB": "gb.vat",
    "CH": "ch.vat",
    "FR": "fr.tva",
    "NL": "nl.btw",
    "IT": "it.iva",
    "ES": "es.nif",
    "PL": "pl.nip",
    "PT": "pt.nif",
    "CZ": "cz.dic",
    "SK": "sk.dph",
    "EE": "ee.kmkr",
    "LV": "lv.pvn",
    "LT": "lt.pvm",
    "HU": "hu.anum",
    "RO": "ro.cf",
    "BG": "bg.vat",
    "SI": "si.ddv",
    "HR": "hr.oib",
    "MT": "mt.vat",
    "GR": "gr.vat",
}


@lru_cache(maxsize=4096)
def is_company_number(text: str, country: str | None) -> bool:
    """Return whether a number under a heading of company numbers is one, by the debtor's country. No number proves itself.

    A number with a check digit counts if that fits. One without, as in Germany or the Netherlands, counts by its shape.
    """
    compact = _SEPARATORS.sub("", text).upper()
    rules = _REGISTERS.get(country or "", ())
    found = next((module for pattern, module in rules if pattern.fullmatch(compact) and _fits(module, compact)), "")
    return found != ""


def _fits(module: str | None, compact: str) -> bool:
    if module is None:
        return True
    return fits(module, compact[2:] if module == "se.orgnr" and len(compact) > 10 else compact)  # noqa: PLR2004


@lru_cache(maxsize=4096)
def is_vat_id(text: str, country: str | None, *, is_named: bool) -> bool:
    """Return whether a text is a VAT id whose check digits fit.

    ``is_named``: its heading says so; then the prefix of the country may be missing.
    """
    compact = _SEPARATORS.sub("", text).upper()
    prefixed = _PREFIXED.fullmatch(compact)
    if prefixed and (code := "GR" if prefixed[1] == "EL" else prefixed[1]) in _VAT_MODULES:
        bare = compact if code in {"CH", "GR"} else compact[2:]
        return fits(_VAT_MODULES[code], bare) or fits(_VAT_MODULES[code], compact)
    return is_named and country in _VAT_MODULES and fits(_VAT_MODULES[country or ""], compact)
