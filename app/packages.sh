# Functions around app/packages.txt, read by app/run.sh and tests/run.sh (`. app/packages.sh`). POSIX sh.
# Both set `top` to the checkout first.

# packagesOf GROUP...: the packages of these groups, one per line.
packagesOf() {
    for group in "$@"; do
        awk -v group="$group" '$1 == group { print $2 }' "$top/app/packages.txt"
    done
}

# missingPackages GROUP...: those of them that are not installed.
missingPackages() {
    packagesOf "$@" | while read -r package; do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=
        [ "$state" = installed ] || echo "$package"
    done
}

# asRoot COMMAND...: runs it with root's rights, or returns 127 where neither root nor `sudo -n` is to be had.
asRoot() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        return 127
    fi
}

canInstall() {
    asRoot true
}

# downloadMegabytes PACKAGE...: what apt would fetch for them, in megabytes; nothing where apt cannot tell yet.
downloadMegabytes() {
    uris=$(apt-get install -y --no-install-recommends --print-uris "$@" 2>/dev/null) || return 0
    printf '%s\n' "$uris" |
        awk '/^\x27/ { bytes += $3 } END { printf "%d\n", (bytes + 999999) / 1000000 }'
}

# installPackages PACKAGE...: installs them, with apt's own progress. Returns apt's status; says what to do when it fails.
installPackages() {
    quick="-y --no-install-recommends -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120"
    if ! apt-get install -y --no-install-recommends --print-uris "$@" >/dev/null 2>&1; then
        echo "The package lists are missing or old: apt-get update."
        asRoot apt-get update -o Acquire::Retries=3 || echo "apt-get update did not finish; trying with the lists there are." >&2
    fi
    # shellcheck disable=SC2086  # $quick is a list of words
    if asRoot env DEBIAN_FRONTEND=noninteractive apt-get install $quick "$@" </dev/null; then
        return 0
    fi
    cat >&2 <<TEXT

The packages above were not installed: apt-get ended with the message before this line.
Nothing of Grove was changed. Is the network up? Then run this and start again:
    apt-get update && apt-get install --no-install-recommends $*
TEXT
    return 1
}

# needDebian: ends the script where packages are missing and this is no Debian.
needDebian() {
    if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
        cat >&2 <<TEXT
This script installs what Grove needs on Debian 12 and its relatives; here there is no apt-get.
Install clang 19, lld 19, CMake 3.25, Ninja, Qt 6.4 (base and SVG) and SQLite by other means, then:
    cmake --preset release && cmake --build --preset release && build/release/app/grove
TEXT
        exit 1
    fi
}
