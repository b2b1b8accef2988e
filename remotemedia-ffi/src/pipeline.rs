//! Pipelines: manifests, checked, that can be started any number of times.

use std::sync::Arc;

use remotemedia::Pipeline;

use crate::error::rm_error_t;
use crate::guard::{Fault, guard};
use crate::handle::{self, objects};
use crate::packet::rm_packet_t;
use crate::runtime::{Host, rm_runtime_t};
use crate::status::{RM_STATUS_INVALID_ARGUMENT, RM_STATUS_OK, rm_status_t};
use crate::text::rm_str_t;

/// A checked pipeline.
pub struct rm_pipeline_t {
    pub(crate) pipeline: Pipeline,
    pub(crate) host: Arc<Host>,
}

objects!(rm_pipeline_t: "pipeline");

impl rm_pipeline_t {
    /// Gives a pipeline to C as one reference.
    pub(crate) fn give(pipeline: Pipeline, runtime: &rm_runtime_t) -> *mut Self {
        handle::give(Self { pipeline, host: Arc::clone(&runtime.0) })
    }
}

/// Reads a manifest (JSON) and checks it as a whole. Any thread. Since 0.1, stable.
///
/// # Safety
/// `runtime` is held, `manifest` readable; `out` and `error` may be written, and `error` may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_pipeline_open(
    runtime: *const rm_runtime_t,
    manifest: rm_str_t,
    out: *mut *mut rm_pipeline_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let (out, runtime, manifest) =
            unsafe { (handle::output(out)?, handle::borrow(runtime, "runtime")?, manifest.need("manifest")?) };
        *out = rm_pipeline_t::give(runtime.0.pipeline(manifest)?, &runtime);
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// Registers a manifest (JSON) under a name: manifests may name it as a node type, and `rm_pipeline_open_named` opens
/// it. It is checked when it is opened. Any thread. Since 0.1, stable.
///
/// # Safety
/// `runtime` is held, `name` and `manifest` are readable; `error` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_runtime_set_pipeline(
    runtime: *const rm_runtime_t,
    name: rm_str_t,
    manifest: rm_str_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let (runtime, name, manifest) =
            unsafe { (handle::borrow(runtime, "runtime")?, name.need("name")?, manifest.need("manifest")?) };
        runtime.0.change_registry(|registry| {
            registry.register_pipeline(name, manifest);
            Ok(())
        })?;
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// Opens the pipeline that was registered under a name. Any thread. Since 0.1, stable.
///
/// # Safety
/// `runtime` is held, `name` readable; `out` and `error` may be written, and `error` may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_pipeline_open_named(
    runtime: *const rm_runtime_t,
    name: rm_str_t,
    out: *mut *mut rm_pipeline_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let (out, runtime, name) =
            unsafe { (handle::output(out)?, handle::borrow(runtime, "runtime")?, name.need("name")?) };
        *out = rm_pipeline_t::give(runtime.0.pipeline(&runtime.0.registered(name)?)?, &runtime);
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// The graph with the place and backend of each node, as a packet of text: `text`, `json`, `dot`, `mermaid` or `svg`.
/// Any thread. Since 0.1, stable.
///
/// # Safety
/// `pipeline` is held, `format` readable; `out` and `error` may be written, and `error` may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_pipeline_inspect(
    pipeline: *const rm_pipeline_t,
    format: rm_str_t,
    out: *mut *mut rm_packet_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let (out, pipeline, format) =
            unsafe { (handle::output(out)?, handle::borrow(pipeline, "pipeline")?, format.need("format")?) };
        let inspection = pipeline.pipeline.inspect();
        let text = match format {
            "text" => inspection.to_string(),
            "json" => inspection.to_json(),
            "dot" => inspection.to_dot(),
            "mermaid" => inspection.to_mermaid(),
            "svg" => inspection.to_svg(),
            other => {
                let message = format!("format \"{other}\" is not known, expected text, json, dot, mermaid or svg");
                return Err(Fault::new(RM_STATUS_INVALID_ARGUMENT, message));
            }
        };
        *out = rm_packet_t::give(text);
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// One more reference. Any thread. Since 0.1, stable.
///
/// # Safety
/// `pipeline` is null or a reference that is held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_pipeline_retain(pipeline: *const rm_pipeline_t) -> *mut rm_pipeline_t {
    handle::retain(pipeline)
}

/// Takes one reference back. Null is ignored. Its sessions go on. Any thread. Since 0.1, stable.
///
/// # Safety
/// `pipeline` is null or a reference that is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_pipeline_release(pipeline: *mut rm_pipeline_t) {
    handle::release(pipeline);
}
