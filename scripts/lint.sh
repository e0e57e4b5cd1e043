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
for package in src/carla_drl_sim/carla_drl_sim src/carla_sensor_bridge/carla_sensor_bridge src/drl_agent_node/drl_agent_node src/carla_drl_tools/carla_drl_tools; do
  (cd "$(dirname "$package")" && mypy --config-file ../../pyproject.toml "$(basename "$package")") || status=1
done
exit $status
