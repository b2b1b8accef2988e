//! Downloads: a blob into a file, going on where it was cut off, hashed as it is written.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::time::{Duration, Instant};

use cap_std::fs::File;
use ureq::http::{HeaderMap, Method, header};

use crate::digest::{Digest, Hasher};
use crate::document::Blob;
use crate::error::{Error, ErrorKind, Result};
use crate::progress::Meter;
use crate::registry::client::{Client, given_up};
use crate::registry::http::{Answer, Call, Failed, cut};
use crate::registry::repository::Repository;

impl Repository<'_> {
    /// Fetches a blob into `file`, which may hold its beginning.
    pub(super) fn download(&self, blob: Blob, file: &mut File, meter: &dyn Meter) -> Result<()> {
        let what = self.what(&format!("file {}", short(blob.digest)));
        let mut download = Download::begin(blob, file, what, meter)?;
        let mut attempts = self.client.attempts();
        let mut furthest = download.len_bytes;
        loop {
            let failed = match self.go_on(&mut download) {
                Ok(()) if download.is_whole(&self.scope.registry)? => return Ok(()),
                Ok(()) => continue,
                Err(failed) => failed,
            };
            if download.len_bytes >= furthest + PROGRESS_BYTES {
                furthest = download.len_bytes;
                attempts.reset();
            }
            match attempts.next(None).filter(|_| failed.may_pass) {
                Some(wait) => self.client.stop.sleep(wait),
                None => return Err(given_up(failed.error, &attempts)),
            }
        }
    }

    /// Fetches what is missing, as far as it comes.
    fn go_on(&self, download: &mut Download<'_>) -> Result<(), Failed> {
        if download.len_bytes == download.blob.len_bytes {
            return Ok(());
        }
        let mut call = Call::new(Method::GET, self.blob_url(download.blob.digest), download.what.clone()).long();
        if download.len_bytes > 0 {
            call = call.header(header::RANGE, &format!("bytes={}-", download.len_bytes));
        }
        let answer = self.client.call(&self.scope, &call)?;
        match answer.status().as_u16() {
            206 if is_rest(answer.headers(), download.len_bytes, download.blob.len_bytes) => {
                download.is_one_piece = false;
            }
            // A registry that sends another part, or none, is asked for the whole.
            206 | 416 if download.len_bytes > 0 => {
                download.restart()?;
                let message = format!("{}: {} sends another part", download.what, self.scope.registry);
                return Err(Failed { error: Error::new(ErrorKind::RegistryAnswer, message), may_pass: true });
            }
            200 => {
                download.restart()?;
                download.check_stated(answer.headers(), &self.scope.registry)?;
            }
            404 => {
                let message = format!("{}: {} lacks it", download.what, self.scope.registry);
                return Err(Error::new(ErrorKind::RegistryUnknown, message).into());
            }
            _ => return Err(self.refused(&call, answer).into()),
        }
        self.receive(download, answer)
    }

    fn receive(&self, download: &mut Download<'_>, answer: Answer) -> Result<(), Failed> {
        let (what, origin) = (download.what.clone(), &self.scope.origin);
        let mut reader = answer.into_body().into_with_config().limit(u64::MAX).reader();
        let mut pace = Pace::new(self.client, Instant::now());
        let mut buffer = vec![0; BUFFER_BYTES];
        while download.len_bytes < download.blob.len_bytes {
            let most = (download.blob.len_bytes - download.len_bytes).min(BUFFER_BYTES as u64) as usize;
            let count = match reader.read(&mut buffer[..most]) {
                Ok(0) => return Err(cut(&what, origin, io::ErrorKind::UnexpectedEof.into())),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(cut(&what, origin, error)),
            };
            download.append(&buffer[..count])?;
            self.client.check_stop(&what)?;
            if !pace.is_kept(count, Instant::now()) {
                let message = format!("{what}: {origin} sends next to nothing");
                return Err(Failed { error: Error::new(ErrorKind::RegistryTimeout, message), may_pass: true });
            }
        }
        match reader.read(&mut buffer[..1]) {
            Ok(count) if count > 0 => {
                download.restart()?;
                let message = format!("{what}: {origin} sends more than {} bytes", download.blob.len_bytes);
                Err(Error::new(ErrorKind::SizeMismatch, message).into())
            }
            // What matters is here.
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

/// A blob that comes in.
struct Download<'a> {
    blob: Blob,
    file: &'a mut File,
    what: String,
    meter: &'a dyn Meter,
    hasher: Hasher,
    len_bytes: u64,
    /// Whether all bytes come from one answer.
    is_one_piece: bool,
}

impl<'a> Download<'a> {
    /// Goes on with what is in `file`.
    fn begin(blob: Blob, file: &'a mut File, what: String, meter: &'a dyn Meter) -> Result<Self> {
        let mut download = Self { blob, file, what, meter, hasher: Hasher::new(), len_bytes: 0, is_one_piece: false };
        let mut buffer = vec![0; BUFFER_BYTES];
        while download.len_bytes <= blob.len_bytes {
            match download.file.read(&mut buffer).map_err(unwritable)? {
                0 => return Ok(download),
                count => download.note(&buffer[..count]),
            }
        }
        download.restart()?;
        Ok(download)
    }

    fn note(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.len_bytes += bytes.len() as u64;
        self.meter.advance(bytes.len() as u64);
    }

    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(unwritable)?;
        self.note(bytes);
        Ok(())
    }

    /// Begins anew.
    fn restart(&mut self) -> Result<()> {
        self.meter.expect(self.len_bytes);
        self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0))).map_err(unwritable)?;
        (self.hasher, self.len_bytes, self.is_one_piece) = (Hasher::new(), 0, true);
        Ok(())
    }

    /// Checks the size that an answer states, before anything of it is taken.
    fn check_stated(&self, headers: &HeaderMap, registry: &str) -> Result<()> {
        let stated = headers.get(header::CONTENT_LENGTH).and_then(|len| len.to_str().ok()?.parse::<u64>().ok());
        match stated {
            Some(stated) if stated != self.blob.len_bytes => {
                let expected = self.blob.len_bytes;
                let message = format!("{}: {registry} has {stated} bytes, expected {expected}", self.what);
                Err(Error::new(ErrorKind::SizeMismatch, message))
            }
            _ => Ok(()),
        }
    }

    /// Compares the whole with its digest. Pieces that do not fit together are dropped, a wrong whole is refused.
    fn is_whole(&mut self, registry: &str) -> Result<bool> {
        let found = std::mem::replace(&mut self.hasher, Hasher::new()).finish();
        if found == self.blob.digest {
            return Ok(true);
        }
        let is_one_piece = self.is_one_piece;
        self.restart()?;
        if !is_one_piece {
            return Ok(false);
        }
        let message = format!("{}: expected {}, {registry} sends {found}", self.what, self.blob.digest);
        Err(Error::new(ErrorKind::DigestMismatch, message))
    }
}

