// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/gateway_node.hpp"
#include "carla_gateway/node_main.hpp"

int main(int argc, char ** argv)
{
  using carla_gateway::GatewayNode;
  return carla_gateway::main_of(argc, argv, "gateway_node", [] {
    return carla_gateway::run_node<GatewayNode, carla_gateway::NameTaken>(
        "gateway", [](const GatewayNode & node) { return node.failed(); });
  });
}
