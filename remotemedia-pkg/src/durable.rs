//! Writes a file so that it lasts, without waiting for the disk at the end.

use std::fs::File;
use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

/// Lets `fill` write to `file`, and returns when all of it is on the disk. What is written first goes to the disk while
/// the rest is still being made.
///
/// The error is that of `fill`, or else what the disk said at any time.
pub(crate) fn write_durably<E>(
    file: &File,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<io::Result<()>, E> {
    let (wake, woken) = mpsc::sync_channel(1);
    thread::scope(|scope| {
        let syncing = scope.spawn(move || sync_each_time(file, &woken));
        fill(&mut Portions { file, wake, pending_bytes: 0 })?;
        let synced = syncing.join().expect("syncing a file does not panic");
        Ok(synced.and_then(|()| file.sync_all()))
    })
}

/// Syncs the file whenever it is woken, until nobody can wake it any more.
fn sync_each_time(file: &File, woken: &Receiver<()>) -> io::Result<()> {
    woken.iter().try_for_each(|()| file.sync_data())
}

/// A file that is synced by another thread, a portion at a time.
struct Portions<'a> {
    file: &'a File,
    wake: SyncSender<()>,
    pending_bytes: usize,
}

impl Write for Portions<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.pending_bytes += count;
        // A thread that is still at work takes this portion with its next one.
        if self.pending_bytes >= PORTION_BYTES && self.wake.try_send(()).is_ok() {
            self.pending_bytes = 0;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Large enough that the disk writes in one go.
const PORTION_BYTES: usize = 32 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_in_many_portions_is_all_there() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let block = vec![7; 1024 * 1024];
        let written = write_durably(file.as_file_mut(), |out| (0..70).try_for_each(|_| out.write_all(&block)));
        written.unwrap().unwrap();
        assert_eq!(file.as_file().metadata().unwrap().len(), 70 * 1024 * 1024);
    }

    #[test]
    fn a_writer_that_fails_ends_the_thread_and_is_heard() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(write_durably(file.as_file(), |_| Err("no more")).unwrap_err(), "no more");
    }
}
