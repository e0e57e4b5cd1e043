// SPDX-License-Identifier: Apache-2.0
#include "diagnostic_updater/diagnostic_status_wrapper.hpp"

#include <cstdarg>
#include <cstdio>
#include <string>

namespace diagnostic_updater
{

namespace
{

std::string format_text(const char * format, va_list arguments)
{
  va_list again;
  va_copy(again, arguments);
  const int length = std::vsnprintf(nullptr, 0, format, arguments);
  std::string text(length > 0 ? static_cast<size_t>(length) : 0, '\0');
  std::vsnprintf(text.data(), text.size() + 1, format, again);
  va_end(again);
  return text;
}

}  // namespace

void DiagnosticStatusWrapper::summary(unsigned char lvl, const std::string & s)
{
  level = lvl;
  message = s;
}

void DiagnosticStatusWrapper::summary(const diagnostic_msgs::msg::DiagnosticStatus & src)
{
  summary(src.level, src.message);
}

void DiagnosticStatusWrapper::summaryf(unsigned char lvl, const char * format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  summary(lvl, format_text(format, arguments));
  va_end(arguments);
}

void DiagnosticStatusWrapper::mergeSummary(unsigned char lvl, const std::string & s)
{
  const bool trouble = lvl != OK;
  const bool trouble_before = level != OK;
  if (trouble && !trouble_before) {
    message = s;
  } else if (trouble == trouble_before && !s.empty()) {
    message += (message.empty() ? "" : "; ") + s;
  }
  level = lvl > level ? lvl : level;
}

void DiagnosticStatusWrapper::mergeSummary(const diagnostic_msgs::msg::DiagnosticStatus & src)
{
  mergeSummary(src.level, src.message);
}

void DiagnosticStatusWrapper::mergeSummaryf(unsigned char lvl, const char * format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  mergeSummary(lvl, format_text(format, arguments));
  va_end(arguments);
}

void DiagnosticStatusWrapper::clearSummary()
{
  summary(OK, "");
}

void DiagnosticStatusWrapper::addf(const std::string & key, const char * format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  append(key, format_text(format, arguments));
  va_end(arguments);
}

void DiagnosticStatusWrapper::clear()
{
  values.clear();
}

void DiagnosticStatusWrapper::append(const std::string & key, const std::string & value)
{
  values.emplace_back();
  values.back().key = key;
  values.back().value = value;
}

}  // namespace diagnostic_updater
