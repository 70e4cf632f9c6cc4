"""``isonomia-probe respond``: read the settings, open the door, serve until told to stop."""

import asyncio
import json
import logging
import random
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe import durable
from probe.measurement.keys import load_or_create_key
from probe.measurement.signing import public_bytes
from probe.responder import certificate, config, door, echo, line
from probe.responder.book import Book
from probe.responder.bounds import Ledger
from probe.responder.digests import Reporter
from probe.responder.kept import Kept
from probe.responder.seats import Seats
from probe.responder.serve import Service
from probe.wire.tls import server_context

if TYPE_CHECKING:
    from probe.responder.quic_door import QuicDoor

SET_UP_MISSING = 3

log = logging.getLogger("isonomia.responder")


@dataclass(frozen=True)
class Identity:
    """What the operator's plan must say of this responder."""

    settings: config.ResponderConfig
    folder: Path
    key: Ed25519PrivateKey
    certificate_pem: Path
    certificate_key: Path
    certificate_sha256: bytes
    shared_tag_secret: bytes | None = None

    def block(self) -> dict[str, Any]:
        """The ``[[responder]]`` block of the operator's file."""
        return {
            "id": self.settings.id,
            "key": public_bytes(self.key).hex(),
            "certificate_sha256": self.certificate_sha256.hex(),
            "addresses": list(self.settings.listen),
            "port": self.settings.port,
            "owned_name": self.settings.owned_name,
            **({"quic_port": self.settings.port} if self.settings.quic else {}),
            **({"http_port": self.settings.http_port} if self.settings.http_port is not None else {}),
            "capacity_names": list(self.settings.capacity_names),
        }


def identity(path: Path) -> Identity:
    """Settings and keys; the keys are made on first use. Raises ``ConfigError`` or ``OSError``."""
    settings = config.load(path)
    folder = (path.parent / settings.state).resolve()
    key = load_or_create_key(folder / "responder.key")
    pem, secret, pin = certificate.ensure(folder, settings.owned_name)
    shared = line.read_shared(path.parent / settings.line_tag_secret) if settings.line_tag_secret else None
    return Identity(settings, folder, key, pem, secret, pin, shared)


def respond(config_path: Path, *, describe: bool, as_json: bool) -> int:
    """Run the command; the exit code: 0, or 3 when the set-up is wrong (the reason is on standard error)."""
    try:
        own = identity(config_path)
        if describe:
            print(json.dumps(own.block()) if as_json else _toml(own.block()))
            return 0
        logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
        return asyncio.run(serve(own, as_json=as_json))
    except (config.ConfigError, ImportError, OSError) as error:
        print(f"isonomia-probe respond: {error}", file=sys.stderr)
        return SET_UP_MISSING


def _toml(block: dict[str, Any]) -> str:
    return "[[responder]]\n" + "\n".join(f"{name} = {json.dumps(value)}" for name, value in block.items())


def build(own: Identity) -> Service:
    """Everything a connection needs: the composition root."""
    lookup, mmdb_sha256 = None, None
    if own.settings.mmdb:
        lookup, mmdb_sha256 = line.open_lookup(Path(own.settings.mmdb))
    bounds = own.settings.bounds
    ledger = Ledger(bounds)
    return Service(
        config=own.settings,
        context=server_context(str(own.certificate_pem), str(own.certificate_key)),
        key=own.key,
        operator_key=own.settings.operator_key_bytes(),
        book=Book(own.settings.id, own.key, bounds, ledger),
        ledger=ledger,
        seats=Seats(bounds),
        kept=Kept(bounds),
        lines=line.LineFinder(line.TagSecret(own.folder, own.shared_tag_secret), lookup, mmdb_sha256),
        rng=random.SystemRandom(),
    )


async def quic_doors(own: Identity, service: Service, port: int) -> tuple["QuicDoor", ...]:
    """The doors for QUIC, after this CPU's ceiling was measured; raises ``ImportError`` where the extra is missing."""
    from probe.nettests.quic_ceiling import measure  # noqa: PLC0415 - needs the extra `quic`
    from probe.responder.quic_door import open_doors  # noqa: PLC0415 - as above

    try:
        ceiling = measure()
        service.quic_bit_s = {"down": ceiling.send_bit_s, "up": ceiling.receive_bit_s}
    except TimeoutError:
        log.warning("the QUIC ceiling could not be measured; every pair is let in")
    return open_doors(service, own.settings.listen, port, str(own.certificate_pem), str(own.certificate_key))


async def serve(own: Identity, *, as_json: bool) -> int:
    """Serve until SIGTERM or SIGINT, then report the tickets of the hour and leave."""
    service = build(own)
    opened = door.open_door(own.settings.listen, own.settings.port)
    reporter = Reporter(
        book=service.book,
        key=own.key,
        folder=own.folder / "digests",
        collector=own.settings.collector,
        operator_key=service.operator_key,
        tags=service.lines.tags,
    )
    durable.remove_partials(reporter.folder)
    plain = None
    if own.settings.http_port is not None:
        plain = door.open_door(own.settings.listen, own.settings.http_port)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    quic = await quic_doors(own, service, opened.port) if own.settings.quic else ()
    places = door.places(own.settings.listen)
    tasks = [asyncio.create_task(service.accept(*one)) for one in zip(opened.sockets, places, strict=True)]
    if plain is not None:
        tasks += [
            asyncio.create_task(service.accept(s, index, plain=True))
            for s, index in zip(plain.sockets, places, strict=True)
        ]
    tasks.append(asyncio.create_task(reporter.run(own.settings.digest_every_s)))
    # Where QUIC is served, its doors hold the port and answer echoes, too.
    datagrams = [] if quic else await echo.listen(service.echo, own.settings.listen, opened.port)
    _announce(own, opened.port, plain.port if plain else None, as_json=as_json)
    await stop.wait()
    for transport in datagrams:
        transport.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    opened.close()
    if plain is not None:
        plain.close()
    for one in quic:
        one.close()
    service.book.abandon()
    await reporter.report()
    return 0


def _announce(own: Identity, port: int, http_port: int | None, *, as_json: bool) -> None:
    forgets = door.forgets_metrics()
    facts = {
        "event": "listening",
        "id": own.settings.id,
        "addresses": list(own.settings.listen),
        "port": port,
        **({"quic_port": port} if own.settings.quic else {}),
        **({} if http_port is None else {"http_port": http_port}),
    }
    if as_json:
        print(json.dumps({**facts, "tcp_no_metrics_save": forgets}), flush=True)
        return
    print(f"{own.settings.id}: {', '.join(own.settings.listen)} : {port}", flush=True)
    if not forgets:
        print(
            "advice: sysctl -w net.ipv4.tcp_no_metrics_save=1 (else one run may colour the next)",
            file=sys.stderr,
        )
