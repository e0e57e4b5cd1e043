// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/gateway_node.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "carla_gateway/monotonic_clock.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::FleetAction;
using carla_drl_msgs::msg::FleetObservation;
using carla_drl_msgs::msg::Heartbeat;
using carla_drl_msgs::msg::ObservationLayout;
using carla_drl_msgs::msg::SafetyEvent;
using std_srvs::srv::SetBool;

constexpr std::chrono::milliseconds kHeartbeatPeriod{100};
constexpr std::chrono::milliseconds kSocketTimeout{1000};
constexpr int kLogPeriodMs = 1000;

void fill(diagnostic_updater::DiagnosticStatusWrapper & status, const HealthReport & report)
{
  status.summary(static_cast<unsigned char>(report.level), report.message);
  for (const auto & [key, value] : report.values) {
    status.add(key, value);
  }
}

}  // namespace

GatewayNode::GatewayNode(const rclcpp::NodeOptions & options)
    : rclcpp::Node("gateway", options),
      parameters_(declare_gateway_parameters(*this)),
      health_(monotonic_ns(), parameters_.health),
      peers_(get_fully_qualified_name(), parameters_.simulator, parameters_.heartbeat_warn_s),
      observer_(parameters_.observer),
      gate_(parameters_.gate),
      updater_(this)
{
  const auto name = BridgeSocket::name_of(
      ::geteuid(), get_node_base_interface()->get_context()->get_domain_id(), parameters_.simulator);
  try {
    socket_ = std::make_unique<BridgeSocket>(name, static_cast<BridgeHandler &>(*this));
  } catch (const NameTaken & taken) {
    throw NameTaken("another gateway serves simulator '" + parameters_.simulator + "' (" + taken.what() +
                    "): stop it or set parameter 'simulator' to another name");
  }
  const std::string prefix = "/carla_drl/" + parameters_.simulator + "/";
  const auto latched = rclcpp::QoS(rclcpp::KeepLast(1)).reliable().transient_local();
  observation_publisher_ = create_publisher<FleetObservation>(prefix + "observation", latched);
  layout_publisher_ = create_publisher<ObservationLayout>(prefix + "observation_layout", latched);
  const auto heartbeats = rclcpp::QoS(rclcpp::KeepLast(10)).best_effort();
  heartbeat_publisher_ = create_publisher<Heartbeat>("/carla_drl/heartbeat", heartbeats);
  heartbeat_subscription_ = create_subscription<Heartbeat>(
      "/carla_drl/heartbeat", heartbeats, [this](const Heartbeat::ConstSharedPtr beat) {
        peers_.beat(beat->source, beat->sequence, monotonic_ns());
      });
  safety_publisher_ =
      create_publisher<SafetyEvent>(prefix + "safety_event", rclcpp::QoS(rclcpp::KeepLast(100)).reliable());
  emergency_stop_service_ = create_service<SetBool>(
      prefix + "emergency_stop",
      [this](const std::shared_ptr<SetBool::Request> request, std::shared_ptr<SetBool::Response> response) {
        on_emergency_stop(request->data, *response);
      });
  recorder_ = std::make_unique<FrameRecorder>(
      *this, parameters_.simulator, parameters_.record_sensors || parameters_.observer.images.any());
  resets_ = std::make_unique<ResetService>(*this, parameters_.simulator, *socket_);
  topics_ = std::make_unique<TopicPublisher>(*this, parameters_.simulator, parameters_.topics);
  actions_ = std::make_unique<ActionListener>(*this, prefix + "action",
                                              [this](const FleetAction & action) { on_action(action); });
  heartbeat_timer_ = create_wall_timer(kHeartbeatPeriod, [this] { on_heartbeat(); });
  updater_.setHardwareID(parameters_.simulator);
  updater_.add("loop", [this](diagnostic_updater::DiagnosticStatusWrapper & status) { report(status); });
  updater_.add("observed",
               [this](diagnostic_updater::DiagnosticStatusWrapper & status) { sensors_.report(status); });
  updater_.add("topics",
               [this](diagnostic_updater::DiagnosticStatusWrapper & status) { topics_->report(status); });
  updater_.add("peers", [this](diagnostic_updater::DiagnosticStatusWrapper & status) {
    fill(status, peers_.report(monotonic_ns()));
  });
  socket_thread_ = std::thread([this] { serve_socket(); });
  RCLCPP_INFO(get_logger(), "waiting for a bridge on socket '%s'", name.c_str());
}

