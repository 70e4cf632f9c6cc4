"""Numbers, dates and texts in a language: the one file that imports Babel. Exact values travel beside what is shown.

French is written with a decimal comma, a narrow no-break space between thousands and before %, and a lone article's agreement:
``one`` for 0 and 1; in English for 1 alone.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final, Literal

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from dashboards.site.apart import bdi
from dashboards.site.messages import MESSAGES
from probe.typography import NARROW, unbroken

Language = Literal["fr", "en"]
KEPT: Final = 32_768
"""Written numbers and dates kept, some 5 MB: Babel takes 0.1 ms for each, and pages say the same ones over and over."""
LANGUAGES: Final[tuple[Language, ...]] = ("fr", "en")
LOCALES: Final[Mapping[Language, str]] = {"fr": "fr_CA", "en": "en_CA"}
OTHER: Final[Mapping[Language, Language]] = {"fr": "en", "en": "fr"}
ABSENT: Final = "–"
RAISED: Final = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
UNITS: Final[Mapping[Language, tuple[str, ...]]] = {
    "fr": ("o", "ko", "Mo", "Go", "To", "Po"),
    "en": ("B", "kB", "MB", "GB", "TB", "PB"),
}


class Words:
    """Texts of one language. What it returns is plain text, but for ``data``, which is a ``<data>`` element."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self.locale = LOCALES[language]

    def t(self, message: str, /, **values: object) -> str:
        """The message with this id; raises ``KeyError`` for an unknown one."""
        return self.unbroken(MESSAGES[message][self.language].format(**values))

    def known(self, message: str, otherwise: str) -> str:
        """The message with this id, or ``otherwise`` where there is none: for codes that a newer export may bring."""
        return self.unbroken(MESSAGES[message][self.language]) if message in MESSAGES else otherwise

    def unbroken(self, text: str) -> str:
        """A text of ours, as ``typography`` writes it."""
        return unbroken(text, self.language)

    def n(self, message: str, count: int, /, **values: object) -> str:
        """The message for a count, singular or plural; ``{n}`` is the count as it is written."""
        singular = count <= 1 if self.language == "fr" else count == 1
        return self.t(f"{message}.{'one' if singular else 'other'}", n=self.whole(count), **values)

    def whole(self, value: int) -> str:
        """A count."""
        return _decimal(value, "#,##0", self.locale)

    def number(self, value: float, digits: int = 3) -> str:
        """A number with so many significant digits.

        >>> Words("fr").number(1234.5), Words("en").number(0.05012)
        ('1\u202f230', '0.0501')
        """
        rounded = float(f"{value:.{digits}g}")
        if abs(rounded) >= 1e12:
            mantissa, exponent = f"{rounded:.{digits - 1}e}".split("e")
            return f"{self.number(float(mantissa), digits)} × 10{str(int(exponent)).translate(RAISED)}"
        shown = _decimal(abs(rounded), "#,##0.############", self.locale)
        return f"−{shown}" if rounded < 0 else shown

    def percent(self, share: float, digits: int = 3) -> str:
        """A share as a percentage."""
        space = NARROW if self.language == "fr" else ""
        return f"{self.number(share * 100, digits)}{space}%"

    def signed_percent(self, share: float) -> str:
        """As ``percent``, with its sign."""
        shown = self.percent(share)
        return shown if share <= 0 else f"+{shown}"

    def amount(self, count: int) -> str:
        """Bytes in decimal units."""
        value, step = float(count), 0
        while value >= 1000 and step < len(UNITS[self.language]) - 1:  # ends: at the largest unit
            value, step = value / 1000, step + 1
        return f"{self.number(value)}{NARROW}{UNITS[self.language][step]}"

    def day(self, text: str | None) -> str:
        """A day of an ISO date or time; what is no date is shown as it is."""
        moment = _moment(text)
        if moment is None:
            return text or ABSENT
        return _long_date(moment.date(), self.locale)

    def moment(self, text: str | None) -> str:
        """A moment of an ISO time, in UTC."""
        moment = _moment(text)
        if moment is None:
            return text or ABSENT
        pattern = "d MMMM y 'à' HH:mm" if self.language == "fr" else "d MMMM y, HH:mm"
        return f"{format_datetime(moment, pattern, locale=self.locale)} UTC"

    def between(self, low: Markup, high: Markup) -> Markup:
        """An interval of two elements, in words."""
        return escape(self.t("between", low="\0", high="\1")).replace("\0", low).replace("\1", high)

    def quoting(self, message: str, quoted: str, language: str = "", /, **values: object) -> Markup:
        """The message with ``{quoted}``, the words of somebody else, in ``language``; empty, as HTML has it: nobody knows which."""
        words = Markup('<bdi lang="{}">{}</bdi>').format(language, quoted)
        return escape(self.t(message, quoted="\0", **values)).replace("\0", words)

    def naming(self, message: str, /, *names: str, **values: object) -> Markup:
        """The message; those of its ``values`` that are ``names`` were chosen by others, and keep their own direction."""
        said = self.t(message, **{**values, **{name: f"\0{name}\0" for name in names}})
        parts = said.split("\0")
        return Markup("").join(
            bdi(str(values[part])) if n % 2 else escape(part) for n, part in enumerate(parts)
        )

    def iso(self, unix_s: float) -> str:
        """A moment as ISO 8601."""
        return datetime.fromtimestamp(unix_s, UTC).isoformat()

    def country(self, code: str) -> str:
        """A country's name; its code where Babel knows none."""
        return str(Locale.parse(self.locale).territories.get(code, code))

    def tick(self, unix_s: float, *, hours: bool) -> str:
        """A moment on an axis, short: the hour, with the day at midnight; else the day."""
        moment = datetime.fromtimestamp(unix_s, UTC)
        day = "d MMM" if self.language == "fr" else "MMM d"
        pattern = day if not hours or moment.hour == 0 else "HH:mm"
        return format_datetime(moment, pattern, locale=self.locale)

    def data(self, value: float | None, shown: str | None = None, field: str = "") -> Markup:
        """The exact value with what a person reads, and the field it is; what is missing is a dash."""
        if value is None:
            return Markup("<span>{}</span>").format(ABSENT)
        text = shown if shown is not None else self.number(value)
        return Markup('<data data-field="{}" value="{}">{}</data>').format(field, exact(value), text)


@lru_cache(maxsize=KEPT)
def _decimal(value: float, pattern: str, locale: str) -> str:
    return format_decimal(value, pattern, locale=locale).replace("\xa0", NARROW)


@lru_cache(maxsize=KEPT)
def _long_date(day: date, locale: str) -> str:
    return format_date(day, "long", locale=locale).replace("\xa0", NARROW)


def exact(value: float | str | None) -> str:
    """A value as CSV and ``<data>`` write it: what JSON would write, so that all three are equal; absent is empty."""
    if value is None:
        return ""
    return value if isinstance(value, str) else repr(value)


def _moment(text: str | None) -> datetime | None:
    """The time in UTC; a bare date is its midnight."""
    if not text:
        return None
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
