// SPDX-License-Identifier: Apache-2.0
#ifndef DIAGNOSTIC_UPDATER__DIAGNOSTIC_STATUS_WRAPPER_HPP_
#define DIAGNOSTIC_UPDATER__DIAGNOSTIC_STATUS_WRAPPER_HPP_

#include <sstream>
#include <string>

#include "diagnostic_msgs/msg/diagnostic_status.hpp"

namespace diagnostic_updater
{

/// A DiagnosticStatus with methods to fill it.
class DiagnosticStatusWrapper : public diagnostic_msgs::msg::DiagnosticStatus
{
 public:
  /// Replace level and message.
  void summary(unsigned char lvl, const std::string & s);
  void summary(const diagnostic_msgs::msg::DiagnosticStatus & src);
  /// printf-style; the text may be of any length.
  void summaryf(unsigned char lvl, const char * format, ...) __attribute__((format(printf, 3, 4)));

  /// Keep the worse level; messages of equal importance are joined by "; ".
  void mergeSummary(unsigned char lvl, const std::string & s);
  void mergeSummary(const diagnostic_msgs::msg::DiagnosticStatus & src);
  void mergeSummaryf(unsigned char lvl, const char * format, ...) __attribute__((format(printf, 3, 4)));

  void clearSummary();

  /// Append a key and a value that can be written to a stream; bool becomes "True" or "False".
  template <class T>
  void add(const std::string & key, const T & val)
  {
    std::ostringstream text;
    text << val;
    append(key, text.str());
  }
  void addf(const std::string & key, const char * format, ...) __attribute__((format(printf, 3, 4)));
  void clear();

 private:
  void append(const std::string & key, const std::string & value);
};

template <>
inline void DiagnosticStatusWrapper::add<std::string>(const std::string & key, const std::string & val)
{
  append(key, val);
}

template <>
inline void DiagnosticStatusWrapper::add<bool>(const std::string & key, const bool & val)
{
  append(key, val ? "True" : "False");
}

}  // namespace diagnostic_updater

#endif  // DIAGNOSTIC_UPDATER__DIAGNOSTIC_STATUS_WRAPPER_HPP_
