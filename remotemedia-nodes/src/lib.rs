//! The standard native nodes of RemoteMedia, a cargo feature per family.

use remotemedia_core::error::NodeResult;
use remotemedia_core::registry::Registry;

#[cfg(feature = "audio")]
pub mod audio;
#[cfg(feature = "device")]
pub mod device;
#[cfg(feature = "file")]
pub mod file;
#[cfg(feature = "flow")]
pub mod flow;
#[cfg(feature = "math")]
pub mod math;
#[cfg(feature = "onnx")]
pub mod onnx;
#[cfg(feature = "text")]
pub mod text;

/// Adds every node type of the switched-on families to `registry`.
///
/// # Errors
/// If a name is taken already.
pub fn register(registry: &mut Registry) -> NodeResult {
    #[cfg(feature = "math")]
    math::register(registry)?;
    #[cfg(feature = "text")]
    text::register(registry)?;
    #[cfg(feature = "flow")]
    flow::register(registry)?;
    #[cfg(feature = "audio")]
    audio::register(registry)?;
    #[cfg(feature = "file")]
    file::register(registry)?;
    #[cfg(feature = "device")]
    device::register(registry)?;
    #[cfg(feature = "onnx")]
    onnx::register(registry)?;
    Ok(())
}

/// The name that the node's user knows: its id without the pipeline around it and without the index that `Pipeline`
/// puts behind it.
#[cfg(any(feature = "math", feature = "text"))]
fn name_of(cx: &remotemedia_core::node::NodeContext) -> &str {
    let id = cx.node.rsplit('/').next().unwrap_or(&cx.node);
    match id.rsplit_once('_') {
        Some((name, index)) if !name.is_empty() && index.parse::<u32>().is_ok() => name,
        _ => id,
    }
}
