#!/bin/sh
# Installs a volunteer's probe on Debian, Raspberry Pi OS (64 bits) or the like, in minutes:
#
#     sh deploy/install-probe.sh [options] [URL#KEYHASH [options of `isonomia-probe join`]]
#     sh deploy/install-probe.sh --uninstall
#
#   --into FOLDER   the program (root: /opt/isonomia; else ~/.local/share/isonomia-program)
#   --home FOLDER   keys and measurements (root: /var/lib/isonomia-probe; else ~/.local/share/isonomia)
#   --no-timer      do not measure by itself
#   --uninstall     take away timer and program; needs `isonomia-probe withdraw` first, or --keep
#   --keep          with --uninstall: leave keys and measurements where they are
#
# With root the probe runs as a user of its own under the hardened unit of deploy/systemd; without, as you, under your own
# systemd. Packages are those of requirements/home.txt, each checked against its hash, from wherever pip is configured to
# look; none is compiled. Run again, it upgrades to what this folder holds now. Exit: 0 done, 1 not done, 2 usage, 3 needs root.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
spoken=${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}

tell() { # in French, in English
    case $spoken in fr* | FR*) printf '%s\n' "$1" >&2 ;; *) printf '%s\n' "$2" >&2 ;; esac
}
fail() { # exit status, in French, in English
    tell "Isonomia : $2" "Isonomia: $3"
    exit "$1"
}
is_root() { [ "$(id -u)" -eq 0 ]; }
as_probe() { # a command as the user that owns the probe's folder
    if [ "$hardened" = yes ]; then runuser -u isonomia-probe -- env ISONOMIA_HOME="$home" LANG="${spoken:-C}" "$@"
    else ISONOMIA_HOME=$home "$@"; fi
}

# ------------------------------------------------------------------------------------------ what was asked

into='' home='' timer=yes action=install keep=no
while [ $# -gt 0 ]; do
    case $1 in
    --into | --home)
        [ $# -ge 2 ] || fail 2 "$1 veut un dossier." "$1 wants a folder."
        [ "$1" = --into ] && into=$2 || home=$2
        shift
        ;;
    --no-timer) timer=no ;;
    --uninstall) action=uninstall ;;
    --keep) keep=yes ;;
    -h | --help)
        sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"
        exit 0
        ;;
    -*) fail 2 "option inconnue : $1 (voir --help)." "unknown option: $1 (see --help)." ;;
    *) break ;;
    esac
    shift
done

# A system-wide installation: root, in the places that the units of deploy/systemd name.
hardened=no
if is_root && [ -z "$into$home" ]; then
    hardened=yes
    into=/opt/isonomia home=/var/lib/isonomia-probe units=/etc/systemd/system
else
    data=${XDG_DATA_HOME:-${HOME:?}/.local/share}
    into=${into:-$data/isonomia-program}
    home=${home:-${ISONOMIA_HOME:-$data/isonomia}}
    units=${XDG_CONFIG_HOME:-${HOME:?}/.config}/systemd/user
fi
program=$into/bin/isonomia-probe

systemd() { # systemctl for whom the probe belongs to
    if [ "$hardened" = yes ]; then systemctl "$@"; else systemctl --user "$@"; fi
}
has_systemd() { systemd show-environment >/dev/null 2>&1; }

# ------------------------------------------------------------------------------------------------ leaving

if [ "$action" = uninstall ]; then
    [ -e "$into/.isonomia-probe" ] || fail 1 "$into : pas d’installation de ce script ; rien n’est touché." \
        "$into: not installed by this script; nothing is touched."
    if [ -e "$home/home.json" ] && [ "$keep" = no ]; then
        fail 1 "la sonde est encore inscrite. D’abord : $program --home $home withdraw (l’opérateur efface vos mesures), ou --keep pour les laisser." \
            "the probe is still enrolled. First: $program --home $home withdraw (the operator deletes your measurements), or --keep to leave them."
    fi
    if has_systemd; then systemd disable --now isonomia-probe.timer >/dev/null 2>&1 || true; fi
    rm -f "$units/isonomia-probe.service" "$units/isonomia-probe.timer"
    rm -rf "$into"
    tell "Le programme et son minuteur sont retirés. Restent vos clés et mesures, s’il y en a : $home" \
        "The program and its timer are gone. What stays, if anything, are your keys and measurements: $home"
    exit 0
fi

# --------------------------------------------------------------------------------------------- the program

if [ -e "$into" ] && [ ! -e "$into/.isonomia-probe" ]; then
    fail 1 "$into existe et ne vient pas de ce script (une installation d’opérateur a déjà isonomia-probe) ; donnez --into." \
        "$into exists and is not by this script (an operator’s installation has isonomia-probe already); give --into."
