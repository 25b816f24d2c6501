# Shared by the scripts in bin/: where things are, and how to say what is going on.
# Sourced, never run.

set -Eeuo pipefail
# No script of ours ends without a word.
trap 'say "stopped: $(basename "${BASH_SOURCE[0]}") line $LINENO: $BASH_COMMAND"' ERR

ADDON=helpcrunch_chatbot
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
RUN=$ROOT/.odoo
PROGRAM=$(basename "$0")

say() { printf '%s: %s\n' "$PROGRAM" "$*" >&2; }
die() { say "$*"; exit 1; }
now() { date +%s%N; }
# Seconds, with one decimal, since a moment taken with now.
since() { local t=$((($(now) - $1) / 100000000)); printf '%d.%d' $((t / 10)) $((t % 10)); }

# The addons that stand on this one, below addons/, separated by commas.
list_more_addons() {
    local manifest names=()
    for manifest in "$ROOT"/addons/*/__manifest__.py; do
        [ ! -f "$manifest" ] || names+=("$(basename "$(dirname "$manifest")")")
    done
    (IFS=, && printf '%s\n' "${names[*]}")
}

# list_depends FOLDER...: the addons of Odoo that these addons stand on, separated by commas.
list_depends() {
    "$RUN/venv/bin/python" - "$ADDON" "$@" << 'PY'
import ast
import pathlib
import sys

ours, *folders = sys.argv[1:]
wanted = set()
for folder in folders:
    manifest = pathlib.Path(folder, "__manifest__.py").read_text()
    wanted.update(ast.literal_eval(manifest).get("depends", []))
print(",".join(sorted(name for name in wanted if not name.startswith(ours))))
PY
}

# stage "what is done" command...: says so before, and how long it took after.
stage() {
    local what=$1 began status
    shift
    began=$(now)
    say "$what ..."
    "$@"
    status=$? # not reached after a failure, unless the caller takes care of failures
    say "$what: $([ $status = 0 ] && echo done || echo FAILED) in $(since "$began") s"
    return $status
}

# watch LOG command...: run it in a process group of its own with its output in LOG, and say
# now and then how far it is. Standard input comes from $INPUT. Ended by end_watched.
WATCHED=
watch() {
    local log=$1 ticks=0 status=0
    shift
    setsid "$@" > "$log" 2>&1 < "${INPUT:-/dev/null}" 9>&- &
    WATCHED=$!
    while kill -0 "$WATCHED" 2> /dev/null; do
        sleep 0.2
        ticks=$((ticks + 1))
        [ $((ticks % 100)) != 0 ] || say "  still at it: $(tell_progress "$log")"
    done
    wait "$WATCHED" || status=$?
    WATCHED=
    return $status
}
# How far it is: which of how many addons Odoo loads, else what was said last.
tell_progress() {
    local line
    line=$(tail -n 1 "$1" | cut -c1-160)
    case $line in *" odoo.modules."* | *" odoo.registry"*)
        line=$(grep -oE 'module [a-z_0-9]+ \([0-9]+/[0-9]+\)' "$1" | tail -n 1 || true)
        ;;
    esac
    printf '%s' "${line:-just begun}"
}
end_watched() { [ -z "$WATCHED" ] || end_group "$WATCHED"; }

# End a process group that a script of ours started: politely, after ten seconds for good.
end_group() {
    local tries=0
    kill -TERM -- "-$1" 2> /dev/null || true
    while kill -0 -- "-$1" 2> /dev/null && [ $tries -lt 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    kill -KILL -- "-$1" 2> /dev/null || true
    wait "$1" 2> /dev/null || true
}

# build_pages DATABASE LOG: the scripts and styles of Odoo's pages, which it would else build
# when a page is first opened, for each test run anew.
build_pages() {
    echo 'env["ir.qweb"]._pregenerate_assets_bundles(); env.cr.commit()' > "$RUN/build_pages.py"
    INPUT=$RUN/build_pages.py watch "$2" "$ROOT/bin/odoo" shell -d "$1" --no-http
}

# lock NAME / unlock: one at a time in this checkout.
lock() {
    exec 9> "$RUN/$1.lock"
    flock -n 9 || { say "waiting for another run in this checkout ($1)"; flock 9; }
}
unlock() { exec 9>&-; }

# A psql statement, and what makes or ends a database with its filestore.
sql() { psql -XAtq -v ON_ERROR_STOP=1 -d postgres -c "$1"; }
database_exists() { [ -n "$(sql "SELECT 1 FROM pg_database WHERE datname = '$1'")" ]; }
drop_database() {
    sql "DROP DATABASE IF EXISTS $1 WITH (FORCE)" 2>&1 | { grep -v 'does not exist, skipping' >&2 || true; }
    rm -rf "$RUN/data/filestore/${1:?}"
}
rename_database() {
    rm -rf "$RUN/data/filestore/${2:?}"
    mv "$RUN/data/filestore/$1" "$RUN/data/filestore/$2"
    sql "ALTER DATABASE $1 RENAME TO $2"
}

# The help of a script is the comment at its top.
usage() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }

# make_venv FOLDER REQUIREMENTS: a virtual environment with exactly these packages.
# Made anew when the packages, the Python or the folder's place have changed.
make_venv() {
    local venv=$1 requirements=$2 mark
    mark=$(venv_mark "$@")
    rm -rf "$venv"
    "$(find_python)" -m venv "$venv"
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check \
        setuptools==80.9.0 wheel==0.45.1
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check \
        --no-build-isolation --requirement "$requirements"
    printf '%s\n' "$mark" > "$venv/.mark"
}
venv_mark() { printf '%s %s %s' "$1" "$(find_python)" "$(sha256sum < "$2")"; }
venv_ready() { [ "$(cat "$1/.mark" 2> /dev/null)" = "$(venv_mark "$@")" ]; }

# The Python that runs Odoo: $PYTHON, or the first one of a version Odoo 19 takes.
find_python() {
    local python
    for python in ${PYTHON:-/usr/bin/python3 python3 python3.13 python3.12 python3.11 python3.10}; do
        if "$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' 2> /dev/null; then
            command -v "$python"
            return
        fi
    done
    die "no Python of version 3.10 to 3.13 found: install one, or name it in PYTHON"
}

# Where Odoo is: a checkout or an installed Odoo in ODOO_DIR, else bin/setup's own.
# Sets ODOO_SCRIPT, ODOO_PYTHONPATH, ODOO_ADDONS, ODOO_VERSION.
find_odoo() {
    local home=${ODOO_DIR:-$RUN/odoo/usr/lib/python3/dist-packages} release
    [ -f "$home/odoo/release.py" ] ||
        die "no Odoo in $home${ODOO_DIR:+ (from ODOO_DIR)}: a checkout or the folder above the package odoo is wanted"
    ODOO_PYTHONPATH=$home
    ODOO_ADDONS=$home/odoo/addons
    # A checkout keeps most addons beside the package odoo.
    [ -d "$ODOO_ADDONS/web" ] || ODOO_ADDONS=$home/addons,$ODOO_ADDONS
    ODOO_SCRIPT=$RUN/odoo-bin
    for script in "$home/odoo-bin" "$home/../../../bin/odoo"; do
        [ ! -f "$script" ] || { ODOO_SCRIPT=$script; break; }
    done
    release=$(sed -n 's/^version_info = (\([0-9]*\), *\([0-9]*\).*/\1.\2/p' "$home/odoo/release.py")
    [ "$release" = 19.0 ] || die "Odoo in $home is ${release:-of an unknown version}, this addon is for 19.0"
    ODOO_VERSION="$release $(cat "$RUN/odoo/.complete" 2> /dev/null || true)"
    [ -z "${ODOO_DIR:-}" ] || ODOO_VERSION="$release $ODOO_DIR"
}

# Which database server: the one PGHOST names, else the private one of bin/setup.
find_database() {
    if [ -n "${PGHOST:-}" ]; then
        export PGHOST PGPORT="${PGPORT:-5432}" PGUSER="${PGUSER:-$(id -un)}"
        return
    fi
    [ -f "$RUN/pg.socket" ] || die "no database server yet: run bin/setup first"
    PGHOST=$(cat "$RUN/pg.socket")
    export PGHOST PGPORT=5432 PGUSER
    PGUSER=$(id -un)
    unset PGPASSWORD PGDATABASE PGSERVICE
}

# A TCP port nobody listens on: the first free one from $1 on, or any without $1.
free_port() {
    "$RUN/venv/bin/python" - "${1:-0}" << 'PY'
import socket
import sys

port = int(sys.argv[1])
while True:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            port += 1
            continue
        print(probe.getsockname()[1])
        break
PY
}
