// SPDX-License-Identifier: Apache-2.0
#ifndef DIAGNOSTIC_UPDATER__DIAGNOSTIC_UPDATER_HPP_
#define DIAGNOSTIC_UPDATER__DIAGNOSTIC_UPDATER_HPP_

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "diagnostic_msgs/msg/diagnostic_array.hpp"
#include "diagnostic_updater/diagnostic_status_wrapper.hpp"
#include "rclcpp/rclcpp.hpp"

namespace diagnostic_updater
{

using TaskFunction = std::function<void(DiagnosticStatusWrapper &)>;

/// Something that fills a status each time it is asked.
class DiagnosticTask
{
 public:
  explicit DiagnosticTask(const std::string & name) : name_(name) {}
  virtual ~DiagnosticTask() = default;
  const std::string & getName() { return name_; }
  virtual void run(DiagnosticStatusWrapper & stat) = 0;

 private:
  const std::string name_;
};

/// A task that is a function.
template <class T>
class GenericFunctionDiagnosticTask : public DiagnosticTask
{
 public:
  GenericFunctionDiagnosticTask(const std::string & name, std::function<void(T &)> fn)
      : DiagnosticTask(name), fn_(std::move(fn))
  {
  }
  void run(DiagnosticStatusWrapper & stat) override { fn_(stat); }

 private:
  std::function<void(T &)> fn_;
};

using FunctionDiagnosticTask = GenericFunctionDiagnosticTask<DiagnosticStatusWrapper>;

/// Several tasks in one status: worst level, messages and values of all. Tasks must outlive it.
class CompositeDiagnosticTask : public DiagnosticTask
{
 public:
  explicit CompositeDiagnosticTask(const std::string & name) : DiagnosticTask(name) {}
  void run(DiagnosticStatusWrapper & stat) override;
  void addTask(DiagnosticTask * t) { tasks_.push_back(t); }

 private:
  std::vector<DiagnosticTask *> tasks_;
};

/// A list of tasks; adding and removing may happen in any thread.
class DiagnosticTaskVector
{
 public:
  virtual ~DiagnosticTaskVector() = default;

  void add(const std::string & name, TaskFunction f);
  /// The task must outlive its place in the list.
  void add(DiagnosticTask & task);
  template <class T>
  void add(const std::string name, T * c, void (T::*f)(DiagnosticStatusWrapper &))
  {
    add(name, [c, f](DiagnosticStatusWrapper & stat) { (c->*f)(stat); });
  }
  /// \return whether there was one of that name
  bool removeByName(const std::string & name);

 protected:
  class DiagnosticTaskInternal
  {
   public:
    DiagnosticTaskInternal(const std::string & name, TaskFunction f) : name_(name), fn_(std::move(f)) {}
    void run(DiagnosticStatusWrapper & stat) const
    {
      stat.name = name_;
      fn_(stat);
    }
    const std::string & getName() const { return name_; }

   private:
    std::string name_;
    TaskFunction fn_;
  };

  /// Called, under the lock, for each task that is added.
  virtual void addedTaskCallback(DiagnosticTaskInternal & /*task*/) {}
  void addInternal(DiagnosticTaskInternal & task);

  std::recursive_mutex lock_;
  std::vector<DiagnosticTaskInternal> tasks_;
};

/// Runs its tasks once per period and publishes what they say on /diagnostics. Parameters of the node:
/// diagnostic_updater.period (seconds, default 1) and diagnostic_updater.use_fqn (names with namespace).
class Updater : public DiagnosticTaskVector
{
 public:
  bool verbose_ = false;

  /// \param node pointer to a node; \param period seconds between reports
  template <class NodeT>
  explicit Updater(NodeT node, double period = 1.0)
      : Updater(node->get_node_base_interface(), node->get_node_clock_interface(),
                node->get_node_logging_interface(), node->get_node_parameters_interface(),
                node->get_node_timers_interface(), node->get_node_topics_interface(), period)
  {
  }

  /// \throws rclcpp::exceptions::InvalidParameterValueException if the period is not positive
  Updater(std::shared_ptr<rclcpp::node_interfaces::NodeBaseInterface> base_interface,
          std::shared_ptr<rclcpp::node_interfaces::NodeClockInterface> clock_interface,
          std::shared_ptr<rclcpp::node_interfaces::NodeLoggingInterface> logging_interface,
          std::shared_ptr<rclcpp::node_interfaces::NodeParametersInterface> parameters_interface,
          std::shared_ptr<rclcpp::node_interfaces::NodeTimersInterface> timers_interface,
          std::shared_ptr<rclcpp::node_interfaces::NodeTopicsInterface> topics_interface,
          double period = 1.0);
  ~Updater() override;

  rclcpp::Duration getPeriod() const { return period_; }
  void setPeriod(rclcpp::Duration period);
  void setPeriod(double period) { setPeriod(rclcpp::Duration::from_seconds(period)); }

  /// Report now, whatever the period.
  void force_update() { update(); }
  /// Report one level and message for all tasks, without running them.
  void broadcast(unsigned char lvl, const std::string msg);
  void setHardwareID(const std::string & hwid) { hwid_ = hwid; }
  void setHardwareIDf(const char * format, ...) __attribute__((format(printf, 2, 3)));

 private:
  void reset_timer();
  void update();
  void publish(diagnostic_msgs::msg::DiagnosticStatus & stat);
  void publish(std::vector<diagnostic_msgs::msg::DiagnosticStatus> & status);
  void addedTaskCallback(DiagnosticTaskInternal & task) override;

  std::shared_ptr<rclcpp::node_interfaces::NodeBaseInterface> base_interface_;
  std::shared_ptr<rclcpp::node_interfaces::NodeTimersInterface> timers_interface_;
  rclcpp::Clock::SharedPtr clock_;
  rclcpp::Duration period_;
  rclcpp::TimerBase::SharedPtr update_timer_;
  rclcpp::Publisher<diagnostic_msgs::msg::DiagnosticArray>::SharedPtr publisher_;
  rclcpp::Logger logger_;
  std::string hwid_;
  std::string node_name_;
  bool warn_nohwid_done_ = false;
};

}  // namespace diagnostic_updater

#endif  // DIAGNOSTIC_UPDATER__DIAGNOSTIC_UPDATER_HPP_
