"""Events as a line for a person. A field's unit stands in its name, and decides how it is shown."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from probe.catalogue.codes import UNKNOWN_COUNTRY
from probe.messages import MESSAGES, text

ABSENT = "–"


def amount(count: int, language: str) -> str:
    """Bytes for a person, decimal units.

    >>> amount(20_738_233, "fr")
    '20,7\u202fMo'
    """
    units = {"fr": ("o", "ko", "Mo", "Go"), "en": ("B", "kB", "MB", "GB")}[language]
    value, unit = float(count), units[0]
    for larger in units[1:]:
        if value < 1000:
            break
        value, unit = value / 1000, larger
    shown = f"{value:.0f}" if value == int(value) else f"{value:.1f}"
    return f"{_decimal(shown, language)}\u202f{unit}"


def rate(bit_s: float, language: str) -> str:
    """A rate for a person.

    >>> rate(19_800_000, "en")
    '19.8\u202fMbit/s'
    """
    return f"{_decimal(f'{bit_s / 1e6:.1f}', language)}\u202fMbit/s"


def seconds(count: float, language: str) -> str:
    """A length of time for a person: seconds, or minutes from two of them on."""
    if count >= 120:
        return f"{count / 60:.0f}\u202fmin"
    return f"{_decimal(f'{count:.0f}' if count >= 10 else f'{count:.1f}', language)}\u202fs"


def render(event: str, facts: Mapping[str, Any], language: str) -> str | None:
    """The line for ``event``; ``None`` for what is of no use to a person."""
    if event in _WHOLE:
        return _WHOLE[event](facts, language)
    identifier = f"event.{event}"
    if event == "risk_off" and facts["country"] == UNKNOWN_COUNTRY:
        identifier = "event.risk_off_unknown"
    if event in _PREPARED:
        facts = {**facts, **_PREPARED[event](facts, language)}
    if event.startswith("catalogue_"):
        facts = {**facts, **_of_the_catalogue(facts)}
    if identifier not in MESSAGES:
        return None
    shown = {name: _show(name, value, language) for name, value in facts.items()}
    return text(identifier, language, **{"original": ABSENT, "control": ABSENT, **shown})


def _consent(facts: Mapping[str, Any], _language: str) -> str:
    return f"{facts['text']}\n"


def _overrides(facts: Mapping[str, Any], language: str) -> str:
    planned = text("event.as_planned", language)
    shown = {
        name: planned if value is None else _show(name, value, language) for name, value in facts.items()
    }
    return text("event.overrides", language, **shown)


def _not_agreed(facts: Mapping[str, Any], _language: str) -> dict[str, Any]:
    return {"what": [*facts["services"], *facts["names"]]}


def _rejected(facts: Mapping[str, Any], language: str) -> dict[str, Any]:
    return {"message": facts.get(f"message_{language}") or ABSENT}


def _pair(facts: Mapping[str, Any], language: str) -> dict[str, Any]:
    return {run["role"]: _run(run, language) for run in facts["runs"]}


def _risk(facts: Mapping[str, Any], language: str) -> dict[str, Any]:
    """The country in words where nobody knows it."""
    unknown = facts["country"] == UNKNOWN_COUNTRY
    return {"country": text("consent.unknown_country", language)} if unknown else {}


def _nettest(facts: Mapping[str, Any], language: str) -> dict[str, Any]:
    missing = facts["missing"]
    return {"needs": text("event.nettest_needs", language, extra=missing) if missing else ""}


def _cost(facts: Mapping[str, Any], _language: str) -> dict[str, Any]:
    """The families, where a light nettest is asked in any."""
    told = ", ".join(family.replace("ip", "IP") for family in facts["families"])
    return {"families": f" ({told})" if told else ""}


def _summary(facts: Mapping[str, Any], language: str) -> str:
    """The end of a run: a line for what was measured, one for each thing that is not as it should be."""
    shown = {name: _show(name, value, language) for name, value in facts.items()}
    lines = [text("event.summary", language, **shown)]
    if facts["waiting"]:
        lines.append(text("event.summary_waiting", language, **shown))
    lines += [
        text("event.summary_rejected", language, code=code, count=count)
        for code, count in facts["rejected"].items()
    ]
    return "\n".join(lines)


def _status(facts: Mapping[str, Any], language: str) -> str:
    """What the probe is, then a line for each document that was set aside."""
    shown = {name: _show(name, value, language) for name, value in facts.items()}
    lines = [text("event.status", language, rejected_count=len(facts["rejected"]), **shown)]
    if facts["plan_expired"]:
        lines.append(text("event.status_expired", language))
    if facts["lab"]:
        lines.append(text("event.status_lab", language))
    if facts["not_agreed"]:
        lines.append(text("event.status_not_agreed", language, what=shown["not_agreed"]))
    lines += [
        text(
            "event.status_rejected",
            language,
            id=reason["id"][:16],
            code=reason["code"],
            message=reason[f"message_{language}"] or ABSENT,
        )
        for reason in facts["rejected"]
    ]
    return "\n".join(lines)


def _of_the_catalogue(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Counts as ``CA 35, FR 40``, and the parts of an entry's line that may be absent."""
    shown: dict[str, Any] = {
        name: ", ".join(f"{code} {count}" for code, count in value.items())
        for name, value in facts.items()
        if isinstance(value, Mapping)
    }
    for name, plural in (("language_list", "languages"), ("host_list", "names")):
        shown[name] = " ".join(facts[plural]) if isinstance(facts.get(plural), list) else ""
    shown["risk_shown"] = f" · {facts['risk']}" if facts.get("risk") else ""
    shown["checked"] = f" · {facts['verified_on']}" if facts.get("verified_on") else ""
    return shown


