#!/bin/sh
# Installs what the tests need, builds them and runs them. `sh tests/run.sh --help` tells all.
set -eu

top=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
builds=${GROVE_BUILDS_DIR:-$top/build}

usage() {
    cat <<'TEXT'
sh tests/run.sh [options]

Without options: installs what is missing, builds the `dev` preset (warnings are errors), the threaded tests under
ThreadSanitizer and the fuzz targets of values, and runs all tests.

  -L LABEL          Only the tests with this label: term, runtime, otp, storage, observe, todo, ui, conformance,
                    torture, e2e, lint, examples, tsan (the threaded tests under ThreadSanitizer), fuzz (a minute each).
  -R REGEX          Only the tests whose name matches.
  -j N              Tests at once (default: the number of cores).
  --asan            All tests under AddressSanitizer and UndefinedBehaviorSanitizer instead.
  --tsan            All tests of core under ThreadSanitizer instead.
  --fuzz MINUTES    Each fuzz target for so many minutes instead.
  --soak MINUTES    Everything at once on real schedulers for so long under AddressSanitizer instead; a few seconds of it
                    are among the tests.
  --torture ROUNDS  The torture tests with so many rounds (20 by default; 100 is the long run) instead.
  --scenarios       Only prints which numbered behaviours of OTP which test shows, and which none does.
  --tidy            clang-tidy with every check of .clang-tidy over all files instead (takes long).
  --with-erlang     Also installs Erlang, so that the tests against a real one run (skipped where there is none).
  --no-install      Install nothing.
  --build-only      Build, and run nothing.
TEXT
}

fail() {
    echo "$*" >&2
    exit 2
}

label=
regex=
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
mode=all
amount=
install=yes
erlang=
run=yes
while [ $# -gt 0 ]; do
    case $1 in
        -L | -R | -j | --fuzz | --torture | --soak)
            [ $# -ge 2 ] || fail "$1 needs a value; see sh tests/run.sh --help."
            ;;
    esac
    case $1 in
        -L) label=$2; shift ;;
        -R) regex=$2; shift ;;
        -j) jobs=$2; shift ;;
        --scenarios) exec python3 "$top/tests/lint/scenarios.py" --root "$top" ;;
        --asan | --tsan | --tidy) mode=${1#--} ;;
        --fuzz | --torture | --soak) mode=${1#--}; amount=$2; shift ;;
        --with-erlang) erlang=erlang ;;
        --no-install) install=no ;;
        --build-only) run=no ;;
        --help | -h) usage; exit 0 ;;
        *) fail "Unknown option $1; see sh tests/run.sh --help." ;;
    esac
    shift
done
case $jobs$amount in *[!0-9]*) fail "-j, --fuzz, --torture and --soak take a whole number." ;; esac

started=$(date +%s)
say() {
    seconds=$(($(date +%s) - started))
    printf '== %d:%02d  %s\n' $((seconds / 60)) $((seconds % 60)) "$*"
}

# ---- Install -------------------------------------------------------------------------------------------------------

. "$top/app/packages.sh"
if [ "$install" = yes ]; then
    needDebian
    # shellcheck disable=SC2086  # a group or none
    missing=$(missingPackages build run vnc test $erlang | tr '\n' ' ')
    if [ -n "$missing" ]; then
        # shellcheck disable=SC2086  # a list of packages
        megabytes=$(downloadMegabytes $missing)
        say "Installing $missing(${megabytes:-?} MB to download)"
        canInstall || {
            printf '%s\n' "Installing needs root. Type this, then start again:" \
                "sudo apt-get install --no-install-recommends $missing" >&2
            exit 1
        }
        # shellcheck disable=SC2086
        installPackages $missing
    fi
fi

# A fresh clone takes what another checkout on this machine has compiled; the price is its folder in debug information.
if [ -n "${CI:-}" ]; then
    export CCACHE_BASEDIR="$top" CCACHE_NOHASHDIR=1
fi

# ---- Build ---------------------------------------------------------------------------------------------------------

