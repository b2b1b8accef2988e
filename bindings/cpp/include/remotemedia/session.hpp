/// @file
/// Running graphs.

#ifndef REMOTEMEDIA_SESSION_HPP
#define REMOTEMEDIA_SESSION_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config.hpp"
#include "guard.hpp"
#include "handle.hpp"
#include "packet.hpp"
#include "result.hpp"
#include "timeout.hpp"
#include "view.hpp"

namespace remotemedia {
inline namespace REMOTEMEDIA_MODE {

/// How a session is set up.
struct SessionConfig {
    std::uint32_t input_capacity = 0;  ///< How many packets may wait on each input; 0 for the default of 64.
    std::uint32_t output_capacity = 0; ///< How many packets may wait on each output; 0 for the default of 64.
    bool metrics = true;               ///< Whether call times are measured.
};

/// A packet, or why there is none now: `would_block`, `timeout` or `end`.
class Received {
  public:
    /// A packet.
    Received(Packet packet) noexcept : status_(Status::ok), packet_(std::move(packet)) {}
    /// Why there is none.
    Received(Status status) noexcept : status_(status) {}

    /// Whether there is a packet.
    explicit operator bool() const noexcept { return packet_.has_value(); }
    /// The packet, which is there.
    Packet &operator*() & noexcept { return *packet_; }
    /// The packet, which is there.
    const Packet &operator*() const & noexcept { return *packet_; }
    /// The packet, which is there.
    Packet &&operator*() && noexcept { return *std::move(packet_); }
    /// The packet, which is there.
    Packet *operator->() noexcept { return &*packet_; }
    /// The packet, which is there.
    const Packet *operator->() const noexcept { return &*packet_; }
    /// `ok` if there is a packet.
    Status status() const noexcept { return status_; }

  private:
    Status status_;
    std::optional<Packet> packet_;
};

class Session;

/// Everything that comes out of a session until its end, for a range-based `for`. The session outlives it.
///
/// Without exceptions the elements are Result<Packet>, and an error is the last one.
class Packets {
  public:
    /// Receives one packet after the other.
    class Iterator {
      public:
        /// A single pass.
        using iterator_category = std::input_iterator_tag;
        /// What is received.
        using value_type = Fallible<Packet>;
        /// Nothing that could be used: iterators have no distance.
        using difference_type = std::ptrdiff_t;
        /// A pointer to what was received.
        using pointer = value_type *;
        /// What was received, to be moved away at will.
        using reference = value_type &;

        /// Receives the first packet.
        Iterator(const Session &session, std::string_view port) : session_(&session), port_(port) { receive(); }

        /// What was received.
        reference operator*() const noexcept { return *packet_; }
        /// What was received.
        pointer operator->() const noexcept { return &*packet_; }
        /// Receives the next packet.
        Iterator &operator++() {
            receive();
            return *this;
        }
        /// Receives the next packet.
        void operator++(int) { receive(); }
        /// Whether the stream is over.
        bool is_over() const noexcept { return !packet_; }

      private:
        inline void receive();

        const Session *session_;
        std::string_view port_;
        mutable std::optional<value_type> packet_;
        bool failed_ = false;
    };

    /// Behind the last packet.
    struct End {
        /// Whether the stream is over.
        friend bool operator==(const Iterator &iterator, End) noexcept { return iterator.is_over(); }
        /// Whether there is another packet.
        friend bool operator!=(const Iterator &iterator, End) noexcept { return !iterator.is_over(); }
    };

    /// What comes out of `port`, or of all if it is nothing.
    Packets(const Session &session, std::string_view port) noexcept : session_(&session), port_(port) {}

    /// Receives the first packet.
    Iterator begin() const { return Iterator(*session_, port_); }
    /// Behind the last packet.
    End end() const noexcept { return {}; }

  private:
    const Session *session_;
    std::string_view port_;
};

/// A running graph. All functions may be called by several threads at once.
///
/// Ports are named; no name stands for the only input, or for all outputs and inputs. When the last reference is gone,
/// the session is cancelled.
class Session {
  public:
    /// What hears of a packet, which is lent. Throwing, or returning an Error, cancels the session.
    using OnPacket = std::function<Fallible<void>(const Packet &)>;
    /// What hears of the end: with nothing, or with the error that ended the session.
    using OnEnd = std::function<void(const std::optional<Error> &)>;

    /// Takes over a reference of the C library.
    static Session adopt(rm_session_t *session) noexcept { return Session(session); }

    /// One more reference to the same session.
    Session share() const noexcept { return Session(rm_session_retain(handle())); }

    /// Sends a packet, waiting while the input is full. The packet stays the caller's.
    Fallible<void> push(const Packet &packet, std::string_view port = {}) const {
        return detail::settle(detail::tell([&](rm_error_t **error) {
            return rm_session_push(handle(), detail::lend(port), packet.handle(), forever.nanoseconds(), error);
        }));
    }

    /// Sends a packet if there is room in time: `ok`, `would_block` or `timeout`. Inside callbacks only with no_wait.
    [[nodiscard]] Fallible<Status> push_for(const Packet &packet, Timeout timeout, std::string_view port = {}) const {
        return detail::settle(detail::ask([&](rm_error_t **error) {
            return rm_session_push(handle(), detail::lend(port), packet.handle(), timeout.nanoseconds(), error);
        }));
    }

    /// Receives the next packet, waiting for it: a packet or `end`. After a failure it gives what came before it, then
    /// fails, every time.
    [[nodiscard]] Fallible<Received> poll(std::string_view port = {}) const { return poll_for(forever, port); }

    /// Receives the next packet if there is one in time: a packet, `would_block`, `timeout` or `end`. Inside callbacks
    /// only with no_wait.
    [[nodiscard]] Fallible<Received> poll_for(Timeout timeout, std::string_view port = {}) const {
        rm_packet_t *packet = nullptr;
        const Result<Status> asked = detail::ask([&](rm_error_t **error) {
            return rm_session_poll(handle(), detail::lend(port), timeout.nanoseconds(), &packet, error);
        });
        if (!asked) {
            return detail::settle(Result<Received>(asked.error()));
        }
        return packet == nullptr ? Received(*asked) : Received(Packet::adopt(packet));
    }

    /// Everything that comes out until the end. `port` stays readable meanwhile.
    Packets packets(std::string_view port = {}) const & noexcept { return Packets(*this, port); }

    /// @cond
    Packets packets(std::string_view port = {}) const && = delete;
    /// @endcond

    /// Ends an input, or all. What was sent goes its way, then the outputs end.
    Fallible<void> close(std::string_view port = {}) const {
        return detail::settle(detail::tell(
            [&](rm_error_t **error) { return rm_session_close(handle(), detail::lend(port), error); }));
    }

    /// Ends every input and waits until every node is cleaned up. Outputs that nobody polls meanwhile are discarded.
    /// Fails with the error that ended the session.
    Fallible<void> drain() const {
        return detail::settle(detail::tell(
            [&](rm_error_t **error) { return rm_session_drain(handle(), forever.nanoseconds(), error); }));
    }

    /// As drain(), with a time limit: `ok` or `timeout`.
    [[nodiscard]] Fallible<Status> drain_for(Timeout timeout) const {
        return detail::settle(detail::ask(
            [&](rm_error_t **error) { return rm_session_drain(handle(), timeout.nanoseconds(), error); }));
    }

    /// Discards everything that is under way, but for uninterruptible packets. The session goes on.
    Fallible<void> interrupt() const {
        return detail::settle(
            detail::tell([&](rm_error_t **error) { return rm_session_interrupt(handle(), error); }));
    }

    /// Ends the session at once; nothing more comes out, and poll() fails with Status::cancelled.
    Fallible<void> cancel() const {
        return detail::settle(detail::tell([&](rm_error_t **error) { return rm_session_cancel(handle(), error); }));
    }

    /// What the nodes and queues counted so far, as a JSON object.
    Fallible<std::string> metrics() const {
        return detail::settle(detail::write(
            [&](rm_packet_t **out, rm_error_t **error) { return rm_session_metrics(handle(), out, error); }));
    }

    /// Lets functions hear everything that comes out, in place of poll(); once per session. Calls never overlap. They
    /// come on a thread of the runtime and must not wait. An error of `on_packet` is what `on_end` hears. Both may be
    /// called after the session was let go of, too, until they are destroyed: what they use they own, or it lives as
    /// long as the runtime.
    Fallible<void> listen(OnPacket on_packet, OnEnd on_end = {}) const;

    /// Lets a function be called after a push, poll or drain with no_wait that found it would have to wait, as soon as
    /// another try may do better; once per session. So an event loop waits for a session without a thread. It may be
    /// called without need, on any thread, and even before the try has returned; it only wakes who waits, and calls no
    /// session. What it throws is dropped.
    Fallible<void> set_waker(std::function<void()> wake) const {
        return detail::set_waker(std::move(wake), [&](auto call, void *made, auto destroy, rm_error_t **error) {
            return rm_session_set_waker(handle(), call, made, destroy, error);
        });
    }

    /// The handle, for calls of the C library; it stays the session's own.
    const rm_session_t *handle() const noexcept { return handle_.get(); }

  private:
    explicit Session(rm_session_t *session) noexcept : handle_(session) {}

    detail::Handle<rm_session_t> handle_;
};

inline void Packets::Iterator::receive() {
    packet_.reset();
    if (failed_) {
        return;
    }
#ifdef REMOTEMEDIA_NO_EXCEPTIONS
    Result<Received> received = session_->poll(port_);
    failed_ = !received;
    if (failed_) {
        packet_.emplace(received.error());
    } else if (*received) {
        packet_.emplace(**std::move(received));
    }
#else
    Received received = session_->poll(port_);
    if (received) {
        packet_.emplace(*std::move(received));
    }
#endif
}

namespace detail {

/// What a session's listener calls.
struct Listener {
    Session::OnPacket on_packet;
    Session::OnEnd on_end;
    std::optional<Error> failure;

    static rm_status_t packet(void *listener, const rm_packet_t *packet) noexcept {
        auto &self = *static_cast<Listener *>(listener);
        if (self.failure) {
            return status_of(self.failure);
        }
        self.failure = attempt([&] {
            const LentPacket lent(packet);
            return self.on_packet(*lent);
        });
        return status_of(self.failure);
    }

    static void end(void *listener, rm_status_t status, const rm_error_t *error) noexcept {
        auto &self = *static_cast<Listener *>(listener);
        if (!self.failure && status < RM_STATUS_OK) {
            self.failure = Error::from(status, error);
        }
        // Nobody is left to hear what is thrown here.
        attempt([&] {
            self.on_end(self.failure);
            return done();
        });
    }
};

} // namespace detail

inline Fallible<void> Session::listen(OnPacket on_packet, OnEnd on_end) const {
    rm_session_listener_t listener = RM_SESSION_LISTENER_INIT;
    listener.packet = on_packet ? detail::Listener::packet : nullptr;
    listener.end = on_end ? detail::Listener::end : nullptr;
    listener.user_data = new detail::Listener{std::move(on_packet), std::move(on_end), std::nullopt};
    listener.destroy = [](void *made) noexcept { delete static_cast<detail::Listener *>(made); };
    return detail::settle(
        detail::tell([&](rm_error_t **error) { return rm_session_set_listener(handle(), &listener, error); }));
}

} // namespace REMOTEMEDIA_MODE
} // namespace remotemedia

#endif
