"""Numbers for people, in French and in English: the decimal sign, the unit, the interval."""

from decimal import Decimal
from typing import Final, Literal

Language = Literal["fr", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("fr", "en")
NARROW: Final = "\u202f"
"""A narrow no-break space: before a unit, and in French before a sign and between thousands."""
LARGEST_WRITTEN: Final = 1e15


def decimal(value: float, language: Language, digits: int = 3) -> str:
    """``value`` with that many significant digits, thousands set apart; beyond 10^15 as a power of ten.

    >>> decimal(1.4432, "fr"), decimal(1234567, "en"), decimal(2.5e21, "en")
    ('1,44', '1,230,000', '2.5 × 10^21')
    """
    rounded = float(f"{value:.{digits}g}")
    if abs(rounded) >= LARGEST_WRITTEN:
        mantissa, exponent = f"{rounded:.{digits - 1}e}".split("e")
        text = f"{float(mantissa):g} × 10^{int(exponent)}"
    else:
        text = f"{rounded:,f}".rstrip("0").rstrip(".")
    return text if language == "en" else text.replace(",", NARROW).replace(".", ",")


def decimal_down(value: float, language: Language, digits: int = 3) -> str:
    """``decimal``, but never more than ``value``: evidence is not rounded up. Positive values.

    >>> decimal_down(136_999, "en"), decimal_down(0.50499, "fr"), decimal_down(1.999e21, "en")
    ('136,000', '0,504', '1.99 × 10^21')
    """
    if value <= 0:
        return decimal(value, language, digits)
    step = Decimal(1).scaleb(Decimal(value).adjusted() - digits + 1)
    return decimal(float((Decimal(value) // step) * step), language, digits)


def percent(share: float, language: Language) -> str:
    """A share as a percentage, its sign where negative.

    >>> percent(-0.924, "fr"), percent(0.05, "en")
    ('−92,4\u202f%', '5%')
    """
    text = decimal(abs(share) * 100, language)
    sign = "−" if share < 0 and text != "0" else ""
    return f"{sign}{text}{NARROW if language == 'fr' else ''}%"


def signed(value: float, language: Language, places: int) -> str:
    """``value`` with its sign and that many decimals.

    >>> signed(-39.35, "fr", 1), signed(6, "en", 0), signed(-0.01, "fr", 1)
    ('−39,4', '+6', '+0,0')
    """
    text = f"{abs(value):.{places}f}"
    sign = "−" if value < 0 and float(text) else "+"
    return sign + (text if language == "en" else text.replace(".", ","))


def amount(count: int, language: Language) -> str:
    """Bytes in decimal units.

    >>> amount(20_738_233, "fr")
    '20,7\u202fMo'
    """
    units = {"fr": ("o", "ko", "Mo", "Go", "To"), "en": ("B", "kB", "MB", "GB", "TB")}[language]
    value, step = float(count), 0
    while value >= 1000 and step < len(units) - 1:  # ends: at the largest unit
        value, step = value / 1000, step + 1
    return f"{decimal(value, language)}{NARROW}{units[step]}"


def interval(bounds: tuple[float, float] | None, language: Language) -> str:
    """``[low ; high]``, or a dash where there is none.

    >>> interval((1.41, 1.5), "fr"), interval(None, "en")
    ('[1,41 ; 1,5]', '–')
    """
    if bounds is None:
        return "–"
    low, high = bounds
    separator = " ; " if language == "fr" else ", "
    return f"[{decimal(low, language)}{separator}{decimal(high, language)}]"
