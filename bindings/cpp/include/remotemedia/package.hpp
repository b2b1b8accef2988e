/// @file
/// Packages.

#ifndef REMOTEMEDIA_PACKAGE_HPP
#define REMOTEMEDIA_PACKAGE_HPP

#include <string_view>

#include "config.hpp"
#include "handle.hpp"
#include "result.hpp"
#include "view.hpp"

namespace remotemedia {
inline namespace REMOTEMEDIA_MODE {

/// How packages are opened. What it begins as is what is secure.
struct PackageConfig {
    bool offline = false;      ///< No registry is asked: what the cache lacks is Status::registry_offline.
    bool refresh = false;      ///< Registries are asked also where the cache knows what a tag was on.
    bool plain_http = false;   ///< The registry of the reference is spoken to without encryption.
    bool trust_native = false; ///< Packages of others may do all that this program may.
    /// The folder with keys, trust, `registries.json` and the cache; if it is empty, what the environment calls
    /// `REMOTEMEDIA_HOME`, or `.remotemedia` in the user's home.
    std::string_view home = {};
};

namespace detail {

inline rm_package_config_t package_config(const PackageConfig &config) noexcept {
    rm_package_config_t raw = RM_PACKAGE_CONFIG_INIT;
    raw.offline = config.offline;
    raw.refresh = config.refresh;
    raw.plain_http = config.plain_http;
    raw.trust_native = config.trust_native;
    raw.home = config.home.empty() ? RM_STR_NONE : lend(config.home);
    return raw;
}

} // namespace detail

/// A package that was verified. Its files stay where they are for as long as it, a pipeline of it or a session of that
/// is there. All functions may be called by several threads at once.
class Package {
  public:
    /// Opens a file or a reference to a registry (`oci://HOST/NAME:TAG`): verifies who signed it and that the user
    /// trusts them, and writes what the cache lacks of it there. Nothing of it is executed. For a file no socket is
    /// opened.
    static Fallible<Package> open(std::string_view reference, const PackageConfig &config = {}) {
        const rm_package_config_t raw = detail::package_config(config);
        return detail::settle(detail::make<Package, rm_package_t>([&](rm_package_t **out, rm_error_t **error) {
            return rm_package_open(detail::lend(reference), &raw, out, error);
        }));
    }

    /// Takes over a reference of the C library.
    static Package adopt(rm_package_t *package) noexcept { return Package(package); }

    /// One more reference to the same package.
    Package share() const noexcept { return Package(rm_package_retain(handle())); }

    /// The handle, for calls of the C library; it stays the package's own.
    const rm_package_t *handle() const noexcept { return handle_.get(); }

  private:
    explicit Package(rm_package_t *package) noexcept : handle_(package) {}

    detail::Handle<rm_package_t> handle_;
};

} // namespace REMOTEMEDIA_MODE
} // namespace remotemedia

#endif
