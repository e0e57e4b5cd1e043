#!/usr/bin/env bash
# Build the C++ packages with the address and undefined-behaviour sanitizers into .sanitize/ and run their tests.
# Takes some ten minutes on two cores: for nights and for changes of C++ code, not for every commit.
#
# usage: scripts/sanitize.sh [package ...]   (default: all packages with C++ code, after `make setup`)
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
set +u # colcon's setup files read unset variables
source scripts/env.sh

packages=("$@")
bases=(src/carla_gateway)
if [ -d .underlay/install ]; then # with a ROS 2 install, its own packages are not ours to test
  bases+=(underlay/rclcpp underlay/rclcpp_components underlay/diagnostic_updater)
fi
[ ${#packages[@]} -gt 0 ] || packages=("${bases[@]##*/}")

# By environment, so that what the tests themselves compile has them, too.
export CXXFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -O1 -g"
# The sanitizer calls dlopen() in the program's place: only the older kind of run path counts for both.
export LDFLAGS="-fsanitize=address,undefined -Wl,--disable-new-dtags"
export ASAN_OPTIONS="detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1:check_initialization_order=1"
export UBSAN_OPTIONS="print_stacktrace=1"

colcon --log-base .sanitize/log build --merge-install --base-paths "${bases[@]}" \
  --build-base .sanitize/build --install-base .sanitize/install \
  --event-handlers console_cohesion- status- --packages-select "${packages[@]}" \
  --cmake-args -DCMAKE_BUILD_TYPE=None -DBUILD_TESTING=ON --no-warn-unused-cli
source .sanitize/install/local_setup.bash
status=0
colcon --log-base .sanitize/log test --merge-install --base-paths "${bases[@]}" \
  --build-base .sanitize/build --install-base .sanitize/install \
  --executor sequential --event-handlers console_cohesion+ status- --packages-select "${packages[@]}" || status=1
colcon test-result --test-result-base .sanitize/build || status=1
exit $status