GatewayNode::~GatewayNode()
{
  actions_.reset();
  stopping_ = true;
  socket_->wake();
  socket_thread_.join();
  socket_->say_bye();
}

void GatewayNode::serve_socket()
{
  try {
    while (!stopping_) {
      socket_->run_once(answer_pending_ ? time_to_answer() : kSocketTimeout);
      if (answer_pending_ && std::chrono::steady_clock::now() >= answer_due_) {
        answer_due_frame();
      }
    }
  } catch (const std::exception & error) {
    if (!get_node_base_interface()->get_context()->is_valid()) {
      return;  // a signal came while a session was being set up
    }
    RCLCPP_FATAL(get_logger(), "cannot serve the bridge any more: %s", error.what());
    failed_ = true;
    get_node_base_interface()->get_context()->shutdown(error.what());
  }
}

std::chrono::milliseconds GatewayNode::time_to_answer() const
{
  const auto left = answer_due_ - std::chrono::steady_clock::now();
  return std::clamp(std::chrono::ceil<std::chrono::milliseconds>(left), std::chrono::milliseconds(0),
                    kSocketTimeout);
}

void GatewayNode::schedule_answer()
{
  const auto now = std::chrono::steady_clock::now();
  const auto period = std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      std::chrono::duration<double>(ring_->info().step_s / parameters_.real_time_factor));
  answer_due_ += period;
  if (answer_due_ < now || answer_due_ > now + period) {
    answer_due_ = now + period;  // the first frame, or the simulator is slower than asked for: no catching up
  }
  answer_pending_ = true;
}

void GatewayNode::answer_due_frame()
{
  answer_pending_ = false;
  GateResult result;
  std::uint64_t frame = 0;
  bool sent = false;
  {
    const std::lock_guard<std::mutex> lock(gate_mutex_);
    result = gate_.answer();
    frame = gate_.frame();
    sent = socket_->send_control(gate_.session(), frame, gate_.controls().data(), gate_.num_agents());
  }
  log_judgement(result, frame);
  if (!result.fault.empty()) {
    health_.action_fault(result.fault);
  }
  health_.frame_answered(monotonic_ns(), sent);
}

void GatewayNode::on_hello(std::uint32_t session, UniqueFd ring)
{
  auto mapped = std::make_shared<const FrameRing>(ring);
  const RingInfo & info = mapped->info();
  if (info.session != session) {
    throw std::runtime_error("HELLO is of session " + std::to_string(session) + ", the ring of session " +
                             std::to_string(info.session));
  }
  world_ = read_world(*mapped);
  observer_.begin(*mapped, world_);
  sensors_.begin(observer_.images() == nullptr ? 0 : observer_.images()->sensors().size());
  ring_ = std::move(mapped);
}

void GatewayNode::on_welcomed()
{
  const RingInfo & info = ring_->info();
  recorder_->begin_session(*ring_);
  topics_->begin(ring_, world_);
  resets_->bridge_connected(info.num_agents);
  health_.bridge_connected(monotonic_ns(), info.session, info.num_agents);
  RCLCPP_INFO(get_logger(), "bridge connected: session %u, %u agents, %zu state values each, %g s per frame",
              info.session, info.num_agents, std::size_t{observer_.observation().state_dim}, info.step_s);
  publish_layout();  // last: who has a session's layout may ask for anything
}

void GatewayNode::publish_layout()
{
  ObservationLayout layout = observer_.layout(parameters_.simulator);
  if (layout != layout_) {
    layout_ = std::move(layout);
    layout_publisher_->publish(layout_);
  }
}

