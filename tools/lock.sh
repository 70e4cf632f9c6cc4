#!/bin/sh
# Writes requirements/*.txt anew from pyproject.toml: newest versions, every platform, with hashes, no address.
# With --keep the versions that are locked stay, and only what is missing or no longer needed changes.
# Run by `make lock` (ARGS=--keep); `make lock` is the only thing here that uses uv.
set -eu
cd "$(dirname "$0")/.."
uv="${ISONOMIA_VENV:-.venv}/bin/uv"
upgrade=--upgrade
[ "${1:-}" != --keep ] || upgrade=

lock() { # output file, then what to lock
    out=$1
    shift
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate $upgrade \
        --no-emit-index-url --no-emit-find-links --no-header --output-file "$out" pyproject.toml "$@"
    echo "$out: $(grep -c '==' "$out") packages"
}

lock requirements/probe.txt
lock requirements/dev.txt --all-extras
# What a volunteer's machine gets (deploy/install-probe.sh), in the versions that were tested.
lock requirements/home.txt --extra quic --extra dns --extra mqtt --constraint requirements/dev.txt
