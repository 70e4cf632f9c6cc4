"""`python -m dashboards` is the command `isonomia-dashboards`."""

import sys

from dashboards.cli import main

sys.exit(main())
