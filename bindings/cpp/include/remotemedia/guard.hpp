/// @file
/// Calls of the C library into the program, which nothing that is thrown may leave.

#ifndef REMOTEMEDIA_GUARD_HPP
#define REMOTEMEDIA_GUARD_HPP

#include <exception>
#include <functional>
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

/// Gives `set`, a function of the C library, what calls `wake`. What that throws is dropped: nobody is left to hear it.
template <class Set> Fallible<void> set_waker(std::function<void()> wake, Set &&set) {
    using Wake = std::function<void()>;
    const auto call = [](void *made) noexcept {
        attempt([&] {
            (*static_cast<Wake *>(made))();
            return done();
        });
    };
    const auto destroy = [](void *made) noexcept { delete static_cast<Wake *>(made); };
    const rm_session_wake_fn called = wake ? static_cast<rm_session_wake_fn>(call) : nullptr;
    auto *made = new Wake(std::move(wake));
    return settle(tell([&](rm_error_t **error) { return set(called, made, destroy, error); }));
}

} // namespace detail
} // namespace REMOTEMEDIA_MODE
} // namespace remotemedia

#endif
