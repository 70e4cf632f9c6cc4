"""Spools documents as fast as it can and says each id once it is spooled, until somebody kills it."""

import sys
from pathlib import Path

from probe.spool import Spool
from tests.probe.conftest import a_document

MOST = 100_000

if __name__ == "__main__":
    spool = Spool(Path(sys.argv[1]))
    spool.open()
    for number in range(int(sys.argv[2]), MOST):
        sys.stdout.write(spool.put(a_document(number)) + "\n")
        sys.stdout.flush()
