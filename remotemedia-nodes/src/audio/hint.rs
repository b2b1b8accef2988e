//! The earlier package's `runtime_hint`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which implementation the earlier package was asked for. Taken so that its manifests load; there is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RuntimeHint {
    /// Whichever is there.
    #[default]
    Auto,
    /// The native one.
    Rust,
    /// The Python one.
    Python,
}
