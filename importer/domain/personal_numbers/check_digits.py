"""Check digits of personal numbers, where they make it sure that digits are one."""

from __future__ import annotations

from functools import lru_cache

_NORWEGIAN_FIRST = (3, 7, 6, 1, 8, 9, 4, 5, 2)
_NORWEGIAN_SECOND = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def norwegian(digits: str) -> bool:
    """Return whether both check digits of a Norwegian number of 11 digits fit."""
    return _check(digits[:9], _NORWEGIAN_FIRST) == digits[9] and _check(digits[:10], _NORWEGIAN_SECOND) == digits[10]


def _check(digits: str, weights: tuple[int, ...]) -> str | None:
    left = -sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11
    return str(left) if left < 10 else None  # noqa: PLR2004  (a remainder of ten has no digit)


def french(digits: str) -> bool:
    """Return whether the key of a French number of 15 digits fits."""
    return 97 - int(digits[:13]) % 97 == int(digits[13:])


def swiss(digits: str) -> bool:
    """Return whether the last of 13 digits is the check digit of an EAN, which the Swiss number has."""
    total = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(digits[:12]))
    return str(-total % 10) == digits[12]


def spanish(number: str) -> bool:
    """Return whether the letter of a DNI (8 digits) or NIE (X, Y or Z and 7 digits) fits. ``number`` has no separators."""
    digits = str("XYZ".index(number[0])) + number[1:-1] if number[0] in "XYZ" else number[:-1]
    return _DNI_LETTERS[int(digits) % len(_DNI_LETTERS)] == number[-1]


_ELEVENS = {"dk.cvr": (2, 7, 6, 5, 4, 3, 2, 1), "no.orgnr": (3, 2, 7, 6, 5, 4, 3, 2, 1)}
"""Weights of digits whose sum is a multiple of eleven, for the numbers that lists have most: quicker than a module."""


@lru_cache(maxsize=4096)
def fits(module: str, number: str) -> bool:
    """Return whether python-stdnum takes a text for a valid number; ``module`` is one of its modules, such as ``dk.cvr``."""
    if (weights := _ELEVENS.get(module)) is not None:
        digits = number.isdecimal() and len(number) == len(weights)
        return digits and sum(int(digit) * weight for digit, weight in zip(number, weights, strict=True)) % 11 == 0
    from importlib import import_module

    return bool(import_module(f"stdnum.{module}").is_valid(number))
