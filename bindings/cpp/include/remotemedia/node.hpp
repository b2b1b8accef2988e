/// @file
/// Nodes that the program defines.

#ifndef REMOTEMEDIA_NODE_HPP
#define REMOTEMEDIA_NODE_HPP

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
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

/// On what kind of thread a node runs.
enum class Lane : std::int32_t {
    native = RM_LANE_NATIVE,     ///< Cheap: a few microseconds, never waits. May run on the thread of whoever pushes.
    blocking = RM_LANE_BLOCKING, ///< Heavy or waiting: runs on a thread of its own while it works.
};

/// Where a node emits what it makes, as long as the call lasts, on its thread.
class Outputs {
  public:
    /// Emits on the output `port`, or on the first one. A packet without a time takes time and metadata of the packet
    /// that is being worked on. Fails with Status::closed when the stream has ended; let that pass.
    Fallible<void> emit(const Packet &packet, std::string_view port = {}) {
        return detail::settle(detail::tell([&](rm_error_t **error) {
            return rm_node_emit(node_, detail::lend(port), packet.handle(), 0, error);
        }));
    }

    /// The name of the input port that the packet in hand came on.
    Fallible<std::string> input() const {
        return detail::settle(
            detail::write([&](rm_packet_t **out, rm_error_t **error) { return rm_node_input(node_, out, error); }));
    }

    /// Wraps what the C library lends to a callback.
    explicit Outputs(rm_node_t *node) noexcept : node_(node) {}
    Outputs(const Outputs &) = delete;
    Outputs &operator=(const Outputs &) = delete;

  private:
    rm_node_t *node_;
};

/// What nodes of both kinds are: one object per session. Calls into one node never overlap.
///
/// A function that throws, or returns an Error, fails the call, and the session by default; its message is kept.
class AnyNode {
  public:
    AnyNode() = default;
    AnyNode(const AnyNode &) = delete;
    AnyNode &operator=(const AnyNode &) = delete;
    virtual ~AnyNode() = default;

    /// Prepares the node; once, before the first packet.
    virtual Fallible<void> initialize() { return detail::done(); }

    /// Hears, before the next packet, that everything before this moment was discarded, and with it the call that was
    /// under way.
    virtual void interrupt() noexcept {}

    /// Releases what the node holds; once, whatever ended the session.
    virtual Fallible<void> cleanup() { return detail::done(); }
};

/// A node of the program.
class Node : public AnyNode {
  public:
    /// Takes a packet and emits any number of packets. It is lent; to keep it, share it.
    virtual Fallible<void> process(const Packet &packet, Outputs &outputs) = 0;

    /// Emits what is left at the end of the stream.
    virtual Fallible<void> flush(Outputs &) { return detail::done(); }
};

/// A call into an AsyncNode, which lasts until finish() or fail(), on whatever thread. Dropping it fails the call.
///
/// An interrupt or the end of the session gives a call up. What is said in its name afterwards has no effect, and tells
/// so.
class Call {
  public:
    /// Retains what the C library lends to a callback.
    explicit Call(rm_node_t *node) noexcept : node_(rm_node_retain(node)) {}

    /// Leaves nothing behind that could be finished.
    Call(Call &&) noexcept = default;
    /// Fails the call that was held before.
    Call &operator=(Call &&other) noexcept {
        // In two steps, so that a call may be moved into itself.
        Call moved(std::move(other));
        node_.swap(moved.node_);
        return *this;
    }
    ~Call() {
        if (node_) {
            fail("the call was dropped, expected finish() or fail()");
        }
    }

    /// Emits on the output `port`, or on the first one, waiting for room: `ok`, `would_block`, `timeout`, or `closed`
    /// if the call was given up.
    Fallible<Status> emit(const Packet &packet, Timeout timeout = forever, std::string_view port = {}) {
        Result<Status> emitted = detail::ask([&](rm_error_t **error) {
            return rm_node_emit(node_.get(), detail::lend(port), packet.handle(), timeout.nanoseconds(), error);
        });
        if (!emitted && emitted.error().status() == Status::closed) {
            return Status::closed;
        }
        return detail::settle(std::move(emitted));
    }

    /// The name of the input port that the packet in hand came on.
    Fallible<std::string> input() const {
        return detail::settle(detail::write(
            [&](rm_packet_t **out, rm_error_t **error) { return rm_node_input(node_.get(), out, error); }));
    }

    /// Lets a function be called after an emit() with no_wait that found no room, as soon as another try may do better:
    /// there may be room, or the call is over; once per call. It may be called without need, on any thread, and even
    /// before the emit() has returned; it only wakes who waits, and calls no session and no node. What it throws is
    /// dropped.
    Fallible<void> set_waker(std::function<void()> wake) {
        return detail::set_waker(std::move(wake), [&](auto called, void *made, auto destroy, rm_error_t **error) {
            return rm_node_set_waker(node_.get(), called, made, destroy, error);
        });
    }

    /// Finishes the call. Gives whether anybody still waited for it.
    bool finish() noexcept { return end(RM_STATUS_OK); }

