#!/bin/sh
# What Grove's runtime and its to-do system cost, beside Erlang/OTP, Elixir, CAF and Go on the same work.
set -eu

usage() {
    cat <<'TEXT'
sh tests/bench/run.sh [options] [workload…]

Runs the workloads in turn, Grove, then each peer that is installed, then again (A B A B …), and prints medians, ranges,
ratios over the better BEAM median, and whether the target was reached. Nothing else should run meanwhile: a difference
under 20 % is none. A virtual machine's processors may be two threads of one core for a while: a run waits for their end,
up to 5 s, and the table says how many began without.

  --quick            3 rounds of the workloads that have a target; what takes long runs in the first round only, and
                     has "(1 run)" beside its name.
                     About 12 minutes with all peers; without --quick and without workloads about 40.
  --rounds N         How often each is run (5).
  --minutes N        Begins nothing more after so many minutes, and prints what was measured. Interrupted (Ctrl-C), it does
                     the same.
  --limit N          Seconds that one run of one workload may take (120). What takes longer is ended, said, and not run
                     again by that peer.
  --schedulers "1 2" With how many threads that run processes. Workloads to which it makes no difference, and those of
                     two readers, run with the last number only.
  --json             Prints only Grove's lines, one JSON object for each run, and runs no peer.
  --markdown         Prints the table as Markdown, for the README.
  --save FILE        Also keeps the lines of all runs, as they come; the table can be made of them again:
                     python3 tests/bench/compare.py --markdown FILE. With --markdown >TABLE a run is kept as a whole.
  --curves FOLDER    Instead: cost per operation from 1,000 to 10,000,000 processes (the BEAM: 1,000,000), as pictures
                     FOLDER/ring.svg, send.svg and spawn.svg. Takes up to 6 GB.
  --build-times      Instead: how many seconds a clean build takes, and a rebuild after the header of GenServer was touched;
                     Debug, with the tests, as people work on it, without a compiler cache. With names of targets: of them
                     only.
  --instructions     Instead: instructions per operation with one scheduler, counted by valgrind, one JSON object for each
                     workload. It needs no quiet machine and settles small doubts.
  --install-peers    Installs the peers first, from Debian's packages (as root, or where `sudo -n` works): erlang-base,
                     elixir, libcaf-dev and golang-go. Otherwise nothing is installed: what is there is measured.
  --peers "NAMES"    Only these of beam, elixir, caf and go.
  --build FOLDER     Where Grove is built (build/bench: Release with link-time optimization).
  --program FILE     Measures a grove_bench that is there (and the grove_bench_todo beside it) and builds none.
  --data FOLDER      Where the workloads of storage put their files; it should lie on a disk (beside the program).

Workloads: those of `grove_bench --list` and `grove_bench_todo --list`, and NAME_observed for those of the first: the same
(ten times as long) while rows and events are read once a second. spawn_idle10m and death_10m take gigabytes and run in
the first round only; curve_… run only when they are named.

In tests/bench: *.cpp is Grove's side, peers/ the same workloads for the others, compare.py makes tables and pictures of
lines of JSON. `ctest -L bench` runs each workload once with few operations.
TEXT
}

top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/tests/bench
. "$top/app/packages.sh"
. "$here/processors.sh"
rounds=
minutes=
limit=120
schedulers="1 2"
build=$top/build/bench
program=
install=no
quick=no
json=no
build_times=no
instructions=no
markdown=
save=
curves=
data=
peers="beam elixir caf go"
workloads=

say() {
    echo "run.sh: $*" >&2
}
fail() {
    say "$*"
    exit 2
}
command=$*

while [ $# -gt 0 ]; do
    case $1 in
    --rounds | --minutes | --limit | --schedulers | --build | --program | --save | --curves | --data | --peers)
        [ $# -ge 2 ] || fail "$1 needs a value; see sh tests/bench/run.sh --help."
        ;;
    esac
    case $1 in
    --rounds) rounds=${2:-0}; shift ;;
    --minutes) minutes=${2:-0}; shift ;;
    --limit) limit=${2:-0}; shift ;;
    --schedulers) schedulers=$2; shift ;;
    --build) build=$2; shift ;;
    --program) program=$2; shift ;;
    --save) save=$2; shift ;;
    --curves) curves=$2; shift ;;
    --data) data=$2; shift ;;
    --peers) peers=$2; shift ;;
    --quick) quick=yes ;;
    --build-times) build_times=yes ;;
    --instructions) instructions=yes ;;
    --json) json=yes ;;
    --markdown) markdown=--markdown ;;
    --install-peers) install=yes ;;
    --help | -h) usage; exit 0 ;;
    -*) fail "no such option: $1; see sh tests/bench/run.sh --help." ;;
    *) workloads="$workloads $1" ;;
    esac
    shift
