"""Plans kept beside the archive: a folder that is restored from a backup gets back the plans that were issued since.

A measurement is judged by the plan it was made under, and waits in a probe for weeks; without its plan nobody can say that it is
sound. ``v1/plans/00000007.json`` is a plan as it stands in ``plans/``: signed, without grants. Every run of the sealer brings both
together. For whoever holds the sealer's lock.
"""

import re
from typing import Final

import msgspec

from collector.archive_place import Place
from collector.data_folder import DataFolder
from collector.messages import Trouble
from collector.operator_keys import announced, retired
from collector.seal import storage_refusals
from collector.whole_file import write_whole
from probe.measurement.signing import PLAN, BadSignature, Signed, public_bytes, verify

PLANS: Final = "v1/plans/"
_NAME: Final = re.compile(r"\d{8}\.json")


def keep_plans(folder: DataFolder, place: Place) -> int:
    """Bring plans here and there together; how many came back. Raises ``Trouble``, also for one that the operator has not signed.

    A server that is at work knows them from its next start on.
    """
    with storage_refusals(place.url):
        folder.plans.mkdir(exist_ok=True)
        here = {path.name for path in folder.plans.iterdir() if _NAME.fullmatch(path.name)}
        there = {name.removeprefix(PLANS) for name in place.names(PLANS)}
        there = {name for name in there if _NAME.fullmatch(name)}
        keys = {public_bytes(folder.open()), announced(folder), *retired(folder)}
        for name in sorted(there - here):
            content = place.read(PLANS + name)
            _check(content, place.show(PLANS + name), keys)
            write_whole(folder.plans / name, content)
        for name in sorted(here - there):
            place.write(PLANS + name, (folder.plans / name).read_bytes())
    return len(there - here)


def _check(content: bytes, where: str, keys: set[bytes | None]) -> None:
    try:
        signed = msgspec.json.decode(content, type=Signed)
        verify(signed, PLAN)
    except (msgspec.MsgspecError, UnicodeDecodeError, BadSignature) as error:
        raise Trouble("plan.broken", path=where) from error
    if signed.key not in keys:
        raise Trouble("plan.broken", path=where)
