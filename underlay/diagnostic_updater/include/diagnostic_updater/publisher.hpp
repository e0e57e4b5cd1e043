// SPDX-License-Identifier: Apache-2.0
#ifndef DIAGNOSTIC_UPDATER__PUBLISHER_HPP_
#define DIAGNOSTIC_UPDATER__PUBLISHER_HPP_

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "diagnostic_updater/update_functions.hpp"

namespace diagnostic_updater
{

/// Watches how often a topic's messages come; call tick() for each. Must not outlive the updater.
class HeaderlessTopicDiagnostic : public CompositeDiagnosticTask
{
 public:
  HeaderlessTopicDiagnostic(std::string name, Updater & diag, const FrequencyStatusParam & freq,
                            const rclcpp::Clock::SharedPtr & clock = std::make_shared<rclcpp::Clock>())
      : CompositeDiagnosticTask(std::move(name) + " topic status"), freq_(freq, clock)
  {
    addTask(&freq_);
    diag.add(*this);
  }
  virtual void tick() { freq_.tick(); }
  virtual void clear_window() { freq_.clear(); }

 private:
  FrequencyStatus freq_;
};

/// Watches how often a topic's messages come and how old their stamps are.
class TopicDiagnostic : public HeaderlessTopicDiagnostic
{
 public:
  TopicDiagnostic(std::string name, Updater & diag, const FrequencyStatusParam & freq,
                  const TimeStampStatusParam & stamp,
                  const rclcpp::Clock::SharedPtr & clock = std::make_shared<rclcpp::Clock>())
      : HeaderlessTopicDiagnostic(std::move(name), diag, freq, clock), stamp_(stamp, clock)
  {
    addTask(&stamp_);
  }
  /// \throws std::logic_error always: a stamp is needed
  void tick() override
  {
    throw std::logic_error("TopicDiagnostic::tick() needs the message's stamp: tick(stamp)");
  }
  virtual void tick(const rclcpp::Time & stamp)
  {
    stamp_.tick(stamp);
    HeaderlessTopicDiagnostic::tick();
  }

 private:
  TimeStampStatus stamp_;
};

/// Publishes messages that have a header, and watches them.
template <class MessageT, typename AllocatorT = std::allocator<void>>
class DiagnosedPublisher : public TopicDiagnostic
{
 public:
  using PublisherT = rclcpp::Publisher<MessageT, AllocatorT>;

  DiagnosedPublisher(const typename PublisherT::SharedPtr & pub, Updater & diag,
                     const FrequencyStatusParam & freq, const TimeStampStatusParam & stamp,
                     const rclcpp::Clock::SharedPtr & clock = std::make_shared<rclcpp::Clock>())
      : TopicDiagnostic(pub->get_topic_name(), diag, freq, stamp, clock), publisher_(pub)
  {
  }
  virtual void publish(std::unique_ptr<MessageT> message)
  {
    tick(message->header.stamp);
    publisher_->publish(std::move(message));
  }
  virtual void publish(const MessageT & message)
  {
    tick(message.header.stamp);
    publisher_->publish(message);
  }
  typename PublisherT::SharedPtr getPublisher() const { return publisher_; }
  void setPublisher(typename PublisherT::SharedPtr pub) { publisher_ = std::move(pub); }

 private:
  typename PublisherT::SharedPtr publisher_;
};

}  // namespace diagnostic_updater

#endif  // DIAGNOSTIC_UPDATER__PUBLISHER_HPP_
