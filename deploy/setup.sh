#!/bin/sh
# Sets this folder up on a bare Debian 12 or 13 and runs one command:
#
#     sh deploy/setup.sh demo|site|test|check|soak|scoreboard|golden|bench|torture|lab|venv [arguments for the command]
#
# With root it installs the Debian packages that are missing. Without root it uses what is there, and
# the lab then works in user namespaces; where that cannot be, it prints the exact line to run as root,
# in French and in English, and exits 3. Any other exit status is the command's own; 2 is a usage mistake.
#
# Python packages are those of requirements/dev.txt, each checked against its hash, from wherever pip is
# configured to look. They go to .venv (or to the folder that ISONOMIA_VENV names). ISONOMIA_PYTHON may
# name the Python to use. A second run finds its stamp and starts at once.

set -eu

# Debian keeps ip, nft and tc where an ordinary user's PATH does not look. (Our tests empty ISONOMIA_SBIN.)
PATH="${PATH:-/usr/local/bin:/usr/bin:/bin}:${ISONOMIA_SBIN-/usr/local/sbin:/usr/sbin:/sbin}"
export PATH

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
venv=${ISONOMIA_VENV:-$root/.venv}
stamp=$venv/.isonomia-stamp
need_root=3

# ------------------------------------------------------------------------------------------ messages

say() { printf '%s\n' "$*" >&2; }

usage() {
    say "usage: sh deploy/setup.sh demo|site|test|check|soak|scoreboard|golden|bench|torture|lab|venv [arguments]"
    say "  demo   le FAI de démonstration, du début à la fin    the demonstration ISP, from end to end"
    say "  site   les pages de ce que la démonstration a vu     the demonstration's data as pages"
    say "  test   les tests                                     the tests"
    say "  check  style, types, imports, licences, verrous      style, types, imports, licences, locks"
    say "  soak   vingt essais de chaque sorte (une heure)      twenty runs of each kind (one hour)"
    say "  scoreboard  tous les scénarios (une heure)           all scenarios (one hour)"
    say "  golden mesure à nouveau la chaîne de référence      measures the golden chain anew"
    say "  bench  les mesures de vitesse                        the measurements of speed"
    say "  torture  deux cents pannes, rien de perdu           two hundred faults, nothing lost"
    say "  lab    un essai à votre idée : lab run --help         a run of your own: lab run --help"
    say "  venv   prépare seulement l'environnement             only prepares the environment"
}

# The line to run as root; the one thing this script prints on standard output when it gives up.
ask_root() { # reason in French, reason in English, line
    say "Isonomia : $1 Exécutez cette ligne en tant que root, puis recommencez :"
    say "Isonomia: $2 Run this line as root, then try again:"
    say ""
    printf '    %s\n' "$3"
    exit "$need_root"
}

give_up() { # reason in French, reason in English
    say "Isonomia : $1"
    say "Isonomia: $2"
    exit "$need_root"
}

is_root() { [ "$(id -u)" -eq 0 ]; }
has() { command -v "$1" >/dev/null 2>&1; }

# ------------------------------------------------------------------------------------ Debian packages

is_python() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

