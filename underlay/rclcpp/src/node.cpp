// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/node.hpp"

#include "parameter_services.hpp"
#include "time_source.hpp"

namespace rclcpp
{

Node::Node(const std::string & node_name, const NodeOptions & options) : Node(node_name, "", options)
{
}

Node::Node(const std::string & node_name, const std::string & namespace_, const NodeOptions & options)
    : options_(options),
      base_(std::make_shared<node_interfaces::NodeBaseInterface>(node_name, namespace_, options.context(),
                                                                 *options.make_rcl_node_options(),
                                                                 options.use_intra_process_comms())),
      logging_(std::make_shared<node_interfaces::NodeLoggingInterface>(*base_)),
      graph_(std::make_shared<node_interfaces::NodeGraphInterface>(base_.get())),
      timers_(std::make_shared<node_interfaces::NodeTimersInterface>(base_.get())),
      topics_(std::make_shared<node_interfaces::NodeTopicsInterface>(base_.get())),
      services_(std::make_shared<node_interfaces::NodeServicesInterface>(base_.get())),
      clock_(std::make_shared<node_interfaces::NodeClockInterface>(options.clock_type())),
      parameters_(std::make_shared<node_interfaces::NodeParametersInterface>(*base_, clock_, options))
{
  if (options.start_parameter_services()) {
    parameter_services_ = std::make_shared<detail::ParameterServices>(*base_, *services_, *parameters_);
  }
  time_source_ = std::make_shared<detail::TimeSource>(base_, clock_, parameters_, options.clock_qos());
}

Node::~Node()
{
  // What holds callbacks into the others goes first.
  time_source_.reset();
  parameter_services_.reset();
}

}  // namespace rclcpp
