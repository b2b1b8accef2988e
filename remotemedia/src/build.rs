//! What this build of the crate is: its version, and the features that are switched on.

/// The version of this crate.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Each cargo feature, and whether this build has it.
pub const FEATURES: &[(&str, bool)] = &[
    ("tokio", cfg!(feature = "tokio")),
    ("math", cfg!(feature = "math")),
    ("text", cfg!(feature = "text")),
    ("flow", cfg!(feature = "flow")),
    ("audio", cfg!(feature = "audio")),
    ("file", cfg!(feature = "file")),
    ("device", cfg!(feature = "device")),
    ("onnx", cfg!(feature = "onnx")),
    ("pkg", cfg!(feature = "pkg")),
    ("registry", cfg!(feature = "registry")),
    ("cpython", cfg!(feature = "cpython")),
    ("embed", cfg!(feature = "embed")),
    ("otel", cfg!(feature = "otel")),
    ("otel-tls", cfg!(feature = "otel-tls")),
];
