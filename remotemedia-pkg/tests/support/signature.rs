//! Signatures made by hand: bundles that say what a test wants them to, and certificates.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    SanType,
};
use remotemedia_pkg::{Digest, PublicKey};
use serde_json::{Value, json};

/// A bundle before it is signed.
#[derive(Clone)]
pub(crate) struct Forge {
    pub(crate) media_type: String,
    pub(crate) material: Value,
    pub(crate) payload_type: String,
    pub(crate) statement: Value,
}

impl Forge {
    /// A good statement about `digest` by the signer that `material` names.
    pub(crate) fn new(digest: Digest, material: Value) -> Self {
        Self {
            media_type: "application/vnd.dev.sigstore.bundle.v0.3+json".to_owned(),
            material,
            payload_type: "application/vnd.in-toto+json".to_owned(),
            statement: json!({
                "_type": "https://in-toto.io/Statement/v1",
                "subject": [{"name": "voice", "digest": {"sha256": digest.hex()}}],
                "predicateType": "https://sigstore.dev/cosign/sign/v1",
                "predicate": {},
            }),
        }
    }

    pub(crate) fn payload(&self) -> Vec<u8> {
        self.statement.to_string().into_bytes()
    }

    /// The bundle, signed by `key`.
    pub(crate) fn value(&self, key: &KeyPair) -> Value {
        let payload = self.payload();
        let mut message =
            format!("DSSEv1 {} {} {} ", self.payload_type.len(), self.payload_type, payload.len()).into_bytes();
        message.extend(&payload);
        json!({
            "mediaType": self.media_type,
            "verificationMaterial": self.material,
            "dsseEnvelope": {
                "payload": STANDARD.encode(payload),
                "payloadType": self.payload_type,
                "signatures": [{"sig": STANDARD.encode(sign(key, &message))}],
            },
        })
    }

    pub(crate) fn bytes(&self, key: &KeyPair) -> Vec<u8> {
        self.value(key).to_string().into_bytes()
    }
}

fn sign(key: &KeyPair, message: &[u8]) -> Vec<u8> {
    use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
    let random = ring::rand::SystemRandom::new();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &key.serialize_der(), &random).unwrap();
    pair.sign(&random, message).unwrap().as_ref().to_vec()
}

pub(crate) fn key() -> KeyPair {
    KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap()
}

pub(crate) fn public(key: &KeyPair) -> PublicKey {
    PublicKey::from_pem(&key.public_key_pem()).unwrap()
}

/// How a bundle names a key.
pub(crate) fn by_key(key: &KeyPair) -> Value {
    let spki = pem::parse(key.public_key_pem()).unwrap();
    let id = Digest::of(spki.contents());
    json!({"publicKey": {"hint": STANDARD.encode(id.as_bytes())}, "tlogEntries": []})
}

/// How a bundle carries a certificate.
pub(crate) fn by_certificate(certificate: &[u8]) -> Value {
    json!({"certificate": {"rawBytes": STANDARD.encode(certificate)}, "tlogEntries": []})
}

/// An authority with one below it, and a signer that both vouch for.
pub(crate) struct Chain {
    root: CertifiedIssuer<'static, KeyPair>,
    intermediate: CertifiedIssuer<'static, KeyPair>,
    pub(crate) leaf: Vec<u8>,
    pub(crate) leaf_key: KeyPair,
}

impl Chain {
    /// A chain whose signer is valid from 2026 to 2028.
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// A chain whose signer's certificate is changed before it is signed.
    pub(crate) fn with(change: impl Fn(&mut CertificateParams)) -> Self {
        let root = CertifiedIssuer::self_signed(authority("root", 1), key()).unwrap();
        let intermediate = CertifiedIssuer::signed_by(authority("intermediate", 0), key(), &root).unwrap();
        let leaf_key = key();
        let mut params = named("builder");
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2028, 1, 1);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
        params.subject_alt_names = vec![SanType::URI(IDENTITY.try_into().unwrap())];
        change(&mut params);
        let leaf = params.signed_by(&leaf_key, &intermediate).unwrap().der().to_vec();
        Self { root, intermediate, leaf, leaf_key }
    }

    /// The file that trusts this chain's authorities.
    pub(crate) fn trusted_root(&self) -> String {
        self.root_of(&[self.intermediate.der(), self.root.der()])
    }

    /// The same without the authority in between.
    pub(crate) fn trusted_root_alone(&self) -> String {
        self.root_of(&[self.root.der()])
    }

    /// The public key of the authority in between.
    pub(crate) fn intermediate_key(&self) -> PublicKey {
        public(self.intermediate.key())
    }

    fn root_of(&self, certificates: &[&[u8]]) -> String {
        let certificate = |der: &&[u8]| json!({"rawBytes": STANDARD.encode(der)});
        let certificates: Vec<Value> = certificates.iter().map(certificate).collect();
        json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [],
            "ctlogs": [],
            "timestampAuthorities": [],
            "certificateAuthorities": [{
                "subject": {"organization": "tests", "commonName": "root"},
                "uri": "https://ca.example",
                "certChain": {"certificates": certificates},
                "validFor": {"start": "2025-01-01T00:00:00Z"},
            }],
        })
        .to_string()
    }
}

/// The name in a signer's certificate.
pub(crate) const IDENTITY: &str = "https://builder.example/ci";

fn authority(name: &str, below: u8) -> CertificateParams {
    let mut params = named(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(below));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.use_authority_key_identifier_extension = true;
    params
}
