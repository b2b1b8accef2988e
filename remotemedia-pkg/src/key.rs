//! Keys: ECDSA P-256, as PEM files that other tools read.

use std::fmt;

use pem::{EncodeConfig, LineEnding, Pem};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
};

use crate::digest::Digest;
use crate::error::{Error, ErrorKind, Result};

/// What tells keys apart: the SHA-256 of the public key as SubjectPublicKeyInfo, 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(Digest);

impl KeyId {
    /// The id that `hex` spells, if it does.
    pub fn from_hex(hex: &str) -> Option<Self> {
        Digest::from_hex(hex).map(Self)
    }

    /// The id of the key whose SubjectPublicKeyInfo is `spki`.
    pub(crate) fn of(spki: &[u8]) -> Self {
        Self(Digest::of(spki))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::from_hex(&bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.hex())
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A key that verifies signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// SubjectPublicKeyInfo in DER: the fixed beginning of all P-256 keys, then the point.
    spki: Vec<u8>,
}

impl PublicKey {
    /// The key in a PEM file with `BEGIN PUBLIC KEY`.
    ///
    /// # Errors
    /// If there is none, or it is of another kind than ECDSA P-256.
    pub fn from_pem(text: &str) -> Result<Self> {
        let spki = contents(text, PUBLIC_TAG)?;
        let point = spki.strip_prefix(P256_SPKI).filter(|point| point.len() == POINT_BYTES && point[0] == 4);
        match point {
            Some(_) => Ok(Self { spki }),
            None => Err(Error::new(ErrorKind::Key, "the key is of another kind than ECDSA P-256")),
        }
    }

    /// The key as a PEM file.
    pub fn to_pem(&self) -> String {
        encode(PUBLIC_TAG, &self.spki)
    }

    /// What tells it apart.
    pub fn id(&self) -> KeyId {
        KeyId::of(&self.spki)
    }

    fn of_point(point: &[u8]) -> Self {
        Self { spki: [P256_SPKI, point].concat() }
    }

    /// Whether `signature` is one of `message` with this key.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let point = &self.spki[P256_SPKI.len()..];
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature).is_ok()
    }
}

/// A key that signs.
pub struct SigningKey {
    pair: EcdsaKeyPair,
    pkcs8: Vec<u8>,
}

impl SigningKey {
    /// A new key.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub fn generate() -> Result<Self> {
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())
            .map_err(|_| no_randomness())?;
        Self::from_pkcs8(document.as_ref())
    }

    /// The key in a PEM file with `BEGIN PRIVATE KEY`, PKCS#8 without encryption.
    ///
    /// # Errors
    /// If there is none, or it is of another kind than ECDSA P-256.
    pub fn from_pem(text: &str) -> Result<Self> {
        Self::from_pkcs8(&contents(text, PRIVATE_TAG)?)
    }

    /// The key as a PEM file, not encrypted.
    pub fn to_pem(&self) -> String {
        encode(PRIVATE_TAG, &self.pkcs8)
    }

    /// The key that verifies what this one signs.
    pub fn public(&self) -> PublicKey {
        PublicKey::of_point(self.pair.public_key().as_ref())
    }

    /// Signs `message`.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let signature = self.pair.sign(&SystemRandom::new(), message).map_err(|_| no_randomness())?;
        Ok(signature.as_ref().to_vec())
    }

    fn from_pkcs8(pkcs8: &[u8]) -> Result<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8, &SystemRandom::new());
        let wrong = |why| Error::new(ErrorKind::Key, format!("the private key is not ECDSA P-256 in PKCS#8: {why}"));
        Ok(Self { pair: pair.map_err(wrong)?, pkcs8: pkcs8.to_vec() })
    }
}

/// The secret stays out of logs.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public().id())
    }
}

fn contents(text: &str, tag: &str) -> Result<Vec<u8>> {
    let wrong = |why: String| Error::new(ErrorKind::Key, format!("expected a PEM file with BEGIN {tag}, {why}"));
    let parsed = pem::parse(text).map_err(|error| wrong(format!("found none: {error}")))?;
    match parsed.tag() == tag {
        true => Ok(parsed.into_contents()),
        false => Err(wrong(format!("found BEGIN {}", parsed.tag()))),
    }
}

fn encode(tag: &str, contents: &[u8]) -> String {
    pem::encode_config(&Pem::new(tag, contents), EncodeConfig::new().set_line_ending(LineEnding::LF))
}

fn no_randomness() -> Error {
    Error::new(ErrorKind::Io, "the operating system gives no randomness")
}

const PUBLIC_TAG: &str = "PUBLIC KEY";
const PRIVATE_TAG: &str = "PRIVATE KEY";
/// What every SubjectPublicKeyInfo of a P-256 key begins with (RFC 5480): the algorithm, the curve, and the head of a bit
/// string of 65 bytes.
const P256_SPKI: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// An uncompressed point.
const POINT_BYTES: usize = 65;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_survive_the_way_through_files() {
        let key = SigningKey::generate().unwrap();
        let again = SigningKey::from_pem(&key.to_pem()).unwrap();
        let public = PublicKey::from_pem(&key.public().to_pem()).unwrap();
        assert_eq!(public, again.public());
        assert!(public.verifies(b"message", &again.sign(b"message").unwrap()));
        assert!(!public.verifies(b"massage", &again.sign(b"message").unwrap()));
        assert_eq!(KeyId::from_hex(&public.id().to_string()), Some(public.id()));
    }

    #[test]
    fn other_files_are_no_keys() {
        let key = SigningKey::generate().unwrap();
        for text in ["", "hello", &key.to_pem(), &encode(PUBLIC_TAG, b"short")] {
            assert_eq!(PublicKey::from_pem(text).unwrap_err().kind(), ErrorKind::Key, "{text}");
        }
        assert_eq!(SigningKey::from_pem(&key.public().to_pem()).unwrap_err().kind(), ErrorKind::Key);
    }
}
