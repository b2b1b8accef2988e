//! Runtimes: the threads and the node types that pipelines use.

use remotemedia::Runtime;

use crate::error::rm_error_t;
use crate::guard::{Fault, guard};
use crate::handle;
use crate::status::{RM_STATUS_EXHAUSTED, RM_STATUS_OK, rm_status_t};

/// Threads and node types. A program needs one.
#[derive(Debug)]
pub struct rm_runtime_t {
    pub(crate) runtime: Runtime,
}

/// How a runtime is set up. Begin with `RM_RUNTIME_CONFIG_INIT`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rm_runtime_config_t {
    /// `sizeof(rm_runtime_config_t)`.
    pub struct_size: u32,
    /// How many threads carry timers and asynchronous nodes; 0 for one per processor core.
    pub workers: u32,
}

/// Makes a runtime. Without `config` it has a thread per processor core. Any thread; not before a `fork` whose child
/// uses the library. Since 0.1, stable.
///
/// # Safety
/// `config` is null or readable; `out` and `error` may be written, and `error` may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_runtime_new(
    config: *const rm_runtime_config_t,
    out: *mut *mut rm_runtime_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let (out, config) = unsafe { (handle::output(out)?, config.as_ref()) };
        let mut builder = Runtime::builder();
        if let Some(config) = config {
            expect_size(config.struct_size, size_of::<rm_runtime_config_t>(), "rm_runtime_config_t")?;
            if config.workers > 0 {
                builder = builder.workers(config.workers as usize);
            }
        }
        let runtime = builder.build().map_err(|error| Fault::new(RM_STATUS_EXHAUSTED, error.to_string()))?;
        *out = handle::give(rm_runtime_t { runtime });
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// One more reference. Any thread. Since 0.1, stable.
///
/// # Safety
/// `runtime` is null or a reference that is held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_runtime_retain(runtime: *const rm_runtime_t) -> *mut rm_runtime_t {
    // SAFETY: as the caller promises.
    unsafe { handle::retain(runtime) }
}

/// Takes one reference back. Null is ignored. Pipelines and sessions keep what they use. Any thread.
/// Since 0.1, stable.
///
/// # Safety
/// `runtime` is null or a reference that is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_runtime_release(runtime: *mut rm_runtime_t) {
    // SAFETY: as the caller promises.
    unsafe { handle::release(runtime) };
}

/// Refuses a struct whose size was not filled in, or that is older than the oldest known.
pub(crate) fn expect_size(found: u32, expected: usize, name: &str) -> Result<(), Fault> {
    if (found as usize) < expected {
        let message = format!("struct_size of {name} is {found}, expected {expected}: begin with its INIT macro");
        return Err(Fault::argument(message));
    }
    Ok(())
}
