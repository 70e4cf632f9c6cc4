"""The emitter: everything a command says, to a person or to a program.

With ``--json`` each event is one JSON line on stdout, ``{"event": …, …}``; without, some events are a line of
text in the person's language. Errors go to stderr as text in both cases, so that a log shows them.
``EVENTS`` lists what a program may meet; new events and new fields may come, old ones stay.
"""

from typing import Any, Final, TextIO

import msgspec

from probe.human import render
from probe.messages import text
from probe.spool import Reason
from probe.trouble import Trouble

EVENTS: Final[dict[str, str]] = {
    "consent": "join: the text to agree to, and the figures in it (text, visit_bytes, month_bytes)",
    "joined": "join: done (operator, collector, probe, key_hash, plan_serial, folder)",
    "not_encrypted": "the collector's address is http:// (url)",
    "lab": "join: --lab was given, responders may be at private addresses and any port",
    "plan": "a plan was fetched (serial, expires_at)",
    "operator_key": "the operator has a new key, announced before, and it is pinned now (key_hash)",
    "plan_kept": "no plan could be fetched; the stored one holds (kind, detail, serial)",
    "plan_refused": "a plan was refused; the stored one holds (code, one of probe.plan_store's; reason, serial)",
    "catalogue_kept": "the operator's catalogue could not be had or was refused; ours holds (detail)",
    "not_agreed": "the plan asks for more than the volunteer agreed to; that is not measured (services, names)",
    "risk_off": "a service is not measured from this country (service, country, source)",
    "risk_caution": "a service waits for the volunteer's yes to a warning (service, country, source)",
    "started": "run: begins (folder, probe, operator, services, pairs, variant)",
    "overrides": "run: timings given on the command line instead of the plan's (between_pairs_s, gap_ms)",
    "capacity": "the line's capacity was measured (bit_s, median_bit_s, bytes)",
    "capacity_failed": "it could not be (reason)",
    "waiting": "a service rests before its next pair (service, wait_s)",
    "pair_started": "a pair begins (service, variant, number, of, stratum, original_name, pace_bit_s, responder)",
    "unpaced": "an unpaced pair is about to fill the line (service, variant, direction, number, of, estimate_bytes, left_bytes)",
    "progress": "a step of the pair (service, step, and what the nettest tells of it)",
    "pair": "a pair is measured, signed and spooled (id, service, variant, number, of, stratum, runs, bytes, closed)",
    "skipped": "a planned pair did not run, which is signed and spooled as well (id, service, variant, number, of, reason)",
    "uploaded": "the collector holds a document, our copy is deleted (id, status)",
    "upload_trouble": "a document could not be sent for now (id, kind, detail)",
    "rejected": "the collector refused a document, or it was damaged; it is kept aside (id, code, message_fr, message_en)",
    "recovered": "files that a crash left half-written were removed (files)",
    "stopping": "a signal asks to stop; the running pair ends first (signal)",
    "summary": "run or upload: the end (pairs, skipped, bytes, accepted, duplicate, waiting, rejected, month_bytes, "
    "cap_bytes, overrides)",
    "status": "status: all there is to know (see the command)",
    "status_page": "status --html: the page was written (path)",
    "catalogue_problem": "catalogue check: a fault (file, entry, code, message)",
    "catalogue_checked": "catalogue check: the end (version, services, countries, languages, problems)",
    "catalogue_entry": "catalogue show: a service (its fields; risk: its class from the country asked for)",
    "catalogue_coverage": "catalogue show: counts of what was shown, by country, language, sector, kind, origin",
    "catalogue_looked_up": "catalogue verify: a service was looked up (id, ok, on, result)",
    "catalogue_copied": "catalogue copy: the end (path, version, services)",
    "catalogue_written": "catalogue verify: the end (path, looked_up, good)",
    "nettest": "list: one nettest (name, version, does, variant, meets, evidence, most_bytes, child, extra, missing)",
    "cost": "once: what the visit may spend at most, before anything is sent (errands, pairs, capacities, families, cost_bytes, "
    "cost_s, month_bytes, cap_bytes)",
    "errand_started": "an errand begins (nettest, service, cost_bytes, cost_s)",
    "result": "an errand is measured, signed and spooled (id, nettest, service, address_family, outcome)",
    "errand_skipped": "an errand did not run, which is signed and spooled as well (id, nettest, service, address_family, reason)",
    "errands_summary": "once, run: what light nettests came to (results, skipped, bytes); of a visit all of it (pairs, capacities, "
    "spent_bytes), its skipped pairs among skipped",
    "doctor": "doctor: one finding (id, state, limits, facts)",
    "cap": "cap: the volunteer's own cap a month and what holds (own_bytes, plan_bytes, cap_bytes, month_bytes, left_bytes, "
    "changed)",
    "withdrawn": "withdraw: the operator has deleted this home's rows, and this folder is empty (operator, folder, files)",
    "destroyed": "withdraw --local: this folder is empty, the operator was not told (operator, folder, files)",
    "error": "the command ends in trouble (code, message, exit_code)",
}


class Emitter:
    """Speaks ``language`` to ``out`` and ``err``. A reader that went away stops nothing."""

    def __init__(self, language: str, as_json: bool, out: TextIO, err: TextIO) -> None:
        self.language = language
        self.as_json = as_json
        self._out = out
        self._err = err

    def emit(self, event: str, /, **facts: Any) -> None:
        """Say ``event``, one of ``EVENTS``."""
        if event not in EVENTS:
            raise KeyError(f"{event!r} is not in EVENTS")
        if self.as_json:
            line: str | None = msgspec.json.encode({"event": event, **facts}, enc_hook=str).decode()
        else:
            line = render(event, facts, self.language)
        if line is not None:
            self._write(self._out, line)

    def rejected(self, reason: Reason) -> None:
        """Say that a document was set aside."""
        self.emit(
            "rejected",
            id=reason.id,
            code=reason.code,
            message_fr=reason.message_fr,
            message_en=reason.message_en,
        )

    def trouble(self, trouble: Trouble) -> None:
        """Say what stops the command: what, where, what to do."""
        suffix = f"_{self.language}"
        mine = {
            name.removesuffix(suffix): fact for name, fact in trouble.facts.items() if name.endswith(suffix)
        }
        message = text(f"error.{trouble.code}", self.language, **{**trouble.facts, **mine})
        if self.as_json:
            self.emit("error", code=trouble.code, message=message, exit_code=trouble.exit_code)
        self._write(self._err, f"isonomia-probe: {message}")

    def _write(self, stream: TextIO, line: str) -> None:
        try:
            stream.write(line + "\n")
            stream.flush()
        except (BrokenPipeError, ValueError):
            pass
