/// @file
/// What went wrong.

#ifndef REMOTEMEDIA_ERROR_HPP
#define REMOTEMEDIA_ERROR_HPP

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "config.hpp"
#include "handle.hpp"
#include "status.hpp"
#include "view.hpp"

namespace remotemedia {
inline namespace REMOTEMEDIA_MODE {

/// What went wrong, where, and why. Copies share what they hold; views that it gives live as long as any of them.
class Error : public std::exception {
  public:
    /// An error of the program's own, such as a node may report.
    Error(Status status, std::string message)
        : details_(std::make_shared<const Details>(Details{status, std::move(message), nullptr})) {}

    /// Takes over a reference of the C library, which may be null.
    static Error adopt(rm_status_t status, rm_error_t *error) {
        detail::Handle<rm_error_t> held(error);
        const auto kind = static_cast<Status>(status);
        std::string message(error == nullptr ? name(kind) : detail::view(rm_error_message(error)));
        return Error(Details{kind, std::move(message), std::move(held)});
    }

    /// One more reference to what the C library lends; null stands for an error of which only the status is known.
    static Error from(rm_status_t status, const rm_error_t *error) { return adopt(status, rm_error_retain(error)); }

    /// What kind of error it is.
    Status status() const noexcept { return details_->status; }
    /// What happened and where, in one line.
    std::string_view message() const noexcept { return details_->message; }
    /// As message(), for whoever catches a `std::exception`.
    const char *what() const noexcept override { return details_->message.c_str(); }
    /// The pipeline in which it happened, or nothing.
    std::string_view pipeline() const noexcept { return detail::view(rm_error_pipeline(handle())); }
    /// The node in which it happened, or nothing.
    std::string_view node() const noexcept { return detail::view(rm_error_node(handle())); }
    /// The port that it is about, or nothing: the input of the node that the item came on, or the port of the session
    /// that was asked for.
    std::string_view port() const noexcept { return detail::view(rm_error_port(handle())); }
    /// The number of the node's input item that raised it, counted from 1; 0 if none did.
    std::uint64_t item() const noexcept { return rm_error_item(handle()); }
    /// What caused it, and what caused that, a line each; or nothing.
    std::string_view cause() const noexcept { return detail::view(rm_error_cause(handle())); }

  private:
    struct Details {
        Status status;
        std::string message;
        detail::Handle<rm_error_t> handle;
    };

    explicit Error(Details details) : details_(std::make_shared<const Details>(std::move(details))) {}

    const rm_error_t *handle() const noexcept { return details_->handle.get(); }

    std::shared_ptr<const Details> details_;
};

} // namespace REMOTEMEDIA_MODE
} // namespace remotemedia

#endif
