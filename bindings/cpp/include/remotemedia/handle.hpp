/// @file
/// References to objects of the C library.

#ifndef REMOTEMEDIA_HANDLE_HPP
#define REMOTEMEDIA_HANDLE_HPP

#include <memory>

#include "config.hpp"

namespace remotemedia {
inline namespace REMOTEMEDIA_MODE {
namespace detail {

/// Gives one reference back.
struct Release {
    void operator()(rm_error_t *error) const noexcept { rm_error_release(error); }
    void operator()(rm_node_t *node) const noexcept { rm_node_release(node); }
    void operator()(rm_package_t *package) const noexcept { rm_package_release(package); }
    void operator()(rm_packet_t *packet) const noexcept { rm_packet_release(packet); }
    void operator()(rm_pipeline_t *pipeline) const noexcept { rm_pipeline_release(pipeline); }
    void operator()(rm_runtime_t *runtime) const noexcept { rm_runtime_release(runtime); }
    void operator()(rm_session_t *session) const noexcept { rm_session_release(session); }
};

/// One reference to an object of the C library.
template <class T> using Handle = std::unique_ptr<T, Release>;

} // namespace detail
} // namespace REMOTEMEDIA_MODE
} // namespace remotemedia

#endif
