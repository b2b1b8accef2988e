//! The node types of a runtime, in words for programs.

use crate::error::rm_error_t;
use crate::guard::guard;
use crate::handle;
use crate::packet::rm_packet_t;
use crate::runtime::rm_runtime_t;
use crate::status::{RM_STATUS_OK, rm_status_t};

/// What manifests may name as a node type at this moment, as a packet of text: the JSON array that
/// `remotemedia nodes --json` writes. It has the standard node types of this build and the host's own, by name, then
/// the pipelines and the Python classes that were given a name. Each is an object: `node_type`, `aliases`, `summary`,
/// `backend` (`native`, `host`, `pipeline`, `cpython`), `lane`, `source`, `inputs` and `outputs` (arrays of `name`,
/// `kind` and `optional`), `extra_inputs` and `extra_outputs` (the kind of ports that connections may name freely, or
/// null), and `params`, a JSON Schema with the type, default and description of each parameter; `true` takes any,
/// `false` none. `lane`, `inputs` and `outputs` are null where they are not known before a pipeline is opened. Any
/// thread. Since 0.1, experimental.
///
/// # Safety
/// `runtime` is held; `out` and `error` may be written, and `error` may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_runtime_nodes(
    runtime: *const rm_runtime_t,
    out: *mut *mut rm_packet_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let (out, runtime) = unsafe { (handle::output(out)?, handle::borrow(runtime, "runtime")?) };
        *out = rm_packet_t::give(runtime.0.describe_nodes());
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}
