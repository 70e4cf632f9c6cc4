"""The types of the catalogue: an entry, its fetch objects and their matched control, control names, risk lines.

In a file, a field that stands in none of them is a mistake (``read``); in a signed catalogue from the network it is
ignored, so that a newer operator can speak to an older probe.
"""

from datetime import date
from hashlib import sha256
from typing import Annotated, Final, Literal

import msgspec

from probe.measurement.ticket import Name, ShortText

Sector = Literal[
    "heritage",
    "performance",
    "visual_arts",
    "books_press",
    "audiovisual",
    "design",
    "intangible",
    "education",
    "archiving",
    "equipment",
]
Kind = Literal[
    "broadcaster",
    "community_broadcaster",
    "press",
    "library",
    "archive",
    "museum",
    "music",
    "cinema",
    "literature",
    "performing_arts",
    "platform",
]
Carries = Literal["video", "audio", "pages"]
Origin = Literal["local", "national", "francophonie", "global"]
RiskClass = Literal["open", "caution", "off"]

SECTORS: Final[dict[str, dict[str, str]]] = {
    "heritage": {"code": "A", "fr": "Patrimoine culturel et naturel", "en": "Cultural and Natural Heritage"},
    "performance": {
        "code": "B",
        "fr": "Présentations artistiques et célébrations",
        "en": "Performance and Celebration",
    },
    "visual_arts": {"code": "C", "fr": "Arts visuels et artisanat", "en": "Visual Arts and Crafts"},
    "books_press": {"code": "D", "fr": "Livres et presse", "en": "Books and Press"},
    "audiovisual": {
        "code": "E",
        "fr": "Audiovisuel et médias interactifs",
        "en": "Audio-visual and Interactive Media",
    },
    "design": {"code": "F", "fr": "Design et services créatifs", "en": "Design and Creative Services"},
    "intangible": {
        "code": "T1",
        "fr": "Patrimoine culturel immatériel",
        "en": "Intangible Cultural Heritage",
    },
    "education": {"code": "T2", "fr": "Éducation et formation", "en": "Education and Training"},
    "archiving": {"code": "T3", "fr": "Archivage et préservation", "en": "Archiving and Preserving"},
    "equipment": {
        "code": "T4",
        "fr": "Équipement et matériel de soutien",
        "en": "Equipment and Supporting Materials",
    },
}
"""UNESCO Framework for Cultural Statistics 2009: the six cultural domains, then the four transversal ones.

Libraries belong to D there, museums to A, music to B, film, radio and television to E, archives to the transversal T3.
"""

BEST_BIT_S: Final[dict[str, int]] = {"video": 10_000_000, "audio": 2_500_000, "pages": 10_000_000}
"""Best quality by what a service carries, where its entry states none (bit/s). The catalogue pace is twice that.

``video``: HD, so that the pace is architecture.md's 20 Mbit/s. ``audio``: lossless, so that it is 5 Mbit/s. ``pages``
(press, libraries, museums) have no rate of their own; they show high-resolution images and HD video, hence as video.
"""

LARGEST_OBJECT_BYTES: Final = 2_000_000
"""``fetch`` takes at most 2 MB (issue 4)."""

VERSION_DIGITS: Final = 16

Country = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")]
Url = Annotated[str, msgspec.Meta(max_length=500)]
Prose = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
BestRate = Annotated[int, msgspec.Meta(ge=50_000, le=50_000_000)]


class FetchObject(msgspec.Struct, frozen=True, kw_only=True):
    """A public object of the service that ``fetch`` may take: at most 2 MB. ``sha256`` where it never changes.

    ``head_sha256``: that of its first 1,000,000 bytes, where it has more: no more of it is read.
    """

    url: Url
    bytes: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_OBJECT_BYTES)]
    sha256: Digest | None = None
    head_sha256: Digest | None = None


