// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>

#include <atomic>

#include "fixture.hpp"
#include "std_srvs/srv/set_bool.hpp"

using fixture::Ros;
using SetBool = std_srvs::srv::SetBool;
using namespace std::chrono_literals;

namespace
{

// How many calls are still to be refused as if the client's reader were not known yet.
std::atomic_int refusals{0};
std::atomic_int refused{0};

}  // namespace

// Stands before rcl's own function for every library of this process.
extern "C" RCL_PUBLIC rcl_ret_t rcl_send_response(const rcl_service_t * service, rmw_request_id_t * id,
                                                  void * response)
{
  static const auto real =
      reinterpret_cast<decltype(&rcl_send_response)>(dlsym(RTLD_NEXT, "rcl_send_response"));
  if (refusals > 0) {
    --refusals;
    ++refused;
    return RCL_RET_TIMEOUT;
  }
  return real(service, id, response);
}

namespace
{

class LateResponses : public Ros
{
 protected:
  void SetUp() override
  {
    Ros::SetUp();
    refused = 0;
    service = node->create_service<SetBool>(
        "flip", [](const SetBool::Request::SharedPtr request, SetBool::Response::SharedPtr response) {
          response->success = !request->data;
        });
    client = node->create_client<SetBool>("flip");
    ASSERT_TRUE(client->wait_for_service(10s));
  }
  void TearDown() override
  {
    refusals = 0;
    client.reset();
    service.reset();
    Ros::TearDown();
  }
  rclcpp::Service<SetBool>::SharedPtr service;
  rclcpp::Client<SetBool>::SharedPtr client;
};

}  // namespace

TEST_F(LateResponses, client_that_is_not_matched_yet_gets_its_answer_later)
{
  refusals = 5;
  auto future = client->async_send_request(std::make_shared<SetBool::Request>());
  ASSERT_EQ(rclcpp::spin_until_future_complete(node, future, 10s), rclcpp::FutureReturnCode::SUCCESS);
  EXPECT_TRUE(future.get()->success);
  EXPECT_EQ(refused, 5);
}

TEST_F(LateResponses, service_that_still_tries_can_be_destroyed)
{
  refusals = 1'000'000;
  auto future = client->async_send_request(std::make_shared<SetBool::Request>());
  ASSERT_TRUE(spin_until([] { return refused > 1; }));
  service.reset();
  const int after = refused;
  EXPECT_EQ(rclcpp::spin_until_future_complete(node, future, 20ms), rclcpp::FutureReturnCode::TIMEOUT);
  EXPECT_EQ(refused, after);
}

TEST_F(LateResponses, client_that_is_never_matched_holds_up_nobody)
{
  // A server whose answers are best effort never matches a client that wants them to be reliable.
  const auto best_effort = node->create_service<SetBool>(
      "odd", [](const SetBool::Request::SharedPtr, SetBool::Response::SharedPtr) {},
      rclcpp::ServicesQoS().best_effort());
  const auto lost = node->create_client<SetBool>("odd");
  const auto unanswered = lost->async_send_request(std::make_shared<SetBool::Request>());
  auto future = client->async_send_request(std::make_shared<SetBool::Request>());
  EXPECT_EQ(rclcpp::spin_until_future_complete(node, future, 10s), rclcpp::FutureReturnCode::SUCCESS);
  EXPECT_EQ(unanswered.wait_for(0s), std::future_status::timeout);
}