done
case $rounds in *[!0-9]* | 0) fail "--rounds takes a number." ;; esac
case $minutes in *[!0-9]* | 0) fail "--minutes takes a number." ;; esac
case $limit in *[!0-9]* | 0) fail "--limit takes a number of seconds." ;; esac
case $schedulers in *[0-9]*) ;; *) fail "--schedulers takes numbers." ;; esac
for count in $schedulers; do
    case $count in *[!0-9]* | 0*) fail "--schedulers takes numbers." ;; esac
done
for peer in $peers; do
    case $peer in
    beam | elixir | caf | go) ;;
    *) fail "no such peer: $peer; there are beam, elixir, caf and go." ;;
    esac
done

# ---- How long it takes to build ------------------------------------------------------------------------------------

# timed COMMAND…: runs it, its words to the standard error. Prints: the seconds it took, with one decimal.
timed() {
    from=$(date +%s%N)
    "$@" >&2 || return 1
    echo "$((($(date +%s%N) - from) / 100000000))" | sed 's/\(.\)$/.\1/; s/^\./0./'
}

if [ "$build_times" = yes ]; then
    header=$top/core/otp/include/grove/otp/gen_server.h
    folder=$(mktemp -d "${data:-${TMPDIR:-/tmp}}/build-XXXXXX")
    trap 'rm -rf "$folder"' EXIT
    trap 'exit 1' INT TERM
    export CCACHE_DISABLE=1
    cmake -S "$top" -B "$folder" -G Ninja -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 \
        -DCMAKE_BUILD_TYPE=Debug >&2
    # shellcheck disable=SC2086  # a list of targets
    set -- cmake --build "$folder" --target ${workloads:-all}
    clean=$(timed "$@") || fail "the build failed."
    # Its date comes back afterwards, so that other builds of this source have nothing to do.
    before=$(stat -c %y "$header")
    touch "$header"
    again=$(timed "$@") || fail "the rebuild failed."
    touch -d "$before" "$header"
    printf '{"peer":"grove","workload":"build","cores":%s,"clean_s":%s,"after_header_s":%s}\n' \
        "$(nproc)" "$clean" "$again"
    exit 0
fi

# ---- What is run ---------------------------------------------------------------------------------------------------

# With each number of schedulers.
runtime="ring ring100k ring100k_random pingpong gen_call gen_call8 call_typed reftrick flood flood8 send_flood send_flood8
    spawn spawn_monitor spawn_idle idle_genserver big big_all skynet selective timers_cancel timers_fire fair fair_held
    restart restart_first1k restart_crash sup10k_start sup10k_stop churn links_100k burn4 call_from_thread
    flood_raw flood8_raw gen_call_raw gen_call8_raw"
# With the last number of schedulers only.
tables="registry registry_2 whereis whereis_2 ets_lookup1m ets_lookup1m_2 ets_lookup10k ets_lookup10k_2 ets_hot ets_hot_2
    ets_ordered_lookup1m ets_ordered_lookup1m_2 ets_ordered_lookup10k ets_ordered_lookup10k_2 ets_insert1m
    ets_ordered_insert1m ets_counter1m ets_counter10k ets_counter10k_2 ets_counter_hot ets_counter_hot_2"
terms="etf_encode etf_decode phash2"
more_terms="term_compare term_compare_versions map_insert10 map_insert1k map_insert1m map_lookup10 map_lookup1k
    map_lookup1m map_update10 map_update1k map_update1m"
others="flood_foreign call_from_thread_asleep observer10k observer100k observer1m top10 idle_cpu"
observed="ring_observed ring100k_observed gen_call_observed spawn_observed"
gigabytes="death_10m spawn_idle10m"
storage="edits_1 edits_10 edits_100 book_write book_read idle_todo"
# Seconds each, mostly of a peer.
slow="spawn_idle idle_genserver skynet observer100k observer1m top10 idle_cpu idle_todo links_100k $gigabytes"

