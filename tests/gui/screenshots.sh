#!/bin/sh
# Pictures of every page of the running program: sh tests/gui/screenshots.sh OUTDIR [BUILD [OPTION…]]
# BUILD is a configured build folder with tests; without it build/dev, else build/screenshots, which is made.
# OPTIONs go to Qt (-reverse: right to left); QT_SCALE_FACTOR=2 makes pictures for a fine screen.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
if [ $# -lt 1 ]; then
    echo "usage: sh tests/gui/screenshots.sh OUTDIR [BUILD [OPTION…]]" >&2
    exit 2
fi
out=$1
shift
if [ $# -gt 0 ]; then
    build=$1
    shift
elif [ -f "$top/build/dev/CMakeCache.txt" ]; then
    build=$top/build/dev
else
    build=$top/build/screenshots
fi
if [ ! -f "$build/CMakeCache.txt" ]; then
    cmake -S "$top" -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 \
        -DCMAKE_BUILD_TYPE=Release
fi
cmake --build "$build" --target grove_screenshots
QT_QPA_PLATFORM=offscreen QT_SCALE_FACTOR="${QT_SCALE_FACTOR:-1}" \
    "$build/tests/gui/grove_screenshots" "$@" "$out"
