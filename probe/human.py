"""Events as a line for a person. A field's unit stands in its name, and decides how it is shown."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

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
    if event == "consent":
        return f"{facts['text']}\n"
    if event == "not_agreed":
        facts = {"what": [*facts["services"], *facts["names"]]}
    if event == "rejected":
        facts = {**facts, "message": facts.get(f"message_{language}") or ABSENT}
    if event == "overrides":
        planned = text("event.as_planned", language)
        facts = {
            name: planned if value is None else _show(name, value, language) for name, value in facts.items()
        }
        return text("event.overrides", language, **facts)
    if event == "pair":
        facts = {**facts, **{run["role"]: _run(run, language) for run in facts["runs"]}}
    if event == "summary":
        return _summary(facts, language)
    if event == "status":
        return _status(facts, language)
    if event == "nettest":
        needs = text("event.nettest_needs", language, extra=facts["missing"]) if facts["missing"] else ""
        facts = {**facts, "needs": needs}
    if event == "doctor":
        return _doctor(facts, language)
    identifier = f"event.{event}"
    if identifier not in MESSAGES:
        return None
    shown = {name: _show(name, value, language) for name, value in facts.items()}
    return text(identifier, language, **{"original": ABSENT, "control": ABSENT, **shown})


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