# What --instructions counts.
counted="ring pingpong gen_call gen_call_raw flood send_flood spawn spawn_monitor reftrick timers_cancel restart sup10k_start
    registry whereis ets_lookup10k ets_ordered_lookup10k ets_counter10k etf_encode etf_decode phash2"

sizes="1000 10000 100000 1000000 10000000"

has() {
    for each in $2; do
        [ "$each" != "$1" ] || return 0
    done
    return 1
}

asked=yes
if [ -n "$curves" ]; then
    [ -z "$workloads" ] || fail "--curves takes no workloads."
    mkdir -p "$curves" || fail "the pictures cannot be put into $curves."
    for kind in ring send spawn; do
        for size in $sizes; do workloads="$workloads curve_${kind}_$size"; done
    done
    rounds=${rounds:-3}
elif [ -z "$workloads" ] && [ "$instructions" = yes ]; then
    workloads=$counted
elif [ -z "$workloads" ]; then
    asked=no
    workloads="$runtime $observed $tables $terms $others $gigabytes $storage"
    [ "$quick" = yes ] || workloads="$workloads $more_terms"
fi
if [ "$quick" = yes ]; then rounds=${rounds:-3}; else rounds=${rounds:-5}; fi
for count in $schedulers; do last=$count; done

# countsFor WORKLOAD: the numbers of schedulers it is run with.
countsFor() {
    case $1 in
    curve_* | *_observed) echo "$last" ;;
    *) if has "$1" "$tables $terms $more_terms $others $gigabytes"; then echo "$last"; else echo "$schedulers"; fi ;;
    esac
}

# isDue WORKLOAD ROUND
isDue() {
    [ "$2" != 1 ] || return 0
    [ "$asked" = no ] || return 0
    if [ "$quick" = yes ]; then limited=$slow; else limited=$gigabytes; fi
    ! has "$1" "$limited"
}

# ---- The programs --------------------------------------------------------------------------------------------------

if [ "$install" = yes ]; then
    needDebian
    missing=$(missingPackages peers | tr '\n' ' ')
    if [ -n "$missing" ]; then
        # shellcheck disable=SC2086  # a list of packages
        installPackages $missing >&2
    fi
fi

if [ -z "$program" ]; then
    program=$build/tests/bench/grove_bench
    if [ ! -f "$build/build.ninja" ]; then
        cmake -S "$top" -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 \
            -DCMAKE_BUILD_TYPE=Release -DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON -DGROVE_BUILD_WINDOW=OFF >&2
    fi
    cmake --build "$build" --target grove_bench grove_bench_todo >&2
fi
[ -x "$program" ] || fail "there is no program $program."
known=$("$program" --list) || fail "$program --list does not work; is it grove_bench?"
todo=$(dirname "$program")/grove_bench_todo
todo_workloads=
if [ -x "$todo" ]; then
    todo_workloads=$("$todo" --list)
elif [ "$asked" = no ]; then
    say "there is no program $todo; measuring without the workloads of storage"
    all=$workloads
    workloads=
    for workload in $all; do has "$workload" "$storage" || workloads="$workloads $workload"; done
fi
for workload in $workloads; do
    has "${workload%_observed}" "$known" || has "$workload" "$todo_workloads" || {
        ! has "$workload" "$storage" || fail "$workload is for $todo, which is not there."
        fail "no such workload: $workload; grove_bench --list and grove_bench_todo --list name them."
    }
done
if [ "$instructions" = yes ]; then
    command -v valgrind >/dev/null || fail "instructions are counted by valgrind, which is not installed."
    # countedAt SCALE WORKLOAD. Prints: instructions and operations.
    countedAt() {
        all=$(valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null \
            "$program" --schedulers 1 --scale "$1" "$2" 2>&1) || fail "$2 does not run under valgrind: $all"
        printf '%s\n' "$all" | sed -n 's/^==.*I *refs: *//p; s/.*"ops":\([0-9]*\),.*/\1/p' | tr -d , | sort -n -r | tr '\n' ' '
    }
    for workload in $workloads; do
        # The difference of two lengths: what is done once does not count.
        { countedAt 0.02 "$workload"; countedAt 0.06 "$workload"; } |
            awk -v name="$workload" '{ printf "{\"peer\":\"grove\",\"workload\":\"%s\",\"instructions_per_op\":%.1f}\n",
                name, ($3 - $1) / ($4 - $2) }'
    done
    exit 0
