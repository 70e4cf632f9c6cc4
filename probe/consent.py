"""Consent: what a volunteer is told before anything is made, sent or measured (integrity.md 9)."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TextIO

from probe.agreed import is_direct
from probe.budget import on_the_line, pair_estimate_bytes
from probe.capacity import LARGEST_BYTES
from probe.catalogue.codes import UNKNOWN_COUNTRY
from probe.catalogue.risk import Withheld
from probe.human import amount
from probe.messages import text
from probe.plan import Plan
from probe.schedule.pace import pace_of
from probe.state import Consent
from probe.trouble import UsageTrouble
from probe.visit import cap_bytes

ANSWERS = {"fr": {"o", "oui", "y", "yes"}, "en": {"y", "yes", "o", "oui"}}


def visit_bytes(plan: Plan) -> int:
    """The most that one pair of this plan spends; one beyond the caps of a visit is never started."""
    orders = [nettest for nettest in plan.nettests if nettest.enabled and nettest.nettest != "capacity"]
    pairs = [
        min(
            pair_estimate_bytes(pace_of(s.pace(n.direction), n.variant, None), n.duration_ms),
            cap_bytes(n.variant, n.duration_ms),
        )
        for s in plan.services
        for n in orders
    ]
    return max(pairs, default=0)


def explain(plan: Plan, collector: str, folder: Path, language: str, month_bytes: int) -> str:
    """The whole text, in ``language``. ``month_bytes``: the cap that holds (``cap.cap_bytes``)."""
    return text(
        "consent.text",
        language,
        operator=plan.operator,
        collector=collector,
        contact=text("consent.contact_direct" if is_direct(plan) else "consent.contact_responders", language),
        services=", ".join(service.title for service in plan.services),
        visit=amount(visit_bytes(plan), language),
        month=amount(month_bytes, language),
        capacity=amount(on_the_line(LARGEST_BYTES * len(plan.directions())), language),
        folder=folder,
    )


def warn(plan: Plan, found: Sequence[Withheld], language: str) -> str:
    """What is not measured from here, and what only after a yes to this warning; "" where there is neither."""
    titles = {service.id: service.title for service in plan.services}
    names = {service.id: service.names for service in plan.services}
    off = [item for item in found if item.risk == "off"]
    asked = [item for item in found if item.risk == "caution"]
    parts = [
        text(
            "consent.off_unknown" if item.country == UNKNOWN_COUNTRY else "consent.off",
            language,
            service=titles[item.service],
            country=place(item.country, language),
            source=item.source,
        )
        for item in off
    ]
    if asked:
        countries = dict.fromkeys(place(item.country, language) for item in asked)
        parts.append(
            text(
                "consent.caution",
                language,
                services=", ".join(titles[item.service] for item in asked),
                names=", ".join(name for item in asked for name in names[item.service]),
                country=", ".join(countries),
            )
        )
    return "\n\n".join(parts)


def place(country: str, language: str) -> str:
    """A country for a person: its code, or words for the unknown one."""
    return text("consent.unknown_country", language) if country == UNKNOWN_COUNTRY else country


def agree_to_caution(language: str, yes: bool, terminal: TextIO, ask: Callable[[str], str] = input) -> bool:
    """Whether the volunteer says yes to the warning just shown; ``yes`` is ``--yes``."""
    if yes or not terminal.isatty():
        return yes
    try:
        return ask(text("consent.caution_question", language)).strip().lower() in ANSWERS[language]
    except (EOFError, KeyboardInterrupt):
        return False


def obtain(
    shown: str, language: str, yes: bool, now_us: int, terminal: TextIO, ask: Callable[[str], str] = input
) -> Consent | None:
    """The consent to the text just ``shown``; ``None`` if it was refused.

    ``yes`` is ``--yes``. Raises ``UsageTrouble("no_terminal")`` when there is nobody to ask.
    """
    if not yes:
        if not terminal.isatty():
            raise UsageTrouble("no_terminal")
        try:
            answer = ask(text("consent.question", language))
        except (EOFError, KeyboardInterrupt):
            return None
        if answer.strip().lower() not in ANSWERS[language]:
            return None
    return Consent(
        given_at_us=now_us, language=language, text_sha256=sha256(shown.encode()).digest(), asked=not yes
    )