void GatewayNode::on_frame(std::uint64_t frame, std::uint32_t slot)
{
  const std::int64_t received_ns = monotonic_ns();
  FrameView view;
  FrameVerdict verdict;
  try {
    view = ring_->read(slot, frame);
    verdict = observer_.observe(*ring_, view);
  } catch (const FrameError & error) {
    report_sensors(error.what(), true);
    brake(frame, received_ns, error.what());
    return;
  } catch (const std::out_of_range & error) {
    throw ProtocolError(std::string("FRAME: ") + error.what());
  }
  report_sensors(verdict.fault, false);
  const FleetObservation & observation = observer_.observation();
  {
    // Before publishing: the answer may be here before publish() returns.
    const std::lock_guard<std::mutex> lock(gate_mutex_);
    gate_.open(observation.session, frame, observation.num_agents, observation.step_s,
               observation.status.data());
    frame_received_ns_ = received_ns;
  }
  if (parameters_.mode == Mode::kDrive) {
    schedule_answer();
  }
  if (verdict.fate == FrameFate::kLeaveOut) {
    leave_out(frame, verdict.fault);
  } else {
    if (observer_.raster_ns() > 0) {
      health_.raster_built(observer_.raster_ns());
    }
    observation_publisher_->publish(observation);
    health_.frame_published(view.written_ns, received_ns, monotonic_ns());
  }
  topics_->announce(view);
  recorder_->record(*ring_, view);  // last: the policy works on the frame meanwhile
}

void GatewayNode::report_sensors(const std::string & fault, bool unusable)
{
  if (const SensorImages * images = observer_.images()) {
    const bool worse = sensors_.judged(images->counters(), fault, unusable, observer_.images_ns());
    report_soon_ = report_soon_ || worse;
  }
}

void GatewayNode::leave_out(std::uint64_t frame, const std::string & fault)
{
  if (parameters_.mode == Mode::kDrive) {
    return;  // answered when it is due, with the newest action there is
  }
  bool repeated = false;
  bool sent = false;
  {
    const std::lock_guard<std::mutex> lock(gate_mutex_);
    repeated = gate_.repeat();
    sent = socket_->send_control(gate_.session(), frame, gate_.controls().data(), gate_.num_agents());
  }
  if (!repeated) {
    health_.frame_unusable(monotonic_ns(), fault);
  }
  health_.frame_answered(monotonic_ns(), sent);
}

void GatewayNode::brake(std::uint64_t frame, std::int64_t received_ns, const std::string & why)
{
  bool sent = false;
  {
    const std::lock_guard<std::mutex> lock(gate_mutex_);
    const RingInfo & info = ring_->info();
    gate_.open(info.session, frame, info.num_agents, static_cast<float>(info.step_s));
    gate_.brake_all();
    frame_received_ns_ = received_ns;
    sent = socket_->send_control(gate_.session(), frame, gate_.controls().data(), gate_.num_agents());
  }
  health_.frame_unusable(monotonic_ns(), why);
  health_.frame_answered(monotonic_ns(), sent);
  RCLCPP_ERROR_THROTTLE(get_logger(), steady_clock_, kLogPeriodMs,
                        "frame not published, all agents brake: %s", why.c_str());
}

void GatewayNode::on_action(const FleetAction & action)
{
  const std::int64_t received_ns = monotonic_ns();
  const ActionView view = {action.session, action.frame, action.num_agents, action.action.data(),
                           action.action.size()};
  GateResult result;
  std::int64_t frame_received_ns = 0;
  bool sent = true;
  {
    const std::lock_guard<std::mutex> lock(gate_mutex_);
    const bool lock_step = parameters_.mode == Mode::kLockStep;
    result = lock_step ? gate_.check(view) : gate_.latch(view);
    frame_received_ns = frame_received_ns_;
    if (lock_step && result.verdict == Verdict::kAccepted) {
      health_.frame_answered(monotonic_ns(),
                             true);  // first: the next frame may be here before this thread goes on
      sent = socket_->send_control(action.session, action.frame, gate_.controls().data(), action.num_agents);
    }
  }
  health_.action_judged(result, frame_received_ns, received_ns, monotonic_ns());
  if (!sent) {
    health_.frame_answered(monotonic_ns(), false);
    RCLCPP_ERROR_THROTTLE(get_logger(), steady_clock_, kLogPeriodMs,
                          "the bridge is gone or does not read: CONTROL of frame %lu is lost",
                          static_cast<unsigned long>(action.frame));
  }
  log_judgement(result, action.frame);
}

