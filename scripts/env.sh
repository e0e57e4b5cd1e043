# Source me (bash or zsh) to use the workspace from a shell: `source scripts/env.sh && ros2 topic list`.
# Takes the ROS 2 that is sourced already; else the one that scripts/setup_env.sh made in .venv.
if [ -n "${BASH_SOURCE:-}" ]; then
  _carla_drl_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
else
  _carla_drl_root=$(cd "$(dirname "$0")/.." && pwd)
fi
for _carla_drl_file in .venv/setup.sh .underlay/install/setup.sh install/setup.sh; do
  if [ -f "$_carla_drl_root/$_carla_drl_file" ]; then
    COLCON_CURRENT_PREFIX=$(dirname "$_carla_drl_root/$_carla_drl_file")
    export COLCON_CURRENT_PREFIX
    . "$_carla_drl_root/$_carla_drl_file"
    unset COLCON_CURRENT_PREFIX
  fi
done
unset _carla_drl_root _carla_drl_file
