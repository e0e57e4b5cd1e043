#!/usr/bin/env bash
# Check (or with --fix repair) the style of the whole tree: ruff, mypy --strict on the pure cores, clang-format.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
fix=false
[ "${1:-}" = --fix ] && fix=true
status=0
mapfile -t cpp < <(git ls-files '*.cpp' '*.hpp' '*.h')
if $fix; then
  ruff check --fix . || status=1
  ruff format . || status=1
  [ ${#cpp[@]} -eq 0 ] || clang-format -i "${cpp[@]}"
else
  ruff check . || status=1
  ruff format --check . || status=1
  [ ${#cpp[@]} -eq 0 ] || clang-format --dry-run -Werror "${cpp[@]}" || status=1
fi
check_types() {
  local output
  output=$(cd "src/$1" && mypy --config-file ../../pyproject.toml "$1" 2>&1) || { printf '%s\n' "$output"; return 1; }
  printf '%s: %s\n' "$1" "$output"
}
checks=()
for package in carla_drl_sim carla_sensor_bridge drl_agent_node carla_drl_tools; do
  check_types $package &
  checks+=($!)
done
for check in "${checks[@]}"; do
  wait "$check" || status=1
done
exit $status