void GatewayNode::log_judgement(const GateResult & result, std::uint64_t frame)
{
  if (!result.fault.empty()) {
    RCLCPP_ERROR_THROTTLE(get_logger(), steady_clock_, kLogPeriodMs, "action of frame %lu%s: %s",
                          static_cast<unsigned long>(frame),
                          result.verdict == Verdict::kRejected ? " rejected" : "", result.fault.c_str());
  }
}

void GatewayNode::on_emergency_stop(bool on, SetBool::Response & response)
{
  {
    const std::lock_guard<std::mutex> lock(gate_mutex_);
    gate_.set_emergency_stop(on);
  }
  report_soon_ = true;
  response.success = true;
  response.message = on ? "all agents brake with every frame from now on" : "agents drive again";
  RCLCPP_WARN(get_logger(), "emergency stop %s: %s", on ? "on" : "off", response.message.c_str());
}

void GatewayNode::publish_interventions()
{
  std::vector<InterventionSummary> summaries;
  std::array<std::uint64_t, kInterventionKinds> totals = {};
  bool emergency_stop = false;
  {
    const std::lock_guard<std::mutex> lock(gate_mutex_);
    summaries = gate_.interventions().take();
    totals = gate_.interventions().totals();
    emergency_stop = gate_.emergency_stop();
  }
  health_.gate_state(totals, emergency_stop);
  for (InterventionSummary & summary : summaries) {
    SafetyEvent event;
    event.stamp = wall_clock_.now();
    event.simulator = parameters_.simulator;
    event.session = summary.session;
    event.kind = static_cast<std::uint8_t>(summary.kind);
    event.first_frame = summary.first_frame;
    event.last_frame = summary.last_frame;
    event.count = summary.count;
    event.agents = std::move(summary.agents);
    safety_publisher_->publish(event);
  }
}

void GatewayNode::on_reset_done(std::uint64_t request, std::uint64_t frame)
{
  if (!resets_->done(request, frame)) {
    RCLCPP_WARN(get_logger(), "the bridge answered reset %lu, which nobody waits for any more",
                static_cast<unsigned long>(request));
  }
}

void GatewayNode::on_bridge_gone(const BridgeEnd & end)
{
  {
    const std::lock_guard<std::mutex> lock(gate_mutex_);
    gate_.close();
  }
  topics_->end();
  ring_.reset();
  answer_pending_ = false;
  resets_->bridge_gone(end.reason);
  health_.bridge_gone(end);
  report_soon_ = true;
  if (end.kind == BridgeEnd::Kind::kBye) {
    RCLCPP_INFO(get_logger(), "the bridge shut down; waiting for the next one");
  } else {
    RCLCPP_ERROR(get_logger(), "the bridge is lost: %s; waiting for the next one", end.reason.c_str());
  }
}

void GatewayNode::on_peer_refused(const std::string & reason)
{
  health_.peer_refused();
  RCLCPP_WARN_THROTTLE(get_logger(), steady_clock_, kLogPeriodMs, "refused a connection: %s", reason.c_str());
}

void GatewayNode::on_heartbeat()
{
  Heartbeat heartbeat;
  heartbeat.stamp = wall_clock_.now();
  heartbeat.source = get_fully_qualified_name();
  heartbeat.sequence = heartbeat_sequence_++;
  heartbeat_publisher_->publish(heartbeat);
  resets_->expire();
  topics_->refresh();
  publish_interventions();
  const std::int64_t now_ns = monotonic_ns();
  if (report_soon_.exchange(false) || health_.worse_than_reported(now_ns) ||
      peers_.worse_than_reported(now_ns)) {
    updater_.force_update();
  }
}

void GatewayNode::report(diagnostic_updater::DiagnosticStatusWrapper & status)
{
  publish_interventions();  // so that the report knows them all
  fill(status, health_.report(monotonic_ns()));
}

}  // namespace carla_gateway

#include <rclcpp_components/register_node_macro.hpp>

RCLCPP_COMPONENTS_REGISTER_NODE(carla_gateway::GatewayNode)
