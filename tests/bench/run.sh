#!/bin/sh
# Runs the workloads of grove_bench in turn with the peers that are installed (A B A B …) and prints medians, ranges
# and ratios.
#
#   sh tests/bench/run.sh [--rounds N] [--schedulers "1 2"] [--install-peers] [--build FOLDER | --program FILE]
#                         [workload…]
#
# Without workloads: those that the runtime was designed by. book_write and book_read measure the to-do system against
# the same system in Elixir, with all schedulers. --install-peers installs Erlang and Elixir from Debian's packages (as
# root, or where `sudo -n` works). --program measures a grove_bench that is there (and the grove_bench_todo beside it)
# and builds none. Nothing else should run meanwhile: a difference under 20 % is none.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
rounds=5
schedulers="1 2"
build=$root/build/bench
program=
install=no
workloads=
while [ $# -gt 0 ]; do
    case $1 in
    --rounds) rounds=$2; shift ;;
    --schedulers) schedulers=$2; shift ;;
    --build) build=$2; shift ;;
    --program) program=$2; shift ;;
    --install-peers) install=yes ;;
    --help) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) echo "run.sh: no such option: $1" >&2; exit 2 ;;
    *) workloads="$workloads $1" ;;
    esac
    shift
done
[ -n "$workloads" ] || workloads="ring ring100k pingpong gen_call gen_call8 gen_call_raw gen_call8_raw flood flood8 send_flood send_flood8
    spawn spawn_monitor spawn_idle big skynet selective reftrick timers_cancel timers_fire fair idle_cpu
    etf_encode etf_decode phash2 term_compare term_compare_versions map_insert10 map_insert1k map_insert1m
    map_lookup10 map_lookup1k map_lookup1m map_update10 map_update1k map_update1m
    ets_lookup1m ets_lookup1m_2 ets_lookup10k ets_lookup10k_2 ets_hot_2 ets_ordered_lookup1m ets_insert1m ets_ordered_insert1m ets_counter1m
    ets_counter10k_2"

if [ "$install" = yes ]; then
    as_root=
    [ "$(id -u)" = 0 ] || as_root="sudo -n"
    $as_root apt-get install -y --no-install-recommends erlang-base elixir
fi

if [ -z "$program" ]; then
    program=$build/tests/bench/grove_bench
    if [ ! -x "$program" ]; then
        cmake -S "$root" -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 \
            -DCMAKE_BUILD_TYPE=Release -DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON -DGROVE_BUILD_WINDOW=OFF >&2
    fi
    cmake --build "$build" --target grove_bench grove_bench_todo >&2
fi

lines=$(mktemp -d)
trap 'rm -rf "$lines"' EXIT
beam=no
if command -v erl >/dev/null && command -v erlc >/dev/null; then
    erlc -o "$lines" "$root/tests/bench/peers/erlang/bench.erl"
    beam=yes
else
    echo "run.sh: Erlang is not installed (--install-peers installs it); measuring Grove alone" >&2
fi

has_elixir=no
if command -v elixir >/dev/null; then has_elixir=yes; fi

# One workload of the to-do system. Its files lie where the program lies, on a disk and not in memory.
measure_todo() {
    data=$(mktemp -d "$(dirname "$program")/book-XXXXXX")
    "$(dirname "$program")/grove_bench_todo" "$data" "$1" >>"$lines/all.json"
    if [ "$has_elixir" = yes ]; then
        elixir "$root/tests/bench/peers/elixir/todo.exs" "$data" "$1" >>"$lines/all.json"
    fi
    rm -rf "$data"
}

round=1
while [ "$round" -le "$rounds" ]; do
    for workload in $workloads; do
        case $workload in
        book_*)
            echo "round $round of $rounds: $workload" >&2
            measure_todo "$workload"
            ;;
        esac
    done
    for count in $schedulers; do
        for workload in $workloads; do
            case $workload in book_*) continue ;; esac
            echo "round $round of $rounds, $count schedulers: $workload" >&2
            "$program" --schedulers "$count" "$workload" >>"$lines/all.json"
            # The calls of the runtime alone (_raw) are compared with the same figures of gen_server.
            if [ "$beam" = yes ] && grep -q "^workload($workload) ->" "$root/tests/bench/peers/erlang/bench.erl"; then
                erl +S "$count:$count" +P 20000000 -noshell -pa "$lines" -s bench main "$workload" >>"$lines/all.json"
            fi
        done
    done
    round=$((round + 1))
done
python3 "$root/tests/bench/compare.py" "$lines/all.json"
