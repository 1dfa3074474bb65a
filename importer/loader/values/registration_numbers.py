"""Registration numbers of companies: whether the check digit is one of the debtor's country.

Digits alone prove nothing: a tenth of all random numbers pass. So a number that does not fit is sent, and said. Countries whose
numbers have no check digit, such as Germany's ``HRB 1234``, are not looked at.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import import_module
from types import ModuleType

_MODULES = {  # modules of python-stdnum by country: numbers of companies, and VAT ids
    "AT": ("at.businessid", "at.uid"),
    "BE": ("be.vat",),
    "CH": ("ch.uid", "ch.vat"),
    "DK": ("dk.cvr",),
    "ES": ("es.cif", "es.nif"),
    "FI": ("fi.ytunnus", "fi.alv"),
    "FR": ("fr.siren", "fr.siret", "fr.tva"),
    "IT": ("it.iva", "it.codicefiscale"),
    "NO": ("no.orgnr", "no.mva"),
    "PL": ("pl.nip", "pl.regon"),
    "SE": ("se.orgnr", "se.vat"),
}


@lru_cache(maxsize=4096)
def fits_country(country: str, number: str) -> bool:
    """Return whether a number may be a company's in this country: its check digit fits, or none is known there."""
    modules = _loaded(country)
    return not modules or any(module.is_valid(number) for module in modules)


@cache
def _loaded(country: str) -> tuple[ModuleType, ...]:
    return tuple(import_module(f"stdnum.{name}") for name in _MODULES.get(country, ()))
