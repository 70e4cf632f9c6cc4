"""``python -m probe``: the same as ``isonomia-probe``."""

import sys

from probe.cli import main

if __name__ == "__main__":
    sys.exit(main())
