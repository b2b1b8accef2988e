// What the test programs share: checks that say where they failed, and pipelines in a line.
#ifndef CHECK_HPP
#define CHECK_HPP

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>

#include <remotemedia.hpp>

#define CHECK(condition)                                                                    \
    do {                                                                                    \
        if (!(condition)) {                                                                 \
            std::fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
            std::exit(1);                                                                   \
        }                                                                                   \
    } while (false)

inline constexpr std::chrono::seconds soon{10};

inline bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

inline std::string one_node(std::string_view type, std::string_view params = "{}") {
    return R"({"version": "v1", "metadata": {"name": "test"}, "connections": [],
               "nodes": [{"id": "node", "node_type": ")" +
           std::string(type) + R"(", "params": )" + std::string(params) + "}]}";
}

/// What a waker wakes.
class Woken {
  public:
    void wake() {
        const std::lock_guard<std::mutex> lock(mutex_);
        woken_ = true;
        changed_.notify_one();
    }

    void wait() {
        std::unique_lock<std::mutex> lock(mutex_);
        CHECK(changed_.wait_for(lock, soon, [&] { return woken_; }));
        woken_ = false;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool woken_ = false;
};

#ifndef REMOTEMEDIA_NO_EXCEPTIONS
/// The error that a call throws.
template <class Call> remotemedia::Error thrown(Call &&call) {
    try {
        (void)call();
    } catch (const remotemedia::Error &error) {
        return error;
    }
    std::fprintf(stderr, "nothing was thrown\n");
    std::exit(1);
}

/// A session of a manifest, with its runtime and pipeline let go of: it keeps what it uses.
inline remotemedia::Session session_of(std::string_view manifest) {
    return remotemedia::Runtime().open_pipeline(manifest).open_session();
}
#endif

#endif
