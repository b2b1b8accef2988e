//! Copies bytes of any length through a buffer of fixed size.

use std::io::{ErrorKind, Read, Write};

use crate::error::{Error, Result};
use crate::progress::Progress;

/// Copies all that `from` gives to `out`.
pub(crate) fn copy(from: &mut impl Read, out: &mut dyn Write, progress: Progress<'_>) -> Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(Error::io("read", error)),
        };
        out.write_all(&buffer[..count]).map_err(|error| Error::io("write", error))?;
        progress(count as u64);
    }
}

/// Large enough that calls cost nothing, small enough to stay in the processor's cache.
const BUFFER_BYTES: usize = 256 * 1024;
