/// @file
/// Calls of the C library into the program, which nothing that is thrown may leave.

#ifndef REMOTEMEDIA_GUARD_HPP
#define REMOTEMEDIA_GUARD_HPP

#include <exception>
#include <optional>
#include <utility>

#include "config.hpp"
#include "result.hpp"

namespace remotemedia {
inline namespace REMOTEMEDIA_MODE {
namespace detail {

/// Success, as functions that can fail return it.
inline Fallible<void> done() { return settle(Result<void>()); }

/// Makes a call of the program; gives why it failed.
template <class Call> std::optional<Error> attempt(Call &&call) noexcept {
#ifdef REMOTEMEDIA_NO_EXCEPTIONS
    const Result<void> result = call();
    return result ? std::nullopt : std::optional(result.error());
#else
    try {
        call();
        return std::nullopt;
    } catch (const Error &error) {
        return error;
    } catch (const std::exception &error) {
        return Error(Status::node, error.what());
    } catch (...) {
        return Error(Status::node, "something was thrown that is no std::exception");
    }
#endif
}

/// What a callback of the C library returns.
inline rm_status_t status_of(const std::optional<Error> &error) noexcept {
    if (!error) {
        return RM_STATUS_OK;
    }
    // A status that is no error would pass for success.
    return is_error(error->status()) ? static_cast<rm_status_t>(error->status()) : RM_STATUS_NODE;
}

} // namespace detail
} // namespace REMOTEMEDIA_MODE
} // namespace remotemedia

#endif
