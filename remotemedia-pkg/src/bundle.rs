//! Signature bundles: sigstore's format 0.3 with a DSSE envelope.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::canonical;
use crate::error::{Error, ErrorKind, Result};
use crate::key::{KeyId, SigningKey};
use crate::media;

/// A bundle that was read: nothing in it is verified.
#[derive(Debug)]
pub(crate) struct Bundle {
    pub(crate) signer: ClaimedSigner,
    /// The statement.
    pub(crate) payload: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

/// Whom a bundle names as its signer.
#[derive(Debug)]
pub(crate) enum ClaimedSigner {
    /// A key; none if the hint is no id of a key.
    Key(Option<KeyId>),
    /// A certificate in DER.
    Certificate(Vec<u8>),
}

/// A bundle that names `key`, with its signature of `statement`.
pub(crate) fn sign(statement: &[u8], key: &SigningKey) -> Result<Vec<u8>> {
    let hint = STANDARD.encode(key.public().id().as_bytes());
    make(statement, key, json!({"publicKey": {"hint": hint}}))
}

/// A bundle that carries `certificate`, in DER, with the signature of `statement` by its key.
pub(crate) fn sign_with_certificate(statement: &[u8], key: &SigningKey, certificate: &[u8]) -> Result<Vec<u8>> {
    make(statement, key, json!({"certificate": {"rawBytes": STANDARD.encode(certificate)}}))
}

fn make(statement: &[u8], key: &SigningKey, mut material: Value) -> Result<Vec<u8>> {
    material["tlogEntries"] = json!([]);
    let signature = STANDARD.encode(key.sign(&pre_authentication_encoding(statement))?);
    Ok(canonical::to_vec(&json!({
        "mediaType": media::BUNDLE,
        "verificationMaterial": material,
        "dsseEnvelope": {
            "payload": STANDARD.encode(statement),
            "payloadType": media::STATEMENT,
            "signatures": [{"sig": signature}],
        },
    })))
}

impl Bundle {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self> {
        let raw: RawBundle = serde_json::from_slice(bytes).map_err(|error| wrong(format!("is not valid: {error}")))?;
        if raw.media_type != media::BUNDLE {
            return Err(wrong(format!("is of type {:?}, expected {:?}", raw.media_type, media::BUNDLE)));
        }
        if raw.dsse_envelope.payload_type != media::STATEMENT {
            let found = raw.dsse_envelope.payload_type;
            return Err(wrong(format!("signs a payload of type {found:?}, expected {:?}", media::STATEMENT)));
        }
        let [signature] = &raw.dsse_envelope.signatures[..] else {
            return Err(wrong(format!("has {} signatures, expected one", raw.dsse_envelope.signatures.len())));
        };
        Ok(Self {
            signature: decode("the signature", &signature.sig)?,
            payload: decode("the payload", &raw.dsse_envelope.payload)?,
            signer: raw.verification_material.signer()?,
        })
    }

    /// The bytes that the signature covers.
    pub(crate) fn message(&self) -> Vec<u8> {
        pre_authentication_encoding(&self.payload)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawBundle {
    media_type: String,
    verification_material: RawMaterial,
    dsse_envelope: RawEnvelope,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMaterial {
    public_key: Option<RawHint>,
    certificate: Option<RawCertificate>,
    x509_certificate_chain: Option<Value>,
}

#[derive(Deserialize)]
struct RawHint {
    hint: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawCertificate {
    raw_bytes: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEnvelope {
    payload: String,
    payload_type: String,
    signatures: Vec<RawSignature>,
}

#[derive(Deserialize)]
struct RawSignature {
    sig: String,
}

impl RawMaterial {
    fn signer(self) -> Result<ClaimedSigner> {
        match (self.public_key, self.certificate, self.x509_certificate_chain) {
            (Some(key), None, None) => {
                Ok(ClaimedSigner::Key(STANDARD.decode(key.hint).ok().and_then(|bytes| KeyId::from_bytes(&bytes))))
            }
            (None, Some(certificate), None) => {
                decode("the certificate", &certificate.raw_bytes).map(ClaimedSigner::Certificate)
            }
            (.., Some(_)) => Err(wrong("holds a chain of certificates, which version 0.3 does not have".to_owned())),
            _ => Err(wrong("names its signer by neither a key nor a certificate, or by both".to_owned())),
        }
    }
}

/// What DSSE signs in the place of the payload.
fn pre_authentication_encoding(payload: &[u8]) -> Vec<u8> {
    let kind = media::STATEMENT;
    let mut encoded = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
    encoded.extend_from_slice(payload);
    encoded
}

fn decode(what: &str, text: &str) -> Result<Vec<u8>> {
    STANDARD.decode(text).map_err(|error| wrong(format!("has {what} in no valid base64: {error}")))
}

fn wrong(what: String) -> Error {
    Error::new(ErrorKind::Bundle, format!("the signature bundle {what}"))
}
