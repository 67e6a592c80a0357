#!/bin/sh
# Pictures of every page of the running program: sh tests/gui/screenshots.sh OUTDIR [BUILD]
# BUILD is a configured build folder; without it, one is made in build/screenshots.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
if [ $# -lt 1 ]; then
    echo "usage: sh tests/gui/screenshots.sh OUTDIR [BUILD]" >&2
    exit 2
fi
out=$1
build=${2:-$top/build/screenshots}
if [ ! -f "$build/CMakeCache.txt" ]; then
    cmake -S "$top" -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 \
        -DCMAKE_BUILD_TYPE=Release
fi
cmake --build "$build" --target grove_screenshots
QT_QPA_PLATFORM=offscreen QT_SCALE_FACTOR=1 "$build/tests/gui/grove_screenshots" "$out"
