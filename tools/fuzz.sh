#!/usr/bin/env bash
# Runs every fuzz target (tests/fuzz/*_fuzz.cc) for SECONDS (60) under clang's libFuzzer with ASan and UBSan. Inputs that found
# something stay in build-fuzz/; keep them as tests.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
launcher=(); command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
cmake -G Ninja -B build-fuzz -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_BUILD_TYPE=Debug -DTACHO_SANITIZE=fuzzer-no-link,address,undefined \
  -DTACHO_TESTS=OFF -DTACHO_BENCH=OFF -DTACHO_FUZZ=ON "${launcher[@]}" >/dev/null
cmake --build build-fuzz --target fuzz_all
for target in build-fuzz/tests/fuzz/*_fuzz; do
  name=$(basename "$target"); corpus=build-fuzz/corpus/$name; mkdir -p "$corpus"
  echo "== $name, $seconds s"
  "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -artifact_prefix="build-fuzz/$name-" -print_final_stats=1 "$corpus" tests/fuzz/corpus/"$name" 2>&1 | tail -12
done
