/// @file
/// Runtimes and pipelines.

#ifndef REMOTEMEDIA_RUNTIME_HPP
#define REMOTEMEDIA_RUNTIME_HPP

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "config.hpp"
#include "handle.hpp"
#include "node.hpp"
#include "package.hpp"
#include "result.hpp"
#include "session.hpp"
#include "view.hpp"

namespace remotemedia {
inline namespace REMOTEMEDIA_MODE {

/// The version of the library, such as `0.1.0`.
inline std::string_view library_version() noexcept { return detail::view(rm_version_text()); }

/// Whether this build of the library has the feature called `name`, such as `onnx`.
inline bool feature_enabled(std::string_view name) noexcept { return rm_feature_enabled(detail::lend(name)); }

/// A checked pipeline. All functions may be called by several threads at once.
class Pipeline {
  public:
    /// Takes over a reference of the C library.
    static Pipeline adopt(rm_pipeline_t *pipeline) noexcept { return Pipeline(pipeline); }

    /// One more reference to the same pipeline.
    Pipeline share() const noexcept { return Pipeline(rm_pipeline_retain(handle())); }

    /// Starts a session. Its nodes are initialised meanwhile; packets that are pushed before wait.
    Fallible<Session> open_session(const SessionConfig &config = {}) const {
        rm_session_config_t raw = RM_SESSION_CONFIG_INIT;
        raw.input_capacity = config.input_capacity;
        raw.output_capacity = config.output_capacity;
        raw.without_metrics = !config.metrics;
        return detail::settle(detail::make<Session, rm_session_t>([&](rm_session_t **out, rm_error_t **error) {
            return rm_session_open(handle(), &raw, out, error);
        }));
    }

    /// The graph with the place and backend of each node: as `text`, `json`, `dot`, `mermaid` or `svg`.
    Fallible<std::string> inspect(std::string_view format = "text") const {
        return detail::settle(detail::write([&](rm_packet_t **out, rm_error_t **error) {
            return rm_pipeline_inspect(handle(), detail::lend(format), out, error);
        }));
    }

    /// The handle, for calls of the C library; it stays the pipeline's own.
    const rm_pipeline_t *handle() const noexcept { return handle_.get(); }

  private:
    explicit Pipeline(rm_pipeline_t *pipeline) noexcept : handle_(pipeline) {}

    detail::Handle<rm_pipeline_t> handle_;
};

/// How a runtime is set up.
struct RuntimeConfig {
    std::uint32_t workers = 0; ///< Threads that carry timers and asynchronous nodes; 0 for one per processor core.
};

/// How Python is set up.
struct PythonConfig {
    std::string_view path; ///< The folders where modules are looked for first, separated as in `PATH`.
    std::string_view venv; ///< The virtual environment whose packages nodes may import.
    std::string_view home; ///< The Python installation; empty for the one that the library was built with.
    bool environment = false; ///< Whether `PYTHON…` variables are read, and the user's own packages seen.
};

/// Threads and node types; a program needs one. All functions may be called by several threads at once.
///
/// Pipelines and sessions keep it. When the last of them is gone, sessions that go on are cancelled, and the destructor
/// waits until their nodes are cleaned up and all threads joined, for five seconds at most. Do not fork once there is
/// one.
class Runtime {
  public:
    /// Makes the nodes of a type, one per session, from their parameters, a JSON object.
    using NodeFactory = std::function<Fallible<std::unique_ptr<Node>>(std::string_view)>;
    /// As NodeFactory, for nodes that finish later.
    using AsyncNodeFactory = std::function<Fallible<std::unique_ptr<AsyncNode>>(std::string_view)>;

    /// Makes a runtime. Fails with Status::abi_mismatch if the library is not the one that this header describes.
    static Fallible<Runtime> make(const RuntimeConfig &config = {}) {
        constexpr std::uint32_t compiled = std::uint32_t{RM_ABI_MAJOR} << 16 | std::uint32_t{RM_ABI_MINOR};
        if (rm_abi_check(compiled) != RM_STATUS_OK) {
            return detail::settle(Result<Runtime>(mismatch()));
        }
        rm_runtime_config_t raw = RM_RUNTIME_CONFIG_INIT;
        raw.workers = config.workers;
        return detail::settle(detail::make<Runtime, rm_runtime_t>(
            [&](rm_runtime_t **out, rm_error_t **error) { return rm_runtime_new(&raw, out, error); }));
    }

#ifndef REMOTEMEDIA_NO_EXCEPTIONS
    /// As make().
    explicit Runtime(const RuntimeConfig &config = {}) : Runtime(make(config)) {}
#endif

    /// Takes over a reference of the C library.
    static Runtime adopt(rm_runtime_t *runtime) noexcept { return Runtime(runtime); }

    /// One more reference to the same runtime.
    Runtime share() const noexcept { return Runtime(rm_runtime_retain(handle())); }

    /// Reads a manifest (JSON) and checks it as a whole.
    Fallible<Pipeline> open_pipeline(std::string_view manifest) const {
        return detail::settle(detail::make<Pipeline, rm_pipeline_t>([&](rm_pipeline_t **out, rm_error_t **error) {
            return rm_pipeline_open(handle(), detail::lend(manifest), out, error);
        }));
    }

    /// Opens the pipeline that was registered under a name.
    Fallible<Pipeline> open_named_pipeline(std::string_view name) const {
        return detail::settle(detail::make<Pipeline, rm_pipeline_t>([&](rm_pipeline_t **out, rm_error_t **error) {
            return rm_pipeline_open_named(handle(), detail::lend(name), out, error);
        }));
    }

    /// Opens the pipeline of a package, and the packages that are nodes of it, as the package was opened. One that is
    /// not signed with a key of the user's own is refused with Status::package_foreign if its nodes do more than
    /// compute, unless it was opened with `trust_native`. Nodes in Python run after set_python().
    Fallible<Pipeline> open_pipeline(const Package &package) const {
        return detail::settle(detail::make<Pipeline, rm_pipeline_t>([&](rm_pipeline_t **out, rm_error_t **error) {
            return rm_pipeline_open_package(handle(), package.handle(), out, error);
        }));
    }

    /// Reads a manifest (JSON) whose nodes may be packages; the paths of files begin at `folder`.
    Fallible<Pipeline> open_pipeline_in(std::string_view folder, std::string_view manifest,
                                        const PackageConfig &config = {}) const {
        const rm_package_config_t raw = detail::package_config(config);
        return detail::settle(detail::make<Pipeline, rm_pipeline_t>([&](rm_pipeline_t **out, rm_error_t **error) {
            return rm_pipeline_open_in(handle(), detail::lend(manifest), detail::lend(folder), &raw, out, error);
        }));
    }

    /// What is in a package, who signed it, and its graph, as the JSON that `remotemedia inspect --json` writes. Packages
    /// in registries that are nodes of it are shown by their references, not fetched.
    Fallible<std::string> inspect(const Package &package) const {
        return detail::settle(detail::write([&](rm_packet_t **out, rm_error_t **error) {
            return rm_package_inspect(package.handle(), handle(), out, error);
        }));
    }

    /// Registers a manifest (JSON) under a name: manifests may name it as a node type. It is checked when it is opened.
    Fallible<void> set_pipeline(std::string_view name, std::string_view manifest) const {
        return detail::settle(detail::tell([&](rm_error_t **error) {
            return rm_runtime_set_pipeline(handle(), detail::lend(name), detail::lend(manifest), error);
        }));
    }

    /// What manifests may name as a node type at this moment, as the JSON that `remotemedia nodes --json` writes:
    /// names, ports, and the JSON Schema of the parameters.
    Fallible<std::string> nodes() const {
        return detail::settle(detail::write(
            [&](rm_packet_t **out, rm_error_t **error) { return rm_runtime_nodes(handle(), out, error); }));
    }

    /// Lets pipelines that are opened from then on name Python classes, and packages bring some. Fails with
    /// Status::unsupported where the library was built without the feature `cpython`.
    Fallible<void> set_python(const PythonConfig &config = {}) const {
        rm_python_config_t raw = RM_PYTHON_CONFIG_INIT;
        raw.environment = config.environment;
        raw.venv = detail::lend(config.venv);
        raw.home = detail::lend(config.home);
        raw.path = detail::lend(config.path);
        return detail::settle(
            detail::tell([&](rm_error_t **error) { return rm_runtime_set_python(handle(), &raw, error); }));
    }

    /// Gives a Python class (`module:Class`) a name that manifests use as a node type. After set_python().
    Fallible<void> set_python_node(std::string_view name, std::string_view class_name) const {
        return detail::settle(detail::tell([&](rm_error_t **error) {
            return rm_runtime_set_python_node(handle(), detail::lend(name), detail::lend(class_name), error);
        }));
    }

    /// Adds the class `T`, a Node or AsyncNode, as a node type. It is made from its parameters (a JSON object as
    /// `std::string_view`) if it has such a constructor, otherwise without. Its ports are `in` and `out`, and any
    /// others that connections name.
    template <class T, std::enable_if_t<std::is_base_of_v<Node, T>, int> = 0>
    Fallible<void> add_node(std::string_view name, Lane lane = Lane::native) const {
        return add<Node>(name, static_cast<std::int32_t>(lane), detail::construct<Node, T>);
    }

    /// As above, for nodes that finish later.
    template <class T, std::enable_if_t<std::is_base_of_v<AsyncNode, T>, int> = 0>
    Fallible<void> add_node(std::string_view name) const {
        return add<AsyncNode>(name, RM_LANE_ASYNC, detail::construct<AsyncNode, T>);
    }

    /// Adds a node type whose nodes a function makes, on any thread.
    Fallible<void> add_node(std::string_view name, NodeFactory factory, Lane lane = Lane::native) const {
        return add<Node>(name, static_cast<std::int32_t>(lane), std::move(factory));
    }

    /// As above, for nodes that finish later.
    Fallible<void> add_async_node(std::string_view name, AsyncNodeFactory factory) const {
        return add<AsyncNode>(name, RM_LANE_ASYNC, std::move(factory));
    }

    /// Adds a node type that is one function: it takes a `const Packet &` and `Outputs &`, as Node::process. Each
    /// session has a copy of it.
    template <class Function>
    Fallible<void> add_function(std::string_view name, Function function, Lane lane = Lane::native) const {
        NodeFactory factory = [function = std::move(function)](std::string_view) -> Fallible<std::unique_ptr<Node>> {
            return std::make_unique<detail::FunctionNode<Function>>(function);
        };
        return add_node(name, std::move(factory), lane);
    }

    /// The handle, for calls of the C library; it stays the runtime's own.
    const rm_runtime_t *handle() const noexcept { return handle_.get(); }

  private:
    explicit Runtime(rm_runtime_t *runtime) noexcept : handle_(runtime) {}

    static Error mismatch() {
        const std::uint32_t found = rm_abi_version();
        return Error(Status::abi_mismatch, "the library has ABI " + std::to_string(found >> 16) + "." +
                                               std::to_string(found & 0xffff) + ", expected " +
                                               std::to_string(RM_ABI_MAJOR) + "." + std::to_string(RM_ABI_MINOR));
    }

    template <class Base, class Factory>
    Fallible<void> add(std::string_view name, std::int32_t lane, Factory factory) const {
        const rm_node_type_t type = detail::NodeTable<Base, Factory>::of(name, lane, std::move(factory));
        return detail::settle(
            detail::tell([&](rm_error_t **error) { return rm_runtime_set_node(handle(), &type, error); }));
    }

    detail::Handle<rm_runtime_t> handle_;
};

} // namespace REMOTEMEDIA_MODE
} // namespace remotemedia

#endif