class MatchedControl(msgspec.Struct, frozen=True, kw_only=True):
    """An object elsewhere to compare a fetch with, its hashes as a ``FetchObject`` has them. ``reason``: why it matches
    (same CDN, size, protocol).
    """

    url: Url
    bytes: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_OBJECT_BYTES)]
    reason: Prose
    sha256: Digest | None = None
    head_sha256: Digest | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A cultural service. ``names`` are host names that mark its traffic; ``best_bit_s`` its best quality, bit/s.

    ``country``: ISO 3166-1 alpha-2 of the operator's seat. ``languages``: BCP 47. ``best_source`` says where a stated
    ``best_bit_s`` comes from. ``verified`` is true where ``verification.toml`` holds a good look-up of this very entry.
    """

    id: Annotated[ShortText, msgspec.Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$")]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    operator: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    country: Country
    languages: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    sector: Sector
    kind: Kind
    carries: Carries
    origin: Origin
    names: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1)]
    best_bit_s: BestRate | None = None
    best_source: Prose | None = None
    verified: bool = False
    verified_on: date | None = None
    fetch: tuple[FetchObject, ...] = ()
    control: MatchedControl | None = None

    @property
    def pace_bit_s(self) -> int:
        """The catalogue pace: twice the best quality (architecture.md, "The replay")."""
        return 2 * (self.best_bit_s or BEST_BIT_S[self.carries])

    def group(self) -> str:
        """Whom the third stratum of controls must be like: sector, kind, and seat, for likes elsewhere (integrity.md 3)."""
        return f"{self.sector}.{self.kind}.{self.country}"

    def digest(self) -> str:
        """What a look-up was of: a hash of the entry without the look-up's own result."""
        plain = msgspec.structs.replace(self, verified=False, verified_on=None)
        return sha256(msgspec.json.encode(plain)).hexdigest()[:VERSION_DIGITS]

    @property
    def may_fetch(self) -> bool:
        """Whether a probe may fetch its objects: only what somebody looked up on the live network."""
        return self.verified and bool(self.fetch)


class Controls(msgspec.Struct, frozen=True, kw_only=True):
    """The registered control names (integrity.md 3).

    ``owned_labels`` become names of ours under the operator's own zone (``owned_names``); ``spoofed_popular`` are well
    known, not cultural, and of every length that the services have.
    """

    owned_labels: tuple[str, ...]
    spoofed_popular: tuple[Name, ...]


class RiskLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of ``risk.toml``: a class for ``countries``, of all services or of ``services`` alone.

    ``source`` says where this can be read, ``date`` when it came into force or happened.
    """

    countries: Annotated[tuple[Country, ...], msgspec.Meta(min_length=1)]
    services: tuple[ShortText, ...] = ()
    risk: RiskClass
    source: Prose
    date: date


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """Everything at once, services in the order of their ids. ``version`` is the same wherever it was read from."""

    services: tuple[Entry, ...]
    controls: Controls
    risks: tuple[RiskLine, ...]

    def version(self) -> str:
        """The first 16 hex digits of SHA-256 of the content in canonical form: sorted, encoded once as JSON.

        How the files are cut, ordered and commented does not matter; what they say does.
        """
        risks = sorted(
            msgspec.json.encode(
                msgspec.structs.replace(
                    r, countries=tuple(sorted(r.countries)), services=tuple(sorted(r.services))
                )
            )
            for r in self.risks
        )
        controls = msgspec.structs.replace(
            self.controls,
            owned_labels=tuple(sorted(self.controls.owned_labels)),
            spoofed_popular=tuple(sorted(self.controls.spoofed_popular)),
        )
        services = sorted(self.services, key=lambda entry: entry.id)
        lines = [msgspec.json.encode(part) for part in (*services, controls)] + risks
        return sha256(b"\n".join(lines)).hexdigest()[:VERSION_DIGITS]

    def entry(self, service_id: str) -> Entry | None:
        """The service of that id."""
        return next((entry for entry in self.services if entry.id == service_id), None)