    /// Finishes the call as failed, for a reason in one line. Gives whether anybody still waited for it.
    bool fail(std::string_view message) noexcept {
        rm_node_fail(node_.get(), detail::lend(message), nullptr);
        return end(RM_STATUS_NODE);
    }

  private:
    bool end(rm_status_t status) noexcept {
        const detail::Handle<rm_node_t> node = std::move(node_);
        return rm_node_finish(node.get(), status, nullptr) == RM_STATUS_OK;
    }

    detail::Handle<rm_node_t> node_;
};

/// A node of the program that finishes later: while a call lasts, no thread waits for it.
class AsyncNode : public AnyNode {
  public:
    /// Takes a packet. It is lent; to keep it, share it. The next one comes when `call` is finished.
    virtual Fallible<void> process(const Packet &packet, Call call) = 0;

    /// Emits what is left at the end of the stream.
    virtual Fallible<void> flush(Call call) {
        call.finish();
        return detail::done();
    }
};

namespace detail {

/// Makes a node of class `T`: with its parameters, if it has such a constructor.
template <class Base, class T> Fallible<std::unique_ptr<Base>> construct(std::string_view params) {
    if constexpr (std::is_constructible_v<T, std::string_view>) {
        return std::make_unique<T>(params);
    } else {
        return std::make_unique<T>();
    }
}

/// The callbacks of a node type whose nodes are of class `Base`: Node or AsyncNode, made by a `Factory`.
template <class Base, class Factory> class NodeTable {
  public:
    /// The table of a type that owns `factory`.
    static rm_node_type_t of(std::string_view name, std::int32_t lane, Factory factory) {
        rm_node_type_t type = RM_NODE_TYPE_INIT;
        type.lane = lane;
        type.name = lend(name);
        type.create = create;
        type.initialize = [](void *state, rm_node_t *node) noexcept {
            return step(node, [&] { return self(state).initialize(); });
        };
        type.process = process;
        type.flush = flush;
        type.interrupt = [](void *state) noexcept { self(state).interrupt(); };
        type.cleanup = [](void *state, rm_node_t *node) noexcept {
            return step(node, [&] { return self(state).cleanup(); });
        };
        type.release = [](void *state) noexcept { delete static_cast<Base *>(state); };
        type.user_data = new Factory(std::move(factory));
        type.destroy = [](void *made) noexcept { delete static_cast<Factory *>(made); };
        return type;
    }

  private:
    static constexpr bool finishes_later = std::is_same_v<Base, AsyncNode>;

    static Base &self(void *state) noexcept { return *static_cast<Base *>(state); }

    static rm_status_t create(void *factory, rm_str_t params, void **state) noexcept {
        const std::optional<Error> error =
            attempt([&] { return make(*static_cast<Factory *>(factory), params, state); });
        if (error) {
            rm_node_refuse(lend(error->message()), nullptr);
        }
        return status_of(error);
    }

    static Fallible<void> make(Factory &factory, rm_str_t params, void **state) {
#ifdef REMOTEMEDIA_NO_EXCEPTIONS
        Result<std::unique_ptr<Base>> made = factory(view(params));
        if (!made) {
            return made.error();
        }
        std::unique_ptr<Base> node = *std::move(made);
#else
        std::unique_ptr<Base> node = factory(view(params));
#endif
        if (!node) {
            return settle(Result<void>(Error(Status::node, "the factory gave no node")));
        }
        *state = node.release();
        return done();
    }

    template <class Body> static rm_status_t step(rm_node_t *node, Body &&body) noexcept {
        const std::optional<Error> error = attempt(body);
        if (error) {
            rm_node_fail(node, lend(error->message()), nullptr);
        }
        return status_of(error);
    }

    /// As step(), for a call that is finished by its Call unless it fails at once.
    template <class Body> static rm_status_t call(rm_node_t *node, Body &&body) noexcept {
        const rm_status_t status = step(node, body);
        return status == RM_STATUS_OK && finishes_later ? RM_STATUS_PENDING : status;
    }

    static rm_status_t process(void *state, rm_node_t *node, const rm_packet_t *packet) noexcept {
        return call(node, [&] {
            const LentPacket lent(packet);
            if constexpr (finishes_later) {
                return self(state).process(*lent, Call(node));
            } else {
                Outputs outputs(node);
                return self(state).process(*lent, outputs);
            }
        });
    }

    static rm_status_t flush(void *state, rm_node_t *node) noexcept {
        return call(node, [&] {
            if constexpr (finishes_later) {
                return self(state).flush(Call(node));
            } else {
                Outputs outputs(node);
                return self(state).flush(outputs);
            }
        });
    }
};

/// A node that is one function.
template <class Function> class FunctionNode final : public Node {
  public:
    explicit FunctionNode(const Function &function) : function_(function) {}

    Fallible<void> process(const Packet &packet, Outputs &outputs) override { return function_(packet, outputs); }

  private:
    Function function_;
};

} // namespace detail
} // namespace REMOTEMEDIA_MODE
} // namespace remotemedia

#endif