def _doctor(facts: Mapping[str, Any], language: str) -> str:
    """One finding of the doctor: its state, what it is, what it touches."""
    shown = {name: _show(name, value, language) for name, value in facts["facts"].items()}
    said = text(f"doctor.{facts['id']}_{facts['state']}", language, **shown)
    state = text(f"doctor.{facts['state']}", language)
    limits = (
        text("event.doctor_limits", language, limits=", ".join(facts["limits"])) if facts["limits"] else ""
    )
    return f"{state:>9}  {said}{limits}"


def _run(run: Mapping[str, Any], language: str) -> str:
    if run["rate_bit_s"] is None:
        return text("event.pair_failed", language, failure=run["failure"])
    return rate(run["rate_bit_s"], language)


def _show(name: str, value: Any, language: str) -> Any:
    if value is None:
        return ABSENT
    if name == "reason" and f"reason.{value}" in MESSAGES:
        return text(f"reason.{value}", language)
    if name == "direction":
        return text(f"direction.{value}", language)
    if name.endswith("_ms"):
        return f"{value}\u202fms"
    if name == "bit_s" or name.endswith("_bit_s"):
        return rate(value, language)
    if name.endswith("_s"):
        return seconds(value, language)
    if name == "bytes" or name.endswith("_bytes"):
        return amount(value, language)
    if isinstance(value, datetime):
        return value.astimezone().strftime("%d/%m/%Y %H:%M" if language == "fr" else "%Y-%m-%d %H:%M")
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return value


def _decimal(number: str, language: str) -> str:
    return number.replace(".", ",") if language == "fr" else number


_WHOLE: Final[dict[str, Callable[[Mapping[str, Any], str], str]]] = {
    "consent": _consent,
    "overrides": _overrides,
    "summary": _summary,
    "status": _status,
    "doctor": _doctor,
}
"""Events that are told in a way of their own."""
_PREPARED: Final[dict[str, Callable[[Mapping[str, Any], str], dict[str, Any]]]] = {
    "not_agreed": _not_agreed,
    "rejected": _rejected,
    "pair": _pair,
    "risk_off": _risk,
    "risk_caution": _risk,
    "nettest": _nettest,
    "cost": _cost,
}
"""Events whose line needs words that are made of several fields."""
