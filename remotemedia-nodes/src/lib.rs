//! The standard native nodes of RemoteMedia, a cargo feature per family.

use remotemedia_core::Result;
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
#[cfg(any(feature = "math", feature = "text"))]
mod python;
#[cfg(feature = "text")]
pub mod text;

/// Adds every node type of the switched-on families to `registry`.
///
/// # Errors
/// If a name is taken already.
#[allow(unused_variables, reason = "a build without any family registers nothing")]
pub fn register(registry: &mut Registry) -> Result<()> {
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
