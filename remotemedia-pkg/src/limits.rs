//! Limits: how large a package and its parts may be.

/// How large an OCI document (index, manifest) may be, in bytes.
pub const MAX_DOCUMENT_BYTES: u64 = 4 * 1024 * 1024;

/// How large the pipeline manifest may be, in bytes. How deep it may nest is the
/// [manifest's own limit](remotemedia_core::manifest::limits::MAX_JSON_DEPTH).
pub const MAX_PIPELINE_BYTES: u64 = 1024 * 1024;

/// How large a signature bundle may be, or the provenance that it covers, in bytes.
pub const MAX_BUNDLE_BYTES: u64 = 1024 * 1024;

/// How large a Python module may be, in bytes.
pub const MAX_PYTHON_BYTES: u64 = 16 * 1024 * 1024;

/// How many nodes, distributions and sources a Python module may have, of each.
pub const MAX_PYTHON_PARTS: usize = 4096;

/// How long a name in a Python module may be, in bytes.
pub const MAX_PYTHON_NAME_BYTES: usize = 240;

/// How many layers a package may have.
pub const MAX_LAYERS: usize = 1024;

/// How many signatures a package may have.
pub const MAX_SIGNATURES: usize = 16;

/// How many entries the archive may have: each layer may have a blob, a link and a few folders of its own.
pub const MAX_ENTRIES: usize = 8 * MAX_LAYERS;

/// How large a blob may be, in bytes: 8 GiB less one, which is the most that the header of an entry can state.
pub const MAX_BLOB_BYTES: u64 = 8 * 1024 * 1024 * 1024 - 1;

/// How large a package from elsewhere may be unless the user says otherwise, in bytes.
pub const DEFAULT_PACKAGE_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// How long a path may be, in bytes.
pub const MAX_PATH_BYTES: usize = 240;
