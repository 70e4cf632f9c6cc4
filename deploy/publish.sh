#!/bin/sh
# What isonomia-publish.service does, round after round, where there is no systemd: export, pages, boards. For deploy/compose.yaml.
#
# The operator's folder (ISONOMIA_JUDGEMENT, read only) holds registration.json, without which a round waits, and what there is of
# ledger.jsonl, findings/*.json (judge --full --out, of the day they were judged), replies.json and practices.toml. ISONOMIA_TS_SERVER
# names the boards' database, ISONOMIA_PAGES_URL where the pages are served; either may be absent. A round that fails is said, and the next one tried.
set -u
judgement=${ISONOMIA_JUDGEMENT:-/etc/isonomia/judgement}
store=${ISONOMIA_STORE:-/var/lib/isonomia}
pages=${ISONOMIA_PAGES:-/var/lib/isonomia-pages}
every=${ISONOMIA_EVERY_S:-3600}
scratch=${TMPDIR:-/tmp}
export MPLCONFIGDIR="$scratch/matplotlib"

# The words of a round, one a line of "$@": files that are there, and no others.
round() {
    set -- --store "$store" --registration "$judgement/registration.json"
    [ ! -f "$judgement/ledger.jsonl" ] || set -- "$@" --ledger "$judgement/ledger.jsonl"
    [ ! -f "$judgement/replies.json" ] || set -- "$@" --replies "$judgement/replies.json"
    for one in "$judgement"/findings/*.json; do
        [ ! -f "$one" ] || set -- "$@" --findings "$one"
    done
    isonomia-analysis export-public "$@" --out "$scratch/public.json" &&
        isonomia-dashboards site "$scratch/public.json" --out "$pages" || return
    [ -n "${ISONOMIA_TS_SERVER:-}" ] || return 0
    [ ! -f "$judgement/practices.toml" ] || set -- "$@" --practices "$judgement/practices.toml"
    [ -z "${ISONOMIA_PAGES_URL:-}" ] || set -- "$@" --pages "$ISONOMIA_PAGES_URL"
    isonomia-analysis publish "$@" --server "$ISONOMIA_TS_SERVER"
}

trap 'exit 0' TERM INT
while :; do # ends with the container
    if [ -f "$judgement/registration.json" ]; then
        round || echo "isonomia-publish: this round failed; the next one is in $every s" >&2
    else
        echo "isonomia-publish: waiting for $judgement/registration.json" >&2
    fi
    [ "$every" != 0 ] || exit 0 # one round, for who has a timer of his own
    sleep "$every" &
    wait $!
done
