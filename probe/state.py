"""The probe's folder: where everything it knows about itself lives.

HOME/                 $ISONOMIA_HOME, else ~/.local/share/isonomia, else --home; mode 0700
  keys/               long_lived.key, 2026Q4.key, …; mode 0600
  home.json           which operator, its pinned key, the declared line, the consent and to what
  plan.json           the newest signed plan, its exact bytes
  catalogue.json      the operator's signed catalogue, where its plan draws on another than ours
  schedule.json       blocks of strata, variants and the last pair of each service
  ledger.json         bytes a month
  cap.json            the volunteer's own cap of them, where one was set
  capacity.json       the last capacity estimates
  rtt.json            the line's idle round trips of the last week
  spool/pending/      signed measurements the collector does not have yet
  spool/rejected/     signed measurements it refused, each with its reason
  lock                held by the one command at work
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from probe import durable
from probe.agreed import Agreed
from probe.measurement.envelope import Line
from probe.measurement.signing import decode_json
from probe.measurement.ticket import Hash
from probe.trouble import NothingMeasured, SetUpTrouble

DEFAULT_CAP_BYTES_MONTH: Final = 3_000_000_000

T = TypeVar("T")


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """What the volunteer agreed to: when, in which language, and the SHA-256 of the text they were shown."""

    given_at_us: int
    language: str
    text_sha256: Hash
    asked: bool


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """The contents of ``home.json``. ``operator_key`` is the pin, ``second_key`` the one it is to be followed by;
    ``enrolled_quarter`` names the key in use.

    ``country`` is declared, ``country_seen`` the one that a responder's receipt told last (ISO 3166-1): the stricter of
    the two decides what is too risky. ``agreed`` is all that may be measured. ``lab`` allows responders on private networks, for a laboratory alone.
    """

    collector: str
    operator: str
    operator_key: Hash
    joined_at_us: int
    consent: Consent
    agreed: Agreed = Agreed()
    lab: bool = False
    line: Line = Line()
    country: str | None = None
    country_seen: str | None = None
    invitation: str | None = None
    enrolled_quarter: str | None = None
    cap_bytes_month: int = DEFAULT_CAP_BYTES_MONTH
    second_key: Hash | None = None
    schema_version: int = 1


@dataclass(frozen=True)
class Home:
    """The folder and the names of what is in it."""

    folder: Path

    @property
    def keys(self) -> Path:
        """Folder of the private keys."""
        return self.folder / "keys"

    @property
    def plan(self) -> Path:
        """The newest signed plan."""
        return self.folder / "plan.json"

    @property
    def catalogue(self) -> Path:
        """The operator's signed catalogue."""
        return self.folder / "catalogue.json"

    @property
    def schedule(self) -> Path:
        """What the schedule must remember."""
        return self.folder / "schedule.json"

    @property
    def ledger(self) -> Path:
        """Bytes a month."""
        return self.folder / "ledger.json"

    @property
    def cap(self) -> Path:
        """The volunteer's own cap."""
        return self.folder / "cap.json"

    @property
    def capacity(self) -> Path:
        """The last capacity estimates."""
        return self.folder / "capacity.json"

    @property
    def rtt(self) -> Path:
        """The line's idle round trips."""
        return self.folder / "rtt.json"

    @property
    def spool(self) -> Path:
        """Folder of the spool."""
        return self.folder / "spool"

    @property
    def joined(self) -> bool:
        """Whether this folder belongs to an operator."""
        return self._membership.exists()

    @property
    def _membership(self) -> Path:
        return self.folder / "home.json"

    def membership(self) -> Membership:
        """Raises ``SetUpTrouble`` (``not_joined``, ``state_damaged``)."""
        if not self.joined:
            raise SetUpTrouble("not_joined", folder=self.folder)
        return read_state(self._membership, Membership)

    def save_membership(self, membership: Membership) -> None:
        """Write ``home.json``, durably."""
        durable.make_folder(self.folder)
        durable.write(self._membership, msgspec.json.encode(membership))

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder: two commands at work in it would measure over each other. Freed with the process."""
        try:
            durable.make_folder(self.folder)
            file = (self.folder / "lock").open("a+")
        except OSError as error:
            raise SetUpTrouble("folder_unwritable", folder=self.folder, reason=reason_of(error)) from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                file.seek(0)
                raise NothingMeasured("folder_busy", folder=self.folder, pid=file.read() or "?") from error
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield


def find_home(asked: str | None, environ: Mapping[str, str]) -> Home:
    """The folder of ``--home``, else of ``$ISONOMIA_HOME``, else ``~/.local/share/isonomia``."""
    named = asked or environ.get("ISONOMIA_HOME")
    return Home(Path(named or "~/.local/share/isonomia").expanduser().absolute())


def read_state(path: Path, kind: type[T]) -> T:
    """Decode the JSON file ``path``; raises ``SetUpTrouble("state_damaged")`` or ``FileNotFoundError``."""
    try:
        return decode_json(path.read_bytes(), kind)
    except msgspec.MsgspecError as error:
        raise SetUpTrouble("state_damaged", path=path, reason=error) from error


def reason_of(error: OSError) -> str:
    """The system's words for ``error``, without number and path."""
    return error.strerror or type(error).__name__
