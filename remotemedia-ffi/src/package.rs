//! Packages: pipelines in signed files or in registries, verified before anything of them is used.

use crate::error::rm_error_t;
use crate::guard::guard;
use crate::handle::{self, objects};
use crate::packages::{self, Opened};
use crate::packet::rm_packet_t;
use crate::pipeline::rm_pipeline_t;
use crate::runtime::rm_runtime_t;
use crate::status::{RM_STATUS_OK, rm_status_t};
use crate::table;
use crate::text::rm_str_t;

/// A package that was verified. Its files stay where they are for as long as it, a pipeline of it or a session of that
/// is held.
pub struct rm_package_t(Opened);

objects!(rm_package_t: "package");

/// How packages are opened. Begin with `RM_PACKAGE_CONFIG_INIT`, which is what is secure.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rm_package_config_t {
    /// `sizeof(rm_package_config_t)`.
    pub struct_size: u32,
    /// Not 0 if no registry may be asked: what the cache lacks is `RM_STATUS_REGISTRY_OFFLINE`.
    pub offline: u32,
    /// Not 0 if registries are to be asked also where the cache knows what a tag was on.
    pub refresh: u32,
    /// Not 0 if the registry of the reference is to be spoken to without encryption.
    pub plain_http: u32,
    /// Not 0 if packages of others may do all that this program may.
    pub trust_native: u32,
    /// The folder with keys, trust, `registries.json` and the cache. Without one it is what the environment calls
    /// `REMOTEMEDIA_HOME`, or `.remotemedia` in the user's home.
    pub home: rm_str_t,
}

table::tables! { rm_package_config_t: home; }

/// Opens a package, a file or a reference to a registry (`oci://HOST/NAME:TAG`): verifies who signed it and that the
/// user trusts them, and writes what the cache lacks of it there. Nothing of it is executed. This takes as long as the
/// disk and the registry do.
///
/// For a file no socket is opened, and of the environment nothing is read but what says where `home` is if the config
/// does not. For a reference, `DOCKER_CONFIG`, `HOME`, the variables that begin with `REMOTEMEDIA_REGISTRY` and those
/// that name proxies are read too. Any thread. Since 0.1, experimental.
///
/// # Safety
/// `reference` is readable, `config` null or readable; `out` and `error` may be written, and `error` may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_package_open(
    reference: rm_str_t,
    config: *const rm_package_config_t,
    out: *mut *mut rm_package_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let (out, reference, config) =
            unsafe { (handle::output(out)?, reference.need("reference")?, table::maybe(config)?) };
        // SAFETY: as the caller promises.
        let home = unsafe { home(config.as_ref())? };
        *out = handle::give(rm_package_t(packages::open(reference, config.as_ref(), home)?));
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// What is in a package, who signed it, and its graph with the node types of `runtime`, as a packet of text: the JSON
/// that `remotemedia inspect --json` writes. Nothing of the package is executed, and no registry is asked: packages that
/// lie beside it and are nodes of it are opened as it was, while one in a registry, whose host its author chose, is shown
/// by its reference, as one node of the backend `package`. Any thread. Since 0.1, experimental.
///
/// # Safety
/// `package` and `runtime` are held; `out` and `error` may be written, and `error` may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_package_inspect(
    package: *const rm_package_t,
    runtime: *const rm_runtime_t,
    out: *mut *mut rm_packet_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let out = unsafe { handle::output(out)? };
        let (package, runtime) = (handle::borrow(package, "package")?, handle::borrow(runtime, "runtime")?);
        *out = rm_packet_t::give(packages::inspect(&package.0, &runtime.0)?);
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// Opens the pipeline of a package, and the packages that are nodes of it, as the package was opened. A package that is
/// not signed with a key of the user's own is refused with `RM_STATUS_PACKAGE_FOREIGN` if a node is in Python, reads or
/// writes files, uses devices or is of a type of this program, unless its config trusts it.
///
/// Nodes in Python run after `rm_runtime_set_python`, if the interpreter finds the Python package `remotemedia` and
/// what the nodes need; the error is otherwise `RM_STATUS_UNSUPPORTED` and says what to do. The first instance of each
/// is made at once. Any thread. Since 0.1, experimental.
///
/// # Safety
/// `runtime` and `package` are held; `out` and `error` may be written, and `error` may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_pipeline_open_package(
    runtime: *const rm_runtime_t,
    package: *const rm_package_t,
    out: *mut *mut rm_pipeline_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let out = unsafe { handle::output(out)? };
        let (runtime, package) = (handle::borrow(runtime, "runtime")?, handle::borrow(package, "package")?);
        *out = rm_pipeline_t::give(packages::pipeline(&package.0, &runtime.0)?, &runtime);
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// As `rm_pipeline_open`, for a manifest whose nodes may be packages: of the type `Pipeline`, with the parameter
/// `package`. The path of a file begins at `folder`. They are opened as `rm_package_open` does, and judged as
/// `rm_pipeline_open_package` does; a manifest that names none needs neither. Any thread. Since 0.1, experimental.
///
/// # Safety
/// `runtime` is held, `manifest` and `folder` are readable, `config` is null or readable; `out` and `error` may be
/// written, and `error` may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_pipeline_open_in(
    runtime: *const rm_runtime_t,
    manifest: rm_str_t,
    folder: rm_str_t,
    config: *const rm_package_config_t,
    out: *mut *mut rm_pipeline_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let (out, manifest, folder, config) = unsafe {
            (handle::output(out)?, manifest.need("manifest")?, folder.need("folder")?, table::maybe(config)?)
        };
        // SAFETY: as the caller promises.
        let (runtime, home) = (handle::borrow(runtime, "runtime")?, unsafe { home(config.as_ref())? });
        *out =
            rm_pipeline_t::give(packages::pipeline_in(manifest, folder, config.as_ref(), home, &runtime.0)?, &runtime);
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// One more reference. Any thread. Since 0.1, experimental.
///
/// # Safety
/// `package` is null or a reference that is held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_package_retain(package: *const rm_package_t) -> *mut rm_package_t {
    handle::retain(package)
}

/// Takes one reference back. Null is ignored. Its pipelines and their sessions keep its files. Any thread. Since 0.1,
/// experimental.
///
/// # Safety
/// `package` is null or a reference that is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_package_release(package: *mut rm_package_t) {
    handle::release(package);
}

/// The folder that a config names.
///
/// # Safety
/// Its text is readable.
unsafe fn home<'a>(config: Option<&rm_package_config_t>) -> Result<Option<&'a str>, crate::guard::Fault> {
    // SAFETY: as the caller promises.
    config.map_or(Ok(None), |config| unsafe { config.home.read("home") })
}

#[cfg(all(test, not(feature = "pkg")))]
mod tests {
    use std::ptr;

    use super::*;
    use crate::status::RM_STATUS_UNSUPPORTED;

    #[test]
    fn a_build_without_packages_says_so() {
        let mut out = ptr::dangling_mut();
        // SAFETY: the text is readable, the place may be written, and the others may be null.
        let status =
            unsafe { rm_package_open(rm_str_t::lend("voice.rmpkg"), ptr::null(), &raw mut out, ptr::null_mut()) };
        assert_eq!((status, out), (RM_STATUS_UNSUPPORTED, ptr::null_mut()));
    }
}
