//! A session as something that is measured: what watches sessions from beside sees of them.

use super::SessionMetrics;
use crate::error::Error;
use crate::executor::SessionCore;

/// A session that its driver watches.
pub trait Measured: Send + Sync {
    /// The session's number, unique within the process.
    fn id(&self) -> u64;

    /// What the nodes and queues counted so far.
    fn metrics(&self) -> SessionMetrics;

    /// The first cause of the session's end, as soon as it is known.
    fn error(&self) -> Option<Error>;
}

impl Measured for SessionCore {
    fn id(&self) -> u64 {
        self.id
    }

    fn metrics(&self) -> SessionMetrics {
        SessionMetrics::of(self)
    }

    fn error(&self) -> Option<Error> {
        SessionCore::error(self)
    }
}
