// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/node_main.hpp"
#include "carla_gateway/topic_observer_node.hpp"

int main(int argc, char ** argv)
{
  using carla_gateway::TopicObserverNode;
  return carla_gateway::main_of(argc, argv, "topic_observer_node", [] {
    return carla_gateway::run_node<TopicObserverNode>("topic_observer",
                                                      [](const TopicObserverNode &) { return false; });
  });
}