# buildPreset PRESET TARGET...: configures (quietly; the log is shown when it fails) and builds.
buildPreset() {
    preset=$1
    shift
    folder=$builds/$preset
    mkdir -p "$folder"
    say "Configuring $preset"
    cmake -S "$top" --preset "$preset" -B "$folder" >"$folder/configure.log" 2>&1 || {
        cat "$folder/configure.log"
        exit 1
    }
    say "Building $preset"
    NINJA_STATUS='[%f of %t, %es] ' ninja -C "$folder" "$@"
}

# testsOf FOLDER...: one ctest run over the tests of these build folders, whose summary is the last thing printed.
testsOf() {
    [ "$run" = yes ] || exit 0
    mkdir -p "$builds/tests"
    : >"$builds/tests/CTestTestfile.cmake"
    for folder in "$@"; do
        echo "subdirs(\"$folder\")" >>"$builds/tests/CTestTestfile.cmake"
    done
    set -- --test-dir "$builds/tests" --output-on-failure --no-tests=error --schedule-random -j "$jobs"
    [ -z "$label" ] || set -- "$@" -L "^$label\$"
    [ -z "$regex" ] || set -- "$@" -R "$regex"
    say "Testing"
    exec ctest "$@"
}

fuzz_targets="fuzz_etf fuzz_parse_term"

case $mode in
    all)
        if [ "$label" = tsan ]; then
            buildPreset tsan-threads grove_tests
            testsOf "$builds/tsan-threads"
        elif [ "$label" = fuzz ]; then
            # shellcheck disable=SC2086  # a list of targets
            buildPreset fuzz $fuzz_targets
            testsOf "$builds/fuzz"
        elif [ -n "$label$regex" ]; then
            # Rooms are built alone; what starts the program needs everything.
            case $label in
                term | conformance | runtime | otp | storage | observe | todo | ui | lint) buildPreset dev "grove_tests_$label" ;;
                *) buildPreset dev ;;
            esac
            testsOf "$builds/dev"
        fi
        buildPreset dev
        buildPreset tsan-threads grove_tests
        # shellcheck disable=SC2086
        buildPreset fuzz $fuzz_targets
        testsOf "$builds/dev" "$builds/tsan-threads" "$builds/fuzz"
        ;;
    asan | tsan)
        buildPreset "$mode"
        testsOf "$builds/$mode"
        ;;
    torture)
        export GROVE_TORTURE_ROUNDS="$amount"
        buildPreset dev
        label=torture
        testsOf "$builds/dev"
        ;;
    soak)
        buildPreset asan tst_soak_threads
        [ "$run" = yes ] || exit 0
        say "Soaking for $amount min"
        # A small quarantine: memory that was freed is to come back.
        GROVE_SOAK_MINUTES="$amount" QTEST_FUNCTION_TIMEOUT=$(((amount + 10) * 60000)) \
            ASAN_OPTIONS="quarantine_size_mb=8:${ASAN_OPTIONS:-}" exec "$builds/asan/tests/otp/tst_soak_threads"
        ;;
    fuzz)
        # Every target named fuzz_…; its seeds lie in tests/fuzz/corpus/NAME, what it finds in build/asan/corpus.
        cmake -S "$top" --preset asan -B "$builds/asan" >/dev/null
        targets=$(ninja -C "$builds/asan" -t targets all | sed -n 's/^\(fuzz_[a-z0-9_]*\): phony$/\1/p' | sort -u)
        # shellcheck disable=SC2086  # a list of targets
        buildPreset asan $targets
        [ "$run" = yes ] || exit 0
        for name in $targets; do
            corpus=$builds/asan/corpus/$name
            mkdir -p "$corpus"
            set -- "$corpus"
            [ ! -d "$top/tests/fuzz/corpus/$name" ] || set -- "$@" "$top/tests/fuzz/corpus/$name"
            say "Fuzzing $name for $amount min"
            "$(find "$builds/asan" -type f -name "$name" -perm -u+x | head -n 1)" \
                -max_total_time=$((amount * 60)) -print_final_stats=1 -artifact_prefix="$builds/asan/corpus/" "$@"
        done
        ;;
    tidy)
        buildPreset dev
        [ "$run" = yes ] || exit 0
        say "clang-tidy over all files"
        exec python3 "$top/tests/lint/lint.py" tidy --build "$builds/dev" --all-checks
        ;;
esac
