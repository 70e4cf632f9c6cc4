"""``isonomia-probe status --html``: "my probe" as one page, for whoever lives on this line. No template, no script, no request.

Everything in it is read from this machine. Names may come from outside: each is escaped and isolated. The page's own style is allowed by its hash,
and nothing else.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from html import escape
from typing import Any, Final

from probe.budget import Book
from probe.human import amount, rate
from probe.identity import moment_of
from probe.messages import text
from probe.printable import printable
from probe.schedule.memory import HOST, ServiceMemory
from probe.sent import SentDocument
from probe.typography import unbroken

MOST_ROWS: Final = 100
HERE: Final = "\ufffc"
"""Where in a sentence an element is to stand: the character that Unicode has for it."""
STYLE: Final = """
html{font:100%/1.55 Verdana,"DejaVu Sans",sans-serif;color:#1d2733;background:#fff}
body{max-width:52rem;margin:0 auto;padding:0 1.25rem 3rem;overflow-wrap:anywhere}
h1{font-size:1.7rem;margin:2rem 0 .3rem}h2{font-size:1.2rem;margin:2.2rem 0 .5rem}
.faint{color:#55606d}.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.45rem 1.2rem .45rem 0;border-bottom:1px solid #cfd6dd}
thead th{color:#55606d;font-size:.82rem}tbody th{font-weight:400}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
svg{display:block;max-width:100%;height:auto}.note{border-left:4px solid #7a5200;padding-left:.8rem}
:focus-visible{outline:3px solid #b5390a;outline-offset:2px}
@media print{h2{break-after:avoid}tr{break-inside:avoid}}
"""


def page(
    facts: Mapping[str, Any],
    book: Book,
    services: Mapping[str, ServiceMemory],
    sent: Sequence[SentDocument],
    language: str,
    now_us: int,
) -> str:
    """The page, whole. ``facts`` are those of the event ``status``; ``services`` the schedule's memory."""
    told = _Page(language)
    body = "\n".join(
        [
            *told.head(facts, now_us),
            *told.budget(facts, book),
            *told.runs(facts, services),
            *told.sent(facts, sent),
            *told.rejected(facts["rejected"]),
            *told.identity(facts),
        ]
    )
    allowed = b64encode(sha256(STYLE.encode()).digest()).decode()
    title = escape(text("page.title", language))
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">\n'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{allowed}'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title><style>{STYLE}</style></head>\n<body><main>\n{body}\n</main></body></html>\n"
    )


class _Page:
    """The parts of the page in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def say(self, identifier: str, **facts: object) -> str:
        """A text of the page, escaped."""
        return escape(unbroken(text(f"page.{identifier}", self.language, **facts), self.language))

    def when(self, at: datetime | None) -> str:
        """A moment in this machine's own time."""
        if at is None:
            return "–"
        return escape(
            at.astimezone().strftime("%d/%m/%Y %H:%M" if self.language == "fr" else "%Y-%m-%d %H:%M")
        )

    def amount(self, count: int) -> str:
        """Bytes."""
        return escape(amount(count, self.language))

    def head(self, facts: Mapping[str, Any], now_us: int) -> Iterator[str]:
        """What this is, of when, and what needs attention."""
        yield f"<h1>{self.say('title')}</h1>"
        made = self.say("made", operator=HERE).replace(HERE, self.name(facts["operator"]))
        yield f'<p class="faint">{made} {self.when(moment_of(now_us))}</p>'
        for name in ("plan_expired", "lab"):
            if facts[name]:
                yield f'<p class="note">{self.say(name)}</p>'

    def budget(self, facts: Mapping[str, Any], book: Book) -> Iterator[str]:
        """Bytes of this month against the cap, in words and as a bar from zero, then the months before."""
        spent, cap = facts["month_bytes"], facts["cap_bytes"]
        share = min(1.0, spent / cap) if cap else 1.0
        yield f"<h2>{self.say('h.budget')}</h2>"
        yield f"<p>{self.say('budget', spent=amount(spent, self.language), cap=amount(cap, self.language))}</p>"
        yield (
            '<svg viewBox="0 0 400 18" width="400" height="18" aria-hidden="true" focusable="false">'
            '<rect width="400" height="18" fill="#e6eaee"/>'
            f'<rect width="{400 * share:.1f}" height="18" fill="#0b5a94"/></svg>'
        )
        rows = [(escape(month), self.amount(count)) for month, count in reversed(book.months.items())]
        yield from self.table(("month", "bytes"), rows)

    def runs(self, facts: Mapping[str, Any], services: Mapping[str, ServiceMemory]) -> Iterator[str]:
        """Each service's last pair and how many there were."""
        yield f"<h2>{self.say('h.runs')}</h2>"
        names = sorted({*facts["services"], *(name for name in services if not name.startswith(HOST))})
        rows = []
        for name in names:
            memory = services.get(name, ServiceMemory())
            ended = None if memory.ended_at_us is None else moment_of(memory.ended_at_us)
            state = "–" if ended is None else self.say("ok" if memory.last_ok else "not_ok")
            rows.append((self.name(name), self.when(ended), state, str(memory.pairs + memory.up.pairs)))
        yield from self.table(("service", "last", "ended", "pairs"), rows, empty="no_runs")

    def sent(self, facts: Mapping[str, Any], sent: Sequence[SentDocument]) -> Iterator[str]:
        """What left this machine, what waits, and what such a document holds."""
        yield f"<h2>{self.say('h.sent')}</h2>"
        yield f"<p>{self.say('sent.holds')}</p><p>{self.say('sent.never')}</p>"
        waiting = amount(facts["waiting_bytes"], self.language)
        yield f"<p>{self.say('waiting', documents=facts['waiting'], bytes=waiting)}</p>"
        rows = [
            (self.when(moment_of(one.at_us)), self.amount(one.bytes), self.name(one.id))
            for one in reversed(sent)
        ]
        yield from self.table(("sent_at", "bytes", "id"), rows, empty="none_sent")

    def rejected(self, reasons: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """What the collector refused, with its reason."""
        if not reasons:
            return
        yield f"<h2>{self.say('h.rejected')}</h2>"
        rows = [
            (
                self.when(one["rejected_at"]),
                self.name(one["code"]),
                self.name(one[f"message_{self.language}"] or "–"),
            )
            for one in reasons
        ]
        yield from self.table(("rejected_at", "code", "reason"), rows)

    def identity(self, facts: Mapping[str, Any]) -> Iterator[str]:
        """Who this probe is to its operator."""
        yield f"<h2>{self.say('h.identity')}</h2>"
        capacity = facts["capacity_bit_s"]
        shown = "–" if capacity is None else escape(rate(capacity, self.language))
        rows = [
            (self.say("operator"), self.name(facts["operator"])),
            (self.say("collector"), self.name(facts["collector"])),
            (self.say("probe"), self.name(facts["probe"])),
            (self.say("plan"), f"{facts['plan_serial']} · {self.when(facts['plan_expires_at'])}"),
            (self.say("country"), self.name(facts["country"] or "–")),
            (self.say("capacity"), shown),
            (self.say("folder"), self.name(facts["folder"])),
        ]
        yield from self.table(("what", "value"), rows)

    def name(self, value: object) -> str:
        """Something from outside, as harmless text in an element of its own direction."""
        return f"<bdi>{escape(printable(str(value)))}</bdi>"

    def table(
        self, columns: Sequence[str], rows: Sequence[Sequence[str]], empty: str = "nothing"
    ) -> Iterator[str]:
        """A table of escaped cells; the newest ``MOST_ROWS``. The last rows of a longer one are told of."""
        if not rows:
            yield f'<p class="faint">{self.say(empty)}</p>'
            return
        head = "".join(f'<th scope="col">{self.say(f"col.{name}")}</th>' for name in columns)
        label = self.say(f"col.{columns[0]}")
        yield f'<div class="scroll" role="region" tabindex="0" aria-label="{label}"><table><thead><tr>{head}</tr></thead><tbody>'
        for first, *rest in rows[:MOST_ROWS]:
            cells = "".join(f'<td class="{"n" if cell[:1].isdigit() else "t"}">{cell}</td>' for cell in rest)
            yield f'<tr><th scope="row">{first}</th>{cells}</tr>'
        yield "</tbody></table></div>"
        if len(rows) > MOST_ROWS:
            yield f'<p class="faint">{self.say("more", count=len(rows) - MOST_ROWS)}</p>'
