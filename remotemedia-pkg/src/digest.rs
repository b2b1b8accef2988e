//! SHA-256 digests, and readers that compute them.

use std::fmt;
use std::io::{self, Read};

use oci_spec::image::{Digest as OciDigest, DigestAlgorithm};
use ring::digest::{Context, SHA256, digest};

use crate::error::{Error, ErrorKind, Result};

/// The SHA-256 of some bytes, written `sha256:` and 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self::from_ring(&digest(&SHA256, bytes))
    }

    /// The digest that `hex` spells in 64 lower-case digits, if it does.
    pub fn from_hex(hex: &str) -> Option<Self> {
        let digits = hex.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Some(Self(bytes))
    }

    /// The digest in 64 hexadecimal digits, without what stands before the colon.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The bytes of the digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A digest of an OCI document, which must be SHA-256.
    pub(crate) fn from_oci(found: &OciDigest) -> Result<Self> {
        let sha256 = *found.algorithm() == DigestAlgorithm::Sha256;
        sha256.then(|| Self::from_hex(found.digest())).flatten().ok_or_else(|| {
            let message = format!("expected a digest such as sha256:{}…, found {:?}", "0".repeat(8), found.as_ref());
            Error::new(ErrorKind::DigestForm, message)
        })
    }

    pub(crate) fn to_oci(self) -> OciDigest {
        self.to_string().parse().expect("sha256 and 64 hexadecimal digits are an OCI digest")
    }

    fn from_ring(digest: &ring::digest::Digest) -> Self {
        Self(digest.as_ref().try_into().expect("SHA-256 has 32 bytes"))
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Hashes bytes as they come.
#[cfg(feature = "registry")]
pub(crate) struct Hasher(Context);

#[cfg(feature = "registry")]
impl Hasher {
    pub(crate) fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes.
    pub(crate) fn finish(self) -> Digest {
        Digest::from_ring(&self.0.finish())
    }
}

/// A reader that hashes what goes through it and counts the bytes.
pub(crate) struct Hashing<R> {
    inner: R,
    context: Context,
    len_bytes: u64,
}

impl<R: Read> Hashing<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self { inner, context: Context::new(&SHA256), len_bytes: 0 }
    }

    /// The digest and the count of all that was read.
    pub(crate) fn finish(self) -> (Digest, u64) {
        (Digest::from_ring(&self.context.finish()), self.len_bytes)
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.context.update(&buffer[..count]);
        self.len_bytes += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn the_digest_of_known_bytes_is_the_known_one_whole_or_in_parts() {
        assert_eq!(Digest::of(b"abc").hex(), ABC);
        let mut reader = Hashing::new(&b"abc"[..]);
        let mut one = [0; 1];
        while reader.read(&mut one).unwrap() > 0 {}
        assert_eq!(reader.finish(), (Digest::of(b"abc"), 3));
    }

    #[test]
    fn only_64_lower_case_digits_are_a_digest() {
        assert_eq!(Digest::from_hex(ABC), Some(Digest::of(b"abc")));
        for wrong in ["", "ba78", &ABC.to_uppercase(), &format!("{ABC}0"), &ABC.replace('b', "g")] {
            assert_eq!(Digest::from_hex(wrong), None, "{wrong}");
        }
    }
}