fi
[ "$json" = yes ] || command -v python3 >/dev/null || fail "the table is made by python3, which is not installed."

data=${data:-$(dirname "$program")}
[ -d "$data" ] || fail "there is no folder $data for the files of the workloads."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM
disk=$(mktemp -d "$data/bench-XXXXXX" 2>/dev/null) || fail "nothing can be written into $data; --data names another folder."
trap 'rm -rf "$scratch" "$disk"' EXIT
lines=${save:-$scratch/lines.json}
(: >"$lines") 2>/dev/null || fail "$lines cannot be written."

there=
absent() {
    if has "$1" "$peers"; then say "$2 is not installed (--install-peers installs it); measuring without"; fi
}
beam_workloads=
caf_workloads=
go_workloads=
if [ "$json" = no ]; then
    if command -v erl >/dev/null && command -v erlc >/dev/null; then
        if has beam "$peers"; then
            if erlc -o "$scratch" "$here/peers/erlang/bench.erl" >&2; then
                beam_workloads=$(sed -n 's/^workload(\([a-z0-9_]*\)) ->.*/\1/p' "$here/peers/erlang/bench.erl")
                there="$there beam"
            else
                say "the program for Erlang does not compile here; measuring without"
            fi
        fi
    else
        absent beam Erlang
    fi
    if command -v elixir >/dev/null; then
        if has elixir "$peers"; then there="$there elixir"; fi
    else
        absent elixir Elixir
    fi
    if [ -f /usr/include/caf/all.hpp ]; then
        if has caf "$peers"; then
            compiler=c++
            if command -v clang++-19 >/dev/null; then compiler=clang++-19; fi
            if $compiler -O2 -std=c++17 -w "$here/peers/caf/caf_bench.cpp" -o "$scratch/caf_bench" -lcaf_core -lpthread; then
                caf_workloads=$("$scratch/caf_bench" --list)
                there="$there caf"
            else
                say "the program for CAF does not compile here; measuring without"
            fi
        fi
    else
        absent caf CAF
    fi
    if command -v go >/dev/null; then
        if has go "$peers"; then
            if GOCACHE="$scratch/go" go build -o "$scratch/go_bench" "$here/peers/go/bench.go"; then
                go_workloads=$("$scratch/go_bench" --list)
                there="$there go"
            else
                say "the program for Go does not compile here; measuring without"
            fi
        fi
    else
        absent go Go
    fi
    say "beside Grove:${there:- nobody}"
fi

# ---- The runs ------------------------------------------------------------------------------------------------------

running=
interrupted=no
failures=0
failed=
given_up=

interrupt() {
    interrupted=yes
    [ -z "$running" ] || kill "$running" 2>/dev/null || true
}
trap interrupt INT TERM

# isOver: whether nothing more is to begin.
isOver() {
    [ "$interrupted" = no ] || return 0
    [ -n "$minutes" ] && [ $(($(date +%s) - started)) -ge $((minutes * 60)) ]
}

# run WHO WORKLOAD COMMAND…: keeps its lines; one that fails or hangs is said and passed over. What hung, and what failed
# twice, is not tried again.
run() {
    who=$1
    name=$2
    shift 2
    if isOver || has "$who:$name" "$given_up"; then return 0; fi
    awaitProcessors
    if isOver; then return 0; fi
    status=0
    since=$(date +%s)
    # In the background, so that an interruption is acted on at once.
    timeout -k 5 "$limit" "$@" >"$scratch/one.json" </dev/null &
    running=$!
    wait "$running" || status=$?
    if [ "$interrupted" = yes ]; then
        wait "$running" || true
        status=1
    fi
    running=
    if [ "$status" = 0 ]; then
        cat "$scratch/one.json" >>"$lines"
        if [ "$json" = yes ]; then cat "$scratch/one.json"; fi
        return 0
    fi
    [ "$interrupted" = no ] || return 0
    failures=$((failures + 1))
    if [ $(($(date +%s) - since)) -ge "$limit" ]; then
        say "$who was ended after $limit s, and is not tried again: $*"
        given_up="$given_up $who:$name"
    else
        say "$who ended with status $status: $*"
        if has "$who:$name" "$failed"; then given_up="$given_up $who:$name"; fi
    fi
    has "$who:$name" "$failed" || failed="$failed $who:$name"
}