makes_venvs() { is_python "$1" && "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

# The first Python of at least 3.11: the one named, Debian's own where it has all it needs (it is built to be fast; one that
# pyenv built was a third slower), the usual one, then by version.
find_python() {
    if [ -z "${ISONOMIA_PYTHON:-}" ] && makes_venvs /usr/bin/python3; then
        echo /usr/bin/python3
        return 0
    fi
    for candidate in ${ISONOMIA_PYTHON:+"$ISONOMIA_PYTHON"} python3 /usr/bin/python3 python3.13 python3.12 python3.11; do
        if has "$candidate" && is_python "$candidate"; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

venv_works() { [ -x "$venv/bin/python" ] && is_python "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1; }

# Without ensurepip, Debian's python3 makes a virtual environment that has no pip.
missing_for_python() {
    [ -x "$venv/bin/python" ] && is_python "$venv/bin/python" && [ -f "$stamp" ] && return 0
    if ! python=$(find_python); then
        echo "python3 python3-venv"
    elif ! venv_works; then
        makes_venvs "$python" || echo "python3-venv"
    fi
    [ -f /etc/ssl/certs/ca-certificates.crt ] || echo "ca-certificates"
}

missing_for_lab() {
    if ! has ip || ! has tc; then echo "iproute2"; fi
    has iptables || echo "iptables"
    has nft || echo "nftables"
    has ethtool || echo "ethtool"
    has sysctl || echo "procps"
    has openssl || echo "openssl"
    if ! has gcc && ! has cc; then echo "gcc"; fi
    [ -f /usr/include/stdio.h ] || echo "libc6-dev" # the lab compiles its delay line
}

missing_packages() { # command
    missing_for_python
    case $1 in demo | test | soak | scoreboard | golden | bench | lab) missing_for_lab ;; esac
    if [ "$1" = bench ] && ! has iperf3; then echo "iperf3"; fi
    if [ "$1" = bench ] && ! has curl; then echo "curl"; fi
}

install_line="apt-get install --yes --no-install-recommends"

get_packages() { # command
    # shellcheck disable=SC2046 # one word a package is what is wanted
    set -- $(missing_packages "$1")
    [ $# -eq 0 ] && return 0
    has apt-get || give_up \
        "il manque $* (noms Debian), et ce système n'a pas apt-get : installez-les à la main." \
        "$* (Debian's names) are missing, and this system has no apt-get: install them by hand."
    is_root || ask_root "il manque des paquets Debian." "Debian packages are missing." \
        "apt-get update && $install_line $*"
    say "Isonomia : installation de / installing: $*"
    # iperf3 would ask whether to start a server; nothing here may wait for an answer.
    export DEBIAN_FRONTEND=noninteractive
    apt-get update --quiet=2 </dev/null >&2 || say "Isonomia: apt-get update failed; trying with the lists at hand."
    $install_line --quiet=2 "$@" </dev/null >&2 || give_up \
        "apt-get n'a pas pu installer : $*" "apt-get could not install: $*"
}

# The real counterparts that tests and benches are held against. Where one cannot be had (Debian 13 has no influxdb),
# its tests say so, and are counted as skipped.
missing_companions() { # command
    has mosquitto || echo "mosquitto"
    for library in /usr/lib/*/faketime/libfaketimeMT.so.1; do
        [ -f "$library" ] || echo "libfaketime"
    done
    has influxd || echo "influxdb"
    has victoria-metrics || echo "victoria-metrics"
    has tshark || echo "tshark"
    has nginx || echo "nginx-light"
    has unbound || echo "unbound"
    has dnsmasq || echo "dnsmasq-base"
    has curl || echo "curl"
    [ "$1" = test ] || return 0
    # A browser for the pages, and the compiler that knows Grafana's types.
    if ! has chromium && ! has chromium-browser; then echo "chromium"; fi
    has node || echo "nodejs"
    has npm || echo "npm"
}

get_companions() { # command
    get_companion_packages "$1"
    [ "$1" != test ] || get_node_modules
}

# The packages of two lock files, each checked against its hash, from wherever npm is configured to look; none of their scripts is run.
get_node_modules() {
    has node && has npm || return 0
    for folder in tests/browser tests/dashboards/grafana/types; do
        lock=$root/$folder/package-lock.json
        made=$root/$folder/node_modules/.isonomia-lock
        if cmp -s "$lock" "$made"; then continue; fi
        say "Isonomia : installation de / installing: $folder (npm ci)"
        # What does not answer is not waited for: the tests that need it are few.
        if timeout 60 npm ci --prefix "$root/$folder" --ignore-scripts --no-audit --no-fund </dev/null >&2; then
            cp "$lock" "$made"
        else
            say "Isonomia : npm ci échoue dans $folder ; ses tests seront omis. / npm ci fails in $folder; its tests will be skipped."
        fi
    done
}

get_companion_packages() { # command
    wanted=$(missing_companions "$1")
    [ -n "$wanted" ] || return 0
    if ! is_root || ! has apt-get; then
        # shellcheck disable=SC2086 # one line is what is wanted
        say "Isonomia : des tests seront omis, faute de / tests will be skipped for want of:" $wanted
        return 0
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update --quiet=2 </dev/null >&2 || true
    # Nothing that is installed here is to start a server of its own on this machine (invoke-rc.d(8): 101 forbids it).
    policy=/usr/sbin/policy-rc.d
    ours=
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" && ours=$policy
    fi
    for package in $wanted; do
        say "Isonomia : installation de / installing: $package"
        $install_line --quiet=2 "$package" </dev/null >&2 ||
            say "Isonomia : $package ne s'installe pas ; ses tests seront omis. / $package cannot be installed; its tests will be skipped."
    done
    [ -z "$ours" ] || rm -f "$ours"
}

# ---------------------------------------------------------------------------------- Python environment

# What the environment was made from: change any of it, and it is brought up to date.
fingerprint() {
    "$venv/bin/python" -c 'import sys; print(sys.version, sys.prefix)'
    printf '%s\n' "$root"
    cat "$root/requirements/dev.txt" "$root/pyproject.toml"
}
fingerprint_hash() { fingerprint 2>/dev/null | sha256sum | cut -d ' ' -f 1; }

is_fresh() { [ -f "$stamp" ] && [ -x "$venv/bin/python" ] && [ "$(cat "$stamp")" = "$(fingerprint_hash)" ]; }

make_venv() {
    if ! venv_works; then
        python=$(find_python) || give_up "il faut Python 3.11 ou plus récent." "Python 3.11 or newer is needed."
        say "Isonomia : environnement / environment: $venv ($("$python" --version 2>&1))"
        "$python" -m venv --clear "$venv"
    fi
    say "Isonomia : installation des paquets Python / installing the Python packages (requirements/dev.txt)"
    rm -f "$stamp"
    "$venv/bin/python" -m pip install --quiet --no-input --disable-pip-version-check \
        --require-hashes --requirement "$root/requirements/dev.txt" >&2
    # The project itself, editable: its build tool was just installed with the rest.
    "$venv/bin/python" -m pip install --quiet --no-input --disable-pip-version-check \
        --no-deps --no-build-isolation --no-index --editable "$root" >&2
    # Written whole or not at all, and last: an interrupted run starts again.
    fingerprint_hash >"$stamp.new" && mv "$stamp.new" "$stamp"
}

get_venv() {
    is_fresh && return 0
    [ -w "$root" ] || give_up "le dossier $root n'est pas accessible en écriture." "the folder $root cannot be written to."
    mkdir -p "$(dirname -- "$venv")"
    if has flock; then
        # Two commands started at once: the second waits, then finds the stamp.
        mkdir -p "$root/build"
        exec 9>"$root/build/setup.lock"
        flock 9
        is_fresh || make_venv
        exec 9>&-
    else
        make_venv
    fi
}

# ------------------------------------------------------------------------------------------ namespaces

# The lab builds its networks out of namespaces: its own as root, else inside a user namespace.
try_veth="ip link add isonomia0 type veth peer name isonomia1"
can_make_namespaces() {
    has unshare || return 1
    # shellcheck disable=SC2086 # a command and its arguments
    if is_root; then
        unshare --net $try_veth >/dev/null 2>&1
    else
        unshare --user --map-root-user --net --mount $try_veth >/dev/null 2>&1
    fi
}

setting_is() { [ -r "/proc/sys/$1" ] && [ "$(cat "/proc/sys/$1")" = "$2" ]; }

need_namespaces() { # command
    can_make_namespaces && return 0
    is_root && give_up \
        "ce système ne permet pas à root de créer des espaces de noms réseau (conteneur restreint ?) : utilisez une machine, une machine virtuelle ou un conteneur privilégié." \
        "this system does not let root make network namespaces (a restricted container?): use a machine, a virtual machine or a privileged container."
    fr="les espaces de noms utilisateur sont désactivés."
    en="user namespaces are turned off."
    setting_is kernel/unprivileged_userns_clone 0 && ask_root "$fr" "$en" "sysctl -w kernel.unprivileged_userns_clone=1"
    setting_is user/max_user_namespaces 0 && ask_root "$fr" "$en" "sysctl -w user.max_user_namespaces=15000"
    setting_is kernel/apparmor_restrict_unprivileged_userns 1 &&
        ask_root "$fr" "$en" "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
    ask_root "aucun espace de noms réseau ne peut être créé ici sans root." \
        "no network namespace can be made here without root." "sh $root/deploy/setup.sh $1"
}

# ------------------------------------------------------------------------------------------------ main

[ $# -ge 1 ] || { usage; exit 2; }
command=$1
shift
case $command in
    demo | site | test | soak | scoreboard | golden | bench | torture | lab | check | venv) ;;
    help | -h | --help) usage; exit 0 ;;
    *) say "Isonomia : commande inconnue / unknown command: $command"; usage; exit 2 ;;
esac

get_packages "$command"
case $command in demo | test | soak | scoreboard | golden | bench | lab) need_namespaces "$command" ;; esac
case $command in test | bench | torture) get_companions "$command" ;; esac
get_venv

cd "$root"
# The programs of the environment (ruff, mypy, isonomia-probe, …) come first for whatever runs now.
PATH="$venv/bin:$PATH"
VIRTUAL_ENV=$venv
export VIRTUAL_ENV
case $command in
    demo | soak | scoreboard | bench) exec "$venv/bin/python" -m tests.lab "$command" "$@" ;;
    site) exec "$venv/bin/python" -m tests.lab.pages "$@" ;;
    golden) exec "$venv/bin/python" -m tests.golden.make "$@" ;;
    lab) exec "$venv/bin/python" -m tests.lab "$@" ;;
    torture) exec "$venv/bin/python" -m tests.torture "$@" ;;
    test) exec "$venv/bin/python" -m tools.run_tests "$@" ;;
    check) exec "$venv/bin/python" -m tools.check "$@" ;;
    venv) say "Isonomia : prêt / ready: $venv" ;;
esac