fi
umask 022
python=${ISONOMIA_PYTHON:-python3}
# The probe's own user must be able to run it: a Python of root's home would not do.
if [ "$hardened" = yes ] && [ -z "${ISONOMIA_PYTHON:-}" ] && [ -x /usr/bin/python3 ]; then python=/usr/bin/python3; fi
if ! "$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
    line="apt-get update && apt-get install --yes --no-install-recommends python3 python3-venv ca-certificates"
    if is_root && command -v apt-get >/dev/null; then
        tell "1/4 Paquets Debian : python3-venv" "1/4 Debian packages: python3-venv"
        DEBIAN_FRONTEND=noninteractive sh -c "$line" </dev/null >/dev/null
    else
        tell "Il faut Python 3.11 ou plus et son module venv. En root :" "Python 3.11 or later and its module venv are needed. As root:"
        printf '    %s\n' "$line"
        exit 3
    fi
fi

tell "1/4 Le programme va dans $into" "1/4 The program goes to $into"
mkdir -p "$into"
touch "$into/.isonomia-probe"
[ -x "$into/bin/pip" ] || "$python" -m venv "$into"
packages() { "$into/bin/pip" --quiet --disable-pip-version-check install --only-binary :all: --require-hashes --requirement "$root/requirements/$1"; }
tell "2/4 Paquets Python, vérifiés un par un (une minute environ)" "2/4 Python packages, each checked (about a minute)"
if ! packages home.txt; then
    tell "    Sans QUIC ni DNS : il n’y a pas pour cette machine tous les paquets prêts." \
        "    Without QUIC and DNS: not all packages are there ready-made for this machine."
    packages probe.txt || fail 1 "les paquets manquent (réseau ? système de 32 bits ?). Rien ne tourne ; relancez plus tard, ou prenez un système de 64 bits." \
        "packages are missing (network? a system of 32 bits?). Nothing runs; try again later, or take a system of 64 bits."
fi
modules=$("$into/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
rm -rf "$modules/probe.new"
cp -R "$root/probe" "$modules/probe.new"
rm -rf "$modules/probe"
mv "$modules/probe.new" "$modules/probe"
"$into/bin/python" -m compileall -q "$modules/probe"
cat >"$program" <<EOF
#!$into/bin/python -I
import sys
from probe.cli import main
sys.exit(main())
EOF
chmod 755 "$program"

if [ "$hardened" = yes ]; then
    getent passwd isonomia-probe >/dev/null || useradd --system --home-dir "$home" --shell /usr/sbin/nologin isonomia-probe
    install -d -m 700 -o isonomia-probe -g isonomia-probe "$home"
fi

# ------------------------------------------------------------------------------------------------- joining

if [ -e "$home/home.json" ]; then
    tell "3/4 Déjà inscrite : $home" "3/4 Enrolled already: $home"
elif [ $# -gt 0 ]; then
    tell "3/4 Inscription : lisez, puis acceptez ou non" "3/4 Joining: read, then agree or not"
    as_probe "$program" join "$@" || fail 1 "pas d’inscription ; le programme est prêt, relancez avec l’adresse de l’opérateur." \
        "not joined; the program is ready, run again with the operator’s address."
else
    tell "3/4 Pas d’adresse : pour s’inscrire, relancez avec celle que l’opérateur vous a donnée (URL#EMPREINTE)" \
        "3/4 No address: to join, run again with the one the operator gave you (URL#KEYHASH)"
fi

# --------------------------------------------------------------------------------------------- by itself

line="$program --home $home run --json"
if [ "$timer" = no ] || [ ! -e "$home/home.json" ]; then
    tell "4/4 Rien n’est mis en marche. Pour mesurer : $line" "4/4 Nothing is set going. To measure: $line"
elif has_systemd; then
    mkdir -p "$units"
    cp "$root/deploy/systemd/isonomia-probe.timer" "$units/"
    if [ "$hardened" = yes ]; then cp "$root/deploy/systemd/isonomia-probe.service" "$units/"
    else
        cat >"$units/isonomia-probe.service" <<EOF
[Unit]
Description=Isonomia probe, one visit

[Service]
Type=oneshot
ExecStart="$program" --home "$home" run --json
SuccessExitStatus=1
TimeoutStartSec=3600
NoNewPrivileges=yes
UMask=0077
EOF
        loginctl enable-linger >/dev/null 2>&1 || tell \
            "    Hors de vos sessions, elle ne tournera qu’après (root) : loginctl enable-linger $(id -un)" \
            "    Outside your sessions it runs only after (root): loginctl enable-linger $(id -un)"
    fi
    systemd daemon-reload
    systemd enable --now isonomia-probe.timer >/dev/null 2>&1
    tell "4/4 Elle mesure d’elle-même, toutes les quatre à six heures" "4/4 It measures by itself, every four to six hours"
else
    whose=''
    [ "$hardened" = no ] || whose=" -u isonomia-probe"
    tell "4/4 Sans systemd : crontab$whose -e, et ajoutez :" "4/4 Without systemd: crontab$whose -e, and add:"
    printf '%s */4 * * * %s\n' "$(($$ % 60))" "$line"
fi

who=''
[ "$hardened" = no ] || who="sudo -u isonomia-probe "
tell "Voir ce qu’elle fait : $who$program --home $home status   (ou doctor, cap, list ; se retirer : withdraw)" \
    "See what it does: $who$program --home $home status   (or doctor, cap, list; to leave: withdraw)"
