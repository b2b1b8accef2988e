//! Uploads: what a registry lacks, small blobs at once and large ones in chunks.

use ureq::http::{HeaderMap, Method, header};

use crate::digest::Digest;
use crate::document::Blob;
use crate::error::{Error, ErrorKind, Result};
use crate::progress::Meter;
use crate::registry::client::given_up;
use crate::registry::http::{Answer, Call};
use crate::registry::repository::Repository;
use crate::registry::url::Url;

/// Reads the bytes of a blob from an offset on into a buffer.
pub(super) type ReadAt<'a> = &'a (dyn Fn(u64, &mut [u8]) -> Result<()> + Sync);

impl Repository<'_> {
    /// Whether the registry has a blob in this repository.
    pub(super) fn has(&self, blob: Blob) -> Result<bool> {
        let call = Call::new(Method::HEAD, self.blob_url(blob.digest), self.what(&format!("blob {}", blob.digest)));
        let answer = self.client.call(&self.scope, &call)?;
        match answer.status().as_u16() {
            200 => Ok(true),
            404 => Ok(false),
            _ => Err(self.refused(&call, answer)),
        }
    }

    /// Uploads a blob, from the beginning again if a chunk is lost.
    pub(super) fn upload(&self, blob: Blob, read: ReadAt<'_>, meter: &dyn Meter) -> Result<()> {
        let mut attempts = self.client.attempts();
        loop {
            let mut sent_bytes = 0;
            let error = match self.upload_once(blob, read, meter, &mut sent_bytes) {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            meter.expect(sent_bytes);
            let wait = attempts.next(None);
            // A refusal may be for bytes that came twice, but not again.
            let is_lost = is_lost(&error) || (error.kind() == ErrorKind::RegistryRefused && attempts.count() == 1);
            self.client.stop.sleep(wait.filter(|_| is_lost).ok_or_else(|| given_up(error, &attempts))?);
        }
    }

    fn upload_once(&self, blob: Blob, read: ReadAt<'_>, meter: &dyn Meter, sent_bytes: &mut u64) -> Result<()> {
        let (mut session, headers) = self.begin(blob)?;
        if blob.len_bytes <= CHUNK_BYTES {
            let whole = Chunk::read(read, 0, blob.len_bytes)?;
            self.end(&session, blob, &whole.bytes)?;
            meter.advance(blob.len_bytes);
            *sent_bytes = blob.len_bytes;
            return Ok(());
        }
        let chunk_bytes = chunk_len(&headers);
        while *sent_bytes < blob.len_bytes {
            let len_bytes = chunk_bytes.min(blob.len_bytes - *sent_bytes);
            let chunk = Chunk::read(read, *sent_bytes, len_bytes)?;
            session = self.send_chunk(session, blob, &chunk)?;
            *sent_bytes += len_bytes;
            meter.advance(len_bytes);
        }
        self.end(&session, blob, &[])
    }

    /// Opens an upload.
    fn begin(&self, blob: Blob) -> Result<(Url, HeaderMap)> {
        let what = self.what(&format!("the upload of {}", blob.digest));
        let call = Call::new(Method::POST, self.url("blobs/uploads/"), what).body(&[]);
        let answer = self.client.call(&self.scope, &call)?;
        if answer.status() != 202 {
            return Err(self.refused(&call, answer));
        }
        Ok((self.session(&call, &answer)?, answer.headers().clone()))
    }

    /// Sends a chunk, again if it did not arrive, and gives where the next one goes.
    fn send_chunk(&self, mut session: Url, blob: Blob, chunk: &Chunk) -> Result<Url> {
        let mut attempts = self.client.attempts();
        loop {
            let error = match self.send_chunk_once(&session, blob, chunk) {
                Err(error) if is_passing(&error) => error,
                done => return done,
            };
            let wait = attempts.next(None);
            self.client.stop.sleep(wait.ok_or_else(|| given_up(error, &attempts))?);
            match self.arrived(&session, blob, chunk)? {
                (next, true) => return Ok(next),
                (next, false) => session = next,
            }
        }
    }

    fn send_chunk_once(&self, session: &Url, blob: Blob, chunk: &Chunk) -> Result<Url> {
        let call = Call::new(Method::PATCH, session.clone(), self.what(&format!("the upload of {}", blob.digest)))
            .header(header::CONTENT_TYPE, BYTES)
            .header(header::CONTENT_RANGE, &format!("{}-{}", chunk.from, chunk.last()))
            .body(&chunk.bytes)
            .once()
            .long();
        let answer = self.client.call(&self.scope, &call)?;
        if answer.status() != 202 {
            return Err(self.refused(&call, answer));
        }
        match confirmed(answer.headers()) {
            Some(end) if end != chunk.last() => Err(lost(&call.what, end, chunk.last())),
            _ => self.session(&call, &answer),
        }
    }

    /// Whether the registry has a chunk of which nobody knows, and where the upload goes on. One that has a part of it
    /// is an error: registries take the same bytes twice, and do not say so.
    fn arrived(&self, session: &Url, blob: Blob, chunk: &Chunk) -> Result<(Url, bool)> {
        let call = Call::new(Method::GET, session.clone(), self.what(&format!("the upload of {}", blob.digest)));
        let answer = self.client.call(&self.scope, &call)?;
        if answer.status() != 204 {
            return Err(self.refused(&call, answer));
        }
        let next = self.session(&call, &answer)?;
        match confirmed(answer.headers()) {
            Some(end) if end == chunk.last() => Ok((next, true)),
            Some(end) if end + 1 == chunk.from => Ok((next, false)),
            // Registries have no other words for nothing.
            Some(0) | None if chunk.from == 0 => Ok((next, false)),
            end => Err(lost(&call.what, end.unwrap_or_default(), chunk.last())),
        }
    }

    /// Ends an upload with what is still to be sent.
    fn end(&self, session: &Url, blob: Blob, bytes: &[u8]) -> Result<()> {
        let url = session.with(&format!("digest={}", blob.digest));
        let call = Call::new(Method::PUT, url, self.what(&format!("the upload of {}", blob.digest)))
            .header(header::CONTENT_TYPE, BYTES)
            .body(bytes)
            .once()
            .long();
        match self.client.call(&self.scope, &call) {
            Ok(answer) if answer.status() == 201 => Ok(()),
            Ok(answer) => Err(self.refused(&call, answer)),
            // It may have arrived all the same.
            Err(error) if is_passing(&error) && self.has(blob)? => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Where an upload goes on.
    fn session(&self, call: &Call<'_>, answer: &Answer) -> Result<Url> {
        let location = answer.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
        let location = location.ok_or_else(|| {
            let message = format!("{}: {} does not say where to go on", call.what, self.scope.registry);
            Error::new(ErrorKind::RegistryAnswer, message)
        })?;
        self.client.next_url(&call.url, location, &call.what)
    }

    /// Puts a manifest under a tag or its digest.
    pub(super) fn put_manifest(&self, name: &str, media_type: &str, bytes: &[u8]) -> Result<HeaderMap> {
        let call = Call::new(Method::PUT, self.url(&format!("manifests/{name}")), self.what("a manifest"))
            .header(header::CONTENT_TYPE, media_type)
            .body(bytes);
        let answer = self.client.call(&self.scope, &call)?;
        if answer.status() != 201 {
            return Err(self.refused(&call, answer));
        }
        let stated = answer.headers().get("docker-content-digest").and_then(|digest| digest.to_str().ok());
        let expected = Digest::of(bytes).to_string();
        match stated {
            Some(stated) if stated != expected => {
                let message = format!("{}: sent {expected}, {} keeps {stated}", call.what, self.scope.registry);
                Err(Error::new(ErrorKind::DigestMismatch, message))
            }
            _ => Ok(answer.headers().clone()),
        }
    }
}

/// A part of a blob.
struct Chunk {
    from: u64,
    bytes: Vec<u8>,
}

impl Chunk {
    fn read(read: ReadAt<'_>, from: u64, len_bytes: u64) -> Result<Self> {
        let mut bytes = vec![0; usize::try_from(len_bytes).expect("a chunk fits into memory")];
        read(from, &mut bytes)?;
        Ok(Self { from, bytes })
    }

    /// Where its last byte stands in the blob.
    fn last(&self) -> u64 {
        self.from + self.bytes.len() as u64 - 1
    }
}

/// How large chunks are, which some registries want to be larger than others.
fn chunk_len(headers: &HeaderMap) -> u64 {
    let least = headers.get("oci-chunk-min-length").and_then(|len| len.to_str().ok()?.parse().ok());
    least.unwrap_or(0).clamp(CHUNK_BYTES, MAX_CHUNK_BYTES)
}

/// The last byte that the registry has.
fn confirmed(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get(header::RANGE)?.to_str().ok()?;
    let range = range.strip_prefix("bytes=").unwrap_or(range);
    range.strip_prefix("0-")?.parse().ok()
}

fn lost(what: &str, found: u64, expected: u64) -> Error {
    let message = format!("{what}: the registry has bytes up to {found}, expected {expected}");
    Error::new(ErrorKind::RegistryInterrupted, message)
}

/// Whether it is not known what came of a call.
fn is_passing(error: &Error) -> bool {
    use ErrorKind::{RegistryBusy, RegistryInterrupted, RegistryTimeout, RegistryUnreachable};
    [RegistryBusy, RegistryInterrupted, RegistryTimeout, RegistryUnreachable].contains(&error.kind())
}

/// Whether an upload that came to nothing may do better from the beginning: the registry no longer knows it, or has
/// other bytes than it was sent.
fn is_lost(error: &Error) -> bool {
    is_passing(error) || error.kind() == ErrorKind::RegistryUnknown
}

/// Large enough that latency does not count, small enough to be kept in memory and sent again.
const CHUNK_BYTES: u64 = 16 * 1024 * 1024;
const MAX_CHUNK_BYTES: u64 = 128 * 1024 * 1024;
const BYTES: &str = "application/octet-stream";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_registry_has_and_wants_is_read_from_its_headers() {
        let of =
            |name: &'static str, value: &str| HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
        assert_eq!(confirmed(&of("range", "0-41")), Some(41));
        assert_eq!(confirmed(&of("range", "bytes=0-41")), Some(41));
        assert_eq!(confirmed(&of("range", "7-41")), None);
        assert_eq!(chunk_len(&HeaderMap::new()), CHUNK_BYTES);
        assert_eq!(chunk_len(&of("oci-chunk-min-length", "1")), CHUNK_BYTES);
        assert_eq!(chunk_len(&of("oci-chunk-min-length", "20000000")), 20_000_000);
        assert_eq!(chunk_len(&of("oci-chunk-min-length", "999999999999")), MAX_CHUNK_BYTES);
    }
}
