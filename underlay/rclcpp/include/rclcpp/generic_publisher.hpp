// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__GENERIC_PUBLISHER_HPP_
#define RCLCPP__GENERIC_PUBLISHER_HPP_

#include <memory>
#include <string>
#include <utility>

#include "rclcpp/publisher_base.hpp"
#include "rclcpp/serialized_message.hpp"
#include "rclcpp/typesupport_helpers.hpp"

namespace rclcpp
{

/// Publishes bytes on a topic whose type is known at run time.
class RCLCPP_PUBLIC GenericPublisher : public PublisherBase
{
 public:
  RCLCPP_SMART_PTR_DEFINITIONS(GenericPublisher)

  /// \throws std::runtime_error if the type is not there; see PublisherBase
  GenericPublisher(node_interfaces::NodeBaseInterface * node_base,
                   std::shared_ptr<rcpputils::SharedLibrary> library, const std::string & topic,
                   const std::string & type, const QoS & qos)
      : PublisherBase(node_base, topic,
                      *get_message_typesupport_handle(type, "rosidl_typesupport_cpp", *library), qos),
        library_(std::move(library))
  {
  }
  ~GenericPublisher() override { handle_.reset(); }  // before the library that it uses

  void publish(const SerializedMessage & message)
  {
    publish_serialized(message.get_rcl_serialized_message());
  }

 private:
  std::shared_ptr<rcpputils::SharedLibrary> library_;
};

}  // namespace rclcpp

#endif  // RCLCPP__GENERIC_PUBLISHER_HPP_
