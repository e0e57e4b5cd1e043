# Source me from bash or zsh to use the workspace in a shell: `source scripts/env.sh && ros2 topic list`.
# Takes the ROS 2 that is sourced already; else the one that scripts/setup_env.sh made in .venv.
if [ -n "${ZSH_VERSION:-}" ]; then
  _carla_drl_root=${0:A:h:h} _carla_drl_shell=zsh
else
  _carla_drl_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd) _carla_drl_shell=bash
fi
for _carla_drl_prefix in .venv .underlay/install install; do
  if [ -f "$_carla_drl_root/$_carla_drl_prefix/local_setup.$_carla_drl_shell" ]; then
    . "$_carla_drl_root/$_carla_drl_prefix/local_setup.$_carla_drl_shell"
  fi
done
unset _carla_drl_root _carla_drl_shell _carla_drl_prefix
