/// @file
/// How long calls wait.

#ifndef REMOTEMEDIA_TIMEOUT_HPP
#define REMOTEMEDIA_TIMEOUT_HPP

#include <chrono>
#include <cstdint>
#include <limits>

#include "config.hpp"

namespace remotemedia {
inline namespace REMOTEMEDIA_MODE {

/// How long a call waits: any `std::chrono` duration, `no_wait` or `forever`.
class Timeout {
  public:
    /// As long as the duration; not at all if it is zero or less.
    template <class Rep, class Period>
    constexpr Timeout(std::chrono::duration<Rep, Period> duration) noexcept : nanoseconds_(clamped(duration)) {}

    /// Without limit.
    static constexpr Timeout without_limit() noexcept { return Timeout(std::int64_t{-1}); }

    /// The limit in nanoseconds; negative if there is none.
    constexpr std::int64_t nanoseconds() const noexcept { return nanoseconds_; }

  private:
    constexpr explicit Timeout(std::int64_t nanoseconds) noexcept : nanoseconds_(nanoseconds) {}

    template <class Rep, class Period>
    static constexpr std::int64_t clamped(std::chrono::duration<Rep, Period> duration) noexcept {
        using Seconds = std::chrono::duration<double>;
        const double seconds = std::chrono::duration_cast<Seconds>(duration).count();
        if (!(seconds > 0)) {
            return 0;
        }
        constexpr double longest = 9e9;
        return seconds > longest ? std::numeric_limits<std::int64_t>::max()
                                 : std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
    }

    std::int64_t nanoseconds_;
};

/// Waits not at all.
inline constexpr Timeout no_wait = std::chrono::nanoseconds(0);
/// Waits without limit.
inline constexpr Timeout forever = Timeout::without_limit();

} // namespace REMOTEMEDIA_MODE
} // namespace remotemedia

#endif
