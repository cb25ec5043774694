#!/usr/bin/env bash
# All measurements, side by side with peers where there are any. bench/run.sh [micro|compression|cost|lateness]...; all of them take a quarter of an hour.
set -euo pipefail
cd "$(dirname "$0")/.."
what=("$@"); [ $# -gt 0 ] || what=(micro compression cost lateness)
for one in "${what[@]}"; do
  case $one in
    micro)
      cmake --build build --target bench_store bench_sampler bench_query
      for b in store sampler query; do build/bench/bench_$b --benchmark_repetitions=3 --benchmark_report_aggregates_only=true; done ;;
    compression)
      cmake --build build --target compression_bench
      python3 bench/compression.py --traces "${TACHO_TRACES:-../shared/acceptance/traces}" ;;
    cost) python3 bench/cost.py --tacho build/tacho --seconds 120 ;;
    lateness) python3 bench/lateness.py --tacho build/tacho --minutes 10 ;;
    *) echo "bench/run.sh: there is no measurement '$one' (micro, compression, cost, lateness)" >&2; exit 2 ;;
  esac
done