measureTodo() {
    rm -rf "$disk/run"
    mkdir "$disk/run"
    run grove "$1" "$todo" "$disk/run" "$1"
    case $1 in
    book_*)
        if has elixir "$there"; then run elixir "$1" elixir "$here/peers/elixir/todo.exs" "$disk/run" "$1"; fi
        ;;
    esac
    rm -rf "$disk/run"
}

# measure WORKLOAD SCHEDULERS. What hangs with one number of schedulers may end with another.
measure() {
    case $1 in
    *_observed)
        run grove "$1/$2" "$program" --schedulers "$2" --scale 10 --observed "${1%_observed}"
        return
        ;;
    esac
    run grove "$1/$2" "$program" --schedulers "$2" "$1"
    beam=no
    case $1 in
    curve_*_10000000) ;;
    curve_*) beam=yes ;;
    *) if has "$1" "$beam_workloads"; then beam=yes; fi ;;
    esac
    if [ "$beam" = yes ] && has beam "$there"; then
        run beam "$1/$2" erl +S "$2:$2" +P 20000000 -noinput -pa "$scratch" -s bench main "$1"
    fi
    case $1 in
    registry | registry_2)
        if has elixir "$there"; then
            run elixir "$1/$2" elixir --erl "+S $2:$2" "$here/peers/elixir/registry.exs" "$1"
        fi
        ;;
    esac
    if has "$1" "$caf_workloads"; then run caf "$1/$2" "$scratch/caf_bench" "$2" "$1"; fi
    if has "$1" "$go_workloads"; then run go "$1/$2" env GOMAXPROCS="$2" "$scratch/go_bench" "$1"; fi
}

if [ "$json" = no ] && has processors "$known"; then learnProcessors; fi
started=$(date +%s)
load=$(cut -d' ' -f1 /proc/loadavg)
round=1
while [ "$round" -le "$rounds" ]; do
    for workload in $workloads; do
        isDue "$workload" "$round" || continue
        for count in $(if has "$workload" "$todo_workloads"; then echo all; else countsFor "$workload"; fi); do
            if isOver; then break 3; fi
            echo "$(($(date +%s) - started)) s, round $round of $rounds, $count schedulers: $workload" >&2
            if [ "$count" = all ]; then measureTodo "$workload"; else measure "$workload" "$count"; fi
        done
    done
    round=$((round + 1))
done
ended=$(date +%s)

# ---- What came out -------------------------------------------------------------------------------------------------

# Where, when and how, for whoever quotes the table.
describe() {
    echo "Measured on $(date -u -d "@$started" '+%Y-%m-%d, %H:%M') to $(date -u -d "@$ended" +%H:%M) UTC on" \
        "$(nproc) cores ($(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)), load $load before," \
        "by: sh tests/bench/run.sh $command"
    versions=
    if has beam "$there"; then
        versions="$versions, Erlang/OTP $(erl -noinput -eval 'io:put_chars(erlang:system_info(otp_release)), halt().')"
    fi
    if has elixir "$there"; then versions="$versions, $(elixir --version | sed -n 's/^\(Elixir [^ ]*\).*/\1/p')"; fi
    if has caf "$there"; then versions="$versions, CAF $(dpkg-query -W -f '${Version}' libcaf-dev 2>/dev/null || echo)"; fi
    if has go "$there"; then versions="$versions, $(go version | cut -d' ' -f3)"; fi
    echo "Grove $(git -C "$top" rev-parse --short HEAD 2>/dev/null || true)$versions."
    describeProcessors
    if [ "$round" -le "$rounds" ]; then echo "Ended early, in round $round of $rounds."; fi
    echo
}

if [ ! -s "$lines" ]; then fail "nothing was measured."; fi
if [ -n "$curves" ]; then
    python3 "$here/compare.py" --curves "$curves" "$lines"
elif [ "$json" = no ]; then
    describe
    # shellcheck disable=SC2086  # an option or none
    python3 "$here/compare.py" $markdown "$lines"
fi
if [ "$failures" != 0 ]; then
    say "$failures runs failed:$failed"
    exit 1
fi
if [ "$interrupted" = yes ]; then exit 1; fi
