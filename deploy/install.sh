#!/bin/sh
# Installs Isonomia from this folder into a virtual environment of its own, for the units in deploy/systemd:
#
#     sh deploy/install.sh /opt/isonomia collector,archive,mqtt,timeseries
#
# The second word are the extras (docs/operator.md). Every package is one that requirements/dev.txt pins with its hash, from
# wherever pip is configured to look; of those only what the extras need is installed. Run again, it upgrades to what this
# folder holds now. ISONOMIA_PYTHON may name the Python to use (3.11 or later).
set -eu
[ $# -eq 2 ] || { echo "usage: sh deploy/install.sh FOLDER EXTRAS" >&2; exit 2; }
into=$1 extras=$2
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
wheels=$(mktemp -d)
trap 'rm -rf "$wheels"' EXIT

[ -x "$into/bin/pip" ] || "${ISONOMIA_PYTHON:-python3}" -m venv "$into"
pip() { "$into/bin/pip" --quiet --disable-pip-version-check "$@"; }

pip wheel --require-hashes --wheel-dir "$wheels" --requirement "$root/requirements/dev.txt"
pip install --no-index --find-links "$wheels" hatchling
pip wheel --no-deps --no-build-isolation --wheel-dir "$wheels" "$root"
pip install --no-index --find-links "$wheels" --upgrade "isonomia[$extras]"
# The version may be the one that is there already, and the code another.
pip install --no-index --find-links "$wheels" --force-reinstall --no-deps isonomia
"$into/bin/pip" --disable-pip-version-check show isonomia | sed -n 's/^\(Name\|Version\|Location\)/\1/p'
