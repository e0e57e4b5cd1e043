// SPDX-License-Identifier: Apache-2.0
#include "diagnostic_updater/diagnostic_updater.hpp"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <exception>

namespace diagnostic_updater
{

using diagnostic_msgs::msg::DiagnosticArray;
using diagnostic_msgs::msg::DiagnosticStatus;

void CompositeDiagnosticTask::run(DiagnosticStatusWrapper & stat)
{
  DiagnosticStatusWrapper combined;
  for (DiagnosticTask * task : tasks_) {
    DiagnosticStatusWrapper part;
    part.name = stat.name;
    part.hardware_id = stat.hardware_id;
    part.summary(DiagnosticStatus::ERROR, "No message was set");
    task->run(part);
    combined.mergeSummary(part);
    combined.values.insert(combined.values.end(), part.values.begin(), part.values.end());
  }
  stat.summary(combined);
  stat.values.insert(stat.values.end(), combined.values.begin(), combined.values.end());
}

void DiagnosticTaskVector::add(const std::string & name, TaskFunction f)
{
  DiagnosticTaskInternal task(name, std::move(f));
  addInternal(task);
}

void DiagnosticTaskVector::add(DiagnosticTask & task)
{
  add(task.getName(), [&task](DiagnosticStatusWrapper & stat) { task.run(stat); });
}

bool DiagnosticTaskVector::removeByName(const std::string & name)
{
  const std::lock_guard<std::recursive_mutex> lock(lock_);
  const auto found =
      std::find_if(tasks_.begin(), tasks_.end(), [&](const auto & task) { return task.getName() == name; });
  if (found == tasks_.end()) {
    return false;
  }
  tasks_.erase(found);
  return true;
}

void DiagnosticTaskVector::addInternal(DiagnosticTaskInternal & task)
{
  const std::lock_guard<std::recursive_mutex> lock(lock_);
  tasks_.push_back(task);
  addedTaskCallback(task);
}

namespace
{

rclcpp::ParameterValue declare_once(rclcpp::node_interfaces::NodeParametersInterface & parameters,
                                    const std::string & name, const rclcpp::ParameterValue & value,
                                    const std::string & description)
{
  if (parameters.has_parameter(name)) {  // a second updater of the node
    return parameters.get_parameter(name).get_parameter_value();
  }
  rcl_interfaces::msg::ParameterDescriptor descriptor;
  descriptor.description = description;
  return parameters.declare_parameter(name, value, descriptor);
}

}  // namespace

Updater::Updater(std::shared_ptr<rclcpp::node_interfaces::NodeBaseInterface> base_interface,
                 std::shared_ptr<rclcpp::node_interfaces::NodeClockInterface> clock_interface,
                 std::shared_ptr<rclcpp::node_interfaces::NodeLoggingInterface> logging_interface,
                 std::shared_ptr<rclcpp::node_interfaces::NodeParametersInterface> parameters_interface,
                 std::shared_ptr<rclcpp::node_interfaces::NodeTimersInterface> timers_interface,
                 std::shared_ptr<rclcpp::node_interfaces::NodeTopicsInterface> topics_interface,
                 double period)
    : base_interface_(std::move(base_interface)),
      timers_interface_(std::move(timers_interface)),
      clock_(clock_interface->get_clock()),
      period_(rclcpp::Duration::from_seconds(period)),
      publisher_(std::make_shared<rclcpp::Publisher<DiagnosticArray>>(
          topics_interface->get_node_base_interface(), "/diagnostics", rclcpp::QoS(1),
          rclcpp::PublisherOptions())),
      logger_(logging_interface->get_logger()),
      node_name_(base_interface_->get_name())
{
  constexpr char period_name[] = "diagnostic_updater.period";
  const double seconds = declare_once(*parameters_interface, period_name, rclcpp::ParameterValue(period),
                                      "Seconds between two reports on /diagnostics.")
                             .get<double>();
  if (!(seconds > 0.0)) {
    throw rclcpp::exceptions::InvalidParameterValueException("parameter '" + std::string(period_name) +
                                                             "' is " + std::to_string(seconds) +
                                                             "; allowed: above 0 (seconds)");
  }
  period_ = rclcpp::Duration::from_seconds(seconds);
  if (declare_once(*parameters_interface, "diagnostic_updater.use_fqn", rclcpp::ParameterValue(false),
                   "Report under the node's name with its namespace.")
          .get<bool>()) {
    node_name_ = base_interface_->get_fully_qualified_name();
  }
  reset_timer();
}

Updater::~Updater()
{
  update_timer_->cancel();
}

void Updater::setPeriod(rclcpp::Duration period)
{
  if (period <= rclcpp::Duration(0, 0)) {
    throw std::invalid_argument("diagnostic_updater: period is " + std::to_string(period.seconds()) +
                                " s; allowed: above 0");
  }
  period_ = period;
  reset_timer();
}

void Updater::reset_timer()
{
  update_timer_ =
      rclcpp::create_timer(base_interface_, timers_interface_, clock_, period_, [this]() { update(); });
}

void Updater::update()
{
  std::vector<DiagnosticStatus> statuses;
  {
    const std::lock_guard<std::recursive_mutex> lock(lock_);
    bool no_hardware_id = hwid_.empty();
    for (const auto & task : tasks_) {
      DiagnosticStatusWrapper status;
      status.name = task.getName();
      status.level = DiagnosticStatus::ERROR;
      status.message = "No message was set";
      status.hardware_id = hwid_;
      try {
        task.run(status);
      } catch (const std::exception & error) {
        status.summary(DiagnosticStatus::ERROR, std::string("Uncaught exception: ") + error.what());
      }
      no_hardware_id = no_hardware_id && status.level == DiagnosticStatus::OK;
      if (verbose_ && status.level != DiagnosticStatus::OK) {
        RCLCPP_WARN(logger_, "Non-zero diagnostic status. Name: '%s', status %i: '%s'", status.name.c_str(),
                    status.level, status.message.c_str());
      }
      statuses.push_back(status);
    }
    if (no_hardware_id && !statuses.empty() && !warn_nohwid_done_) {
      RCLCPP_DEBUG(logger_, "diagnostic_updater: no hardware id was set with setHardwareID()");
      warn_nohwid_done_ = true;
    }
  }
  publish(statuses);
}

void Updater::broadcast(unsigned char lvl, const std::string msg)
{
  std::vector<DiagnosticStatus> statuses;
  {
    const std::lock_guard<std::recursive_mutex> lock(lock_);
    for (const auto & task : tasks_) {
      DiagnosticStatusWrapper status;
      status.name = task.getName();
      status.hardware_id = hwid_;
      status.summary(lvl, msg);
      statuses.push_back(status);
    }
  }
  publish(statuses);
}

void Updater::setHardwareIDf(const char * format, ...)
{
  char buffer[1000];
  va_list arguments;
  va_start(arguments, format);
  const int length = std::vsnprintf(buffer, sizeof(buffer), format, arguments);
  va_end(arguments);
  if (length >= static_cast<int>(sizeof(buffer))) {
    RCLCPP_DEBUG(logger_, "Really long string in setHardwareIDf, it was truncated.");
  }
  hwid_ = buffer;
}

void Updater::publish(DiagnosticStatus & stat)
{
  std::vector<DiagnosticStatus> status{stat};
  publish(status);
}

void Updater::publish(std::vector<DiagnosticStatus> & status)
{
  for (auto & entry : status) {
    entry.name = node_name_ + ": " + entry.name;
  }
  DiagnosticArray message;
  message.status = std::move(status);
  message.header.stamp = clock_->now();
  publisher_->publish(message);
}

void Updater::addedTaskCallback(DiagnosticTaskInternal & task)
{
  DiagnosticStatusWrapper status;
  status.name = task.getName();
  status.hardware_id = hwid_;
  status.summary(DiagnosticStatus::OK, "Node starting up");
  publish(status);
}

}  // namespace diagnostic_updater