/// Whether an answer is the part from `from` to the end of what has `len_bytes`.
fn is_rest(headers: &HeaderMap, from: u64, len_bytes: u64) -> bool {
    let stated = headers.get(header::CONTENT_RANGE).and_then(|range| range.to_str().ok()).unwrap_or_default();
    stated == format!("bytes {from}-{}/{len_bytes}", len_bytes - 1)
        || stated == format!("bytes {from}-{}/*", len_bytes - 1)
}

/// Sees to it that a transfer gets on, so that nobody keeps it up with a byte now and then.
struct Pace {
    since: Instant,
    pending_bytes: usize,
    allowed: Duration,
}

impl Pace {
    fn new(client: &Client, now: Instant) -> Self {
        Self { since: now, pending_bytes: 0, allowed: 2 * client.settings.patience.stall }
    }

    fn is_kept(&mut self, count: usize, now: Instant) -> bool {
        self.pending_bytes += count;
        if self.pending_bytes >= PACE_BYTES {
            (self.since, self.pending_bytes) = (now, 0);
        }
        now.duration_since(self.since) <= self.allowed
    }
}

fn short(digest: Digest) -> String {
    digest.to_string()[..SHORT_DIGEST].to_owned()
}

fn unwritable(error: io::Error) -> Error {
    Error::io("write a file of the cache", error)
}

const BUFFER_BYTES: usize = 256 * 1024;
/// So much between two failures makes the second one the first again.
const PROGRESS_BYTES: u64 = 1024 * 1024;
/// So much must come in twice the time in which at least one byte must.
const PACE_BYTES: usize = 64 * 1024;
/// `sha256:` and twelve digits.
const SHORT_DIGEST: usize = 19;

#[cfg(test)]
mod tests {
    use super::*;

    fn is_rest_of_ten(range: &str) -> bool {
        is_rest(&HeaderMap::from_iter([(header::CONTENT_RANGE, range.parse().unwrap())]), 4, 10)
    }

    #[test]
    fn only_the_rest_to_the_end_is_the_rest() {
        assert!(is_rest_of_ten("bytes 4-9/10") && is_rest_of_ten("bytes 4-9/*"));
        for other in ["bytes 5-9/10", "bytes 4-8/10", "bytes 4-9/11", "bytes 0-9/10", "4-9/10", "bytes */10", ""] {
            assert!(!is_rest_of_ten(other), "{other}");
        }
        assert!(!is_rest(&HeaderMap::new(), 4, 10));
    }

    #[test]
    fn a_byte_now_and_then_does_not_keep_a_transfer_up() {
        let (begin, second) = (Instant::now(), Duration::from_secs(1));
        let mut pace = Pace { since: begin, pending_bytes: 0, allowed: 60 * second };
        assert!(pace.is_kept(PACE_BYTES, begin + 59 * second));
        assert!(pace.is_kept(1, begin + 118 * second));
        assert!(!pace.is_kept(1, begin + 120 * second));
    }
}
