//! Locks between processes: files that the operating system unlocks when their owner ends, however it ends.

use std::fs::{File, TryLockError};
use std::io;
use std::thread;
use std::time::Duration;

use cap_std::fs::{Dir, OpenOptions};

use crate::error::{Error, ErrorKind, Result};

/// With whom a lock is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    Shared,
    Alone,
}

/// Held until it is dropped. The file stays: another process might be about to lock it.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "it is the open file that holds the lock")] File);

/// Takes the lock `name`, or none if it is taken.
pub(super) fn try_take(dir: &Dir, name: &str, hold: Hold) -> Result<Option<Lock>> {
    let failed = |error| Error::io(format_args!("lock {name} of the cache"), error);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true);
    let file = match dir.open_with(name, &options) {
        // Where nothing can be written, as in the image of a container, what is there can be locked all the same.
        Err(error) if is_protected(&error) => dir.open(name).map_err(|_| failed(error))?,
        opened => opened.map_err(failed)?,
    };
    let file = file.into_std();
    let taken = match hold {
        Hold::Shared => file.try_lock_shared(),
        Hold::Alone => file.try_lock(),
    };
    match taken {
        Ok(()) => Ok(Some(Lock(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Takes the lock `name`, and waits for those who have it, anew whenever `progress` gives another number.
pub(super) fn take(dir: &Dir, name: &str, hold: Hold, patience: Duration, progress: &dyn Fn() -> u64) -> Result<Lock> {
    let (mut waited, mut seen) = (Duration::ZERO, progress());
    loop {
        if let Some(lock) = try_take(dir, name, hold)? {
            return Ok(lock);
        }
        let now = progress();
        if std::mem::replace(&mut seen, now) != now {
            waited = Duration::ZERO;
        }
        if waited >= patience {
            let message = format!(
                "another process has kept {name} of the cache locked for {} seconds; end it, or wait for it",
                patience.as_secs()
            );
            return Err(Error::new(ErrorKind::CacheBusy, message));
        }
        thread::sleep(INTERVAL);
        waited += INTERVAL;
    }
}

fn is_protected(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

/// How often a lock that is taken is tried again.
const INTERVAL: Duration = Duration::from_millis(5);
