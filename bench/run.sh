#!/usr/bin/env bash
# All measurements, side by side with peers where there are any. bench/run.sh [micro|compression|store|cost|accelerators|shipping|lateness|queries]...; all of them take over an hour.
set -euo pipefail
cd "$(dirname "$0")/.."
what=("$@"); [ $# -gt 0 ] || what=(micro compression store cost accelerators shipping lateness queries)
for one in "${what[@]}"; do
  case $one in
    micro)
      cmake --build build --target bench_store bench_sampler bench_query bench_scrape bench_alias bench_events
      for b in store sampler query scrape alias events; do build/bench/bench_$b --benchmark_repetitions=3 --benchmark_report_aggregates_only=true; done ;;
    compression)
      cmake --build build --target compression_bench
      python3 bench/compression.py --traces "${TACHO_TRACES:-../shared/acceptance/traces}" ;;
    store)
      cmake --build build --target row_commit_bench seal_bench window_bench
      traces=$(mktemp -d); trap 'rm -rf "$traces"' EXIT
      python3 bench/traces.py --no-own --out "$traces" --traces "${TACHO_TRACES:-../shared/acceptance/traces}"
      build/bench/row_commit_bench
      build/bench/seal_bench --traces "$traces"
      # Days of seconds: on a tmpfs, for their syncs are not what is asked.
      TMPDIR=/dev/shm build/bench/window_bench --traces "$traces" ;;
    cost)
      cmake --build build --target host_cost_bench
      build/bench/host_cost_bench --pause-ms 20
      python3 bench/cost.py --tacho build/tacho --seconds 120
      python3 bench/scrape_cost.py --tacho build/tacho --seconds 130
      python3 bench/scrape_cost.py --tacho build/tacho --seconds 130 --churn ;;
    accelerators)
      cmake --build build --target fake_nvml bench_accel
      build/bench/bench_accel --benchmark_repetitions=3 --benchmark_report_aggregates_only=true
      python3 bench/accel_cost.py --tacho build/tacho --library build/tests/libfake_nvml.so --seconds 120 ;;
    shipping)
      cmake --build build --target stampede_bench
      build/bench/stampede_bench
      python3 bench/ship_bytes.py --tacho build/tacho --minutes 30 ;;
    lateness) python3 bench/lateness.py --tacho build/tacho --minutes 10 ;;
    queries)
      cmake --build build --target fill_node_bench
      traces=$(mktemp -d); trap 'rm -rf "$traces"' EXIT
      python3 bench/traces.py --no-own --out "$traces" --traces "${TACHO_TRACES:-../shared/acceptance/traces}"
      python3 bench/query_hour.py --tacho build/tacho --fill build/bench/fill_node_bench --traces "$traces"
      python3 bench/query_load.py --tacho build/tacho --minutes 5 --quiet 2 ;;
    *) echo "bench/run.sh: there is no measurement '$one' (micro, compression, store, cost, accelerators, shipping, lateness, queries)" >&2; exit 2 ;;
  esac
done
