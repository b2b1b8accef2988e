/// @file
/// The library's log.

#ifndef REMOTEMEDIA_LOG_HPP
#define REMOTEMEDIA_LOG_HPP

#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

#include "config.hpp"
#include "guard.hpp"
#include "result.hpp"
#include "view.hpp"

namespace remotemedia {
inline namespace REMOTEMEDIA_MODE {

/// How grave a line of the log is; the gravest first.
enum class LogLevel : std::int32_t {
    error = RM_LOG_ERROR, ///< Something is lost or broken.
    warn = RM_LOG_WARN,   ///< Something is not as it should be; the library goes on.
    info = RM_LOG_INFO,   ///< What an operator may want to know.
    debug = RM_LOG_DEBUG, ///< What whoever searches for a fault wants to know.
    trace = RM_LOG_TRACE, ///< Every step.
};

/// One line of the log, lent until the function that hears of it returns.
struct LogRecord {
    LogLevel level;           ///< How grave it is.
    std::string_view target;  ///< The part of the library that speaks.
    std::string_view message; ///< What it says, with its values behind it.
};

/// Hears of a line of the log, on any thread, and of several at once.
using OnLog = std::function<void(const LogRecord &)>;

/// Lets a function hear the log of every runtime in the process, from `level` on, in place of the one before. What it
/// throws is dropped. No function, which is how the library begins, is an empty `on_log`.
inline Fallible<void> set_log(LogLevel level, OnLog on_log) {
    if (!on_log) {
        return detail::settle(detail::tell([](rm_error_t **error) { return rm_log_set(nullptr, error); }));
    }
    rm_log_listener_t listener = RM_LOG_LISTENER_INIT;
    listener.level = static_cast<std::int32_t>(level);
    listener.record = [](void *made, const rm_log_record_t *record) noexcept {
        const LogRecord line{static_cast<LogLevel>(record->level), detail::view(record->target),
                             detail::view(record->message)};
        detail::attempt([&] {
            (*static_cast<OnLog *>(made))(line);
            return detail::done();
        });
    };
    listener.user_data = new OnLog(std::move(on_log));
    listener.destroy = [](void *made) noexcept { delete static_cast<OnLog *>(made); };
    return detail::settle(detail::tell([&](rm_error_t **error) { return rm_log_set(&listener, error); }));
}

} // namespace REMOTEMEDIA_MODE
} // namespace remotemedia

#endif
