//! The version of the ABI, and what this build of the library can do.

use crate::guard::shield;
use crate::status::{RM_STATUS_ABI_MISMATCH, RM_STATUS_OK, rm_status_t};
use crate::text::rm_str_t;

/// Changes when a program has to be compiled again.
pub const RM_ABI_MAJOR: u32 = 0;
/// Grows when functions are added.
pub const RM_ABI_MINOR: u32 = 1;

/// The version of the ABI: `RM_ABI_MAJOR << 16 | RM_ABI_MINOR`. Any thread. Since 0.1, never changes.
#[unsafe(no_mangle)]
pub extern "C" fn rm_abi_version() -> u32 {
    RM_ABI_MAJOR << 16 | RM_ABI_MINOR
}

/// Whether a program that was compiled against version `compiled` can use this library: `RM_STATUS_OK` or
/// `RM_STATUS_ABI_MISMATCH`. Any thread. Since 0.1, never changes.
#[unsafe(no_mangle)]
pub extern "C" fn rm_abi_check(compiled: u32) -> rm_status_t {
    let fits = compiled >> 16 == RM_ABI_MAJOR && compiled & 0xffff <= RM_ABI_MINOR;
    if fits { RM_STATUS_OK } else { RM_STATUS_ABI_MISMATCH }
}

/// The version of the library, such as `0.1.0`. Lent for ever. Any thread. Since 0.1, stable.
#[unsafe(no_mangle)]
pub extern "C" fn rm_version_text() -> rm_str_t {
    rm_str_t::lend(remotemedia::VERSION)
}

/// Whether this build has the feature called `name`, such as `onnx`. Any thread. Since 0.1, stable.
///
/// # Safety
/// `name` is readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_feature_enabled(name: rm_str_t) -> bool {
    shield(false, || {
        // SAFETY: as the caller promises.
        let name = unsafe { name.read("name") };
        let enabled = |name| remotemedia::FEATURES.iter().any(|(known, on)| *known == name && *on);
        name.ok().flatten().is_some_and(enabled)
    })
}
