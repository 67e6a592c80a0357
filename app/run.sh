#!/bin/sh
# Installs what Grove needs, builds it and starts it. `sh app/run.sh --help` tells all.
set -eu

top=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
build=${GROVE_BUILD_DIR:-$top/build/release}
program=$build/app/grove

usage() {
    cat <<'TEXT'
sh app/run.sh [--vnc] [--build-only] [arguments of grove…]

Installs the Debian packages that are missing, builds Grove (build/release) and starts it. It says first how many
packages, megabytes and minutes are ahead. When everything is there it starts at once.

  --vnc         Where there is no display: a virtual one, served to VNC viewers on 127.0.0.1 only, with a password
                made for this start. Reach it from another computer through ssh.
  --build-only  Install and build, and start nothing.
  --help        This text, and grove's own.

Everything else goes to grove, for example:
  sh app/run.sh --import todos.csv --list Work
  sh app/run.sh --print --list Work

Installing needs root or `sudo -n`; otherwise the one command to type is printed and the status is 1.
GROVE_BUILD_DIR names another folder to build in.
TEXT
    if [ -x "$program" ]; then
        echo
        "$program" --help
    fi
}

vnc=no
start=yes
window=yes
platform=
remaining=$#
while [ "$remaining" -gt 0 ]; do
    argument=$1
    shift
    remaining=$((remaining - 1))
    case $argument in
        --help | -h) usage; exit 0 ;;
        --vnc) vnc=yes ;;
        -platform) platform=yes; set -- "$@" "$argument" ;;
        --build-only) start=no ;;
        --import | --import=* | --print | --version) window=no; set -- "$@" "$argument" ;;
        *) set -- "$@" "$argument" ;;
    esac
done

. "$top/app/packages.sh"

# A display is asked for before anything is installed or built: nobody waits minutes to read this.
if [ "$start$window$vnc" = yesyesno ] &&
    [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}${QT_QPA_PLATFORM:-}$platform" ]; then
    cat >&2 <<'TEXT'
No display found. In a terminal: grove --print --list NAME. From another computer: sh app/run.sh --vnc. Virtual: xvfb-run sh app/run.sh.
TEXT
    exit 1
fi

groups="build run"
[ "$vnc" = no ] || groups="$groups vnc"

# ---- What is ahead -------------------------------------------------------------------------------------------------

cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)

# stepsAhead: how many build steps are to be done, 0 when the program is up to date. A first build counts its source
# files; where ninja would first configure again it says "0 of 1", which counts as one.
stepsAhead() {
    if [ -f "$build/build.ninja" ] && command -v ninja >/dev/null 2>&1; then
        dry=$(ninja -C "$build" -n 2>&1) || :
        case $dry in
            *"no work to do"*) echo 0 ;;
            *) printf '%s\n' "$dry" | sed -n '$s/^\[\([0-9]*\)\/.*/\1/p' | sed 's/^0$/1/' ;;
        esac
    else
        find "$top/app" "$top/core" "$top/ui" -name '*.cpp' | wc -l
    fi
}

missing=
if command -v dpkg-query >/dev/null 2>&1; then
    # shellcheck disable=SC2086  # a list of groups
    missing=$(missingPackages $groups | tr '\n' ' ')
elif [ ! -f "$build/build.ninja" ]; then
    needDebian
fi
steps=$(stepsAhead)
steps=${steps:-1}

if [ -n "$missing" ] || [ "$steps" -gt 0 ]; then
    # shellcheck disable=SC2086
    set_size=$(set -- $missing; echo $#)
    # 3 MB/s of download and unpacking, 3 s of one core for a step: measured on two virtual cores.
    megabytes=0
    # shellcheck disable=SC2086
    [ -z "$missing" ] || megabytes=$(downloadMegabytes $missing)
    minutes=$(((${megabytes:-0} / 3 + steps * 3 / cores + 59) / 60))
    if [ -n "$missing" ]; then
        if [ -n "$megabytes" ]; then size="$megabytes MB"; else size="about 250 MB"; fi
        echo "Ahead: $set_size packages and what they need ($size to download), then $steps files to build:" \
            "about $minutes min on $cores cores."
    elif [ "$minutes" -gt 0 ] && [ "$steps" -gt 3 ]; then
        echo "Ahead: nothing to install, $steps steps to build: about $minutes min on $cores cores."
    fi
fi

# ---- Install -------------------------------------------------------------------------------------------------------

if [ -n "$missing" ]; then
    needDebian
    if ! canInstall; then
        cat >&2 <<TEXT
Installing needs root, and this is neither root nor allowed \`sudo -n\`. Type this, then start again:
sudo apt-get install --no-install-recommends $missing
TEXT
        exit 1
    fi
    # shellcheck disable=SC2086
    installPackages $missing
fi

# ---- Build ---------------------------------------------------------------------------------------------------------

if [ ! -f "$build/build.ninja" ]; then
    mkdir -p "$build"
    if ! cmake -S "$top" --preset release -B "$build" >"$build/configure.log" 2>&1; then
        cat "$build/configure.log" >&2
        echo "Configuring did not finish; the reason stands above (kept in $build/configure.log)." >&2
        exit 1
    fi
fi
if [ "$steps" -gt 0 ]; then
    NINJA_STATUS='[%f of %t, %es] ' ninja -C "$build" || {
        echo "The build stopped; the first error stands above. Nothing was started." >&2
        exit 1
    }
fi
[ "$start" = yes ] || exit 0

# ---- Start ---------------------------------------------------------------------------------------------------------

[ "$vnc" = yes ] || exec "$program" "$@"
. "$top/app/vnc.sh"
runOnVirtualDisplay "$program" "$@"
