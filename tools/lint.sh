#!/usr/bin/env bash
# Formatting, clang-tidy and the floors. `--fix` formats in place.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t files < <(git ls-files '*.h' '*.cc')
if [ "${1:-}" = --fix ]; then clang-format-19 -i "${files[@]}"; else clang-format-19 --dry-run --Werror "${files[@]}"; fi
python3 tools/floors.py .
mapfile -t sources < <(git ls-files 'proto/*.cc' 'store/*.cc' 'sampler/*.cc' 'query/*.cc' 'tools/*.cc')
printf '%s\0' "${sources[@]}" | xargs -0 -n 4 -P "$(nproc)" clang-tidy-19 -p build --quiet
