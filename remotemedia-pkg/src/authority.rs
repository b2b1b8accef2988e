//! Certificate authorities: sigstore's `trusted_root.json`, and whether a certificate leads to one of them.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, UnixTime};
use serde::Deserialize;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use crate::error::{Error, ErrorKind, Result};
use crate::key::KeyId;

/// The authorities whose certificates are trusted.
#[derive(Debug, Default)]
pub(crate) struct Authorities(Vec<Authority>);

/// One authority: its own certificate, and those between it and the signers.
#[derive(Debug)]
struct Authority {
    root: CertificateDer<'static>,
    intermediates: Vec<CertificateDer<'static>>,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

/// A signer whose certificate leads to a trusted authority.
#[derive(Debug)]
pub(crate) struct CertifiedSigner {
    /// The names that the authority vouches for: URIs, then DNS names.
    pub(crate) identities: Vec<String>,
    /// The keys of the signer and of every authority above.
    pub(crate) keys: Vec<KeyId>,
}

impl Authorities {
    /// Reads a `trusted_root.json`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let raw: RawRoot = serde_json::from_str(text).map_err(|error| wrong(format!("is not valid: {error}")))?;
        if !raw.media_type.starts_with(MEDIA_TYPE) {
            return Err(wrong(format!("is of type {:?}, expected {MEDIA_TYPE:?}", raw.media_type)));
        }
        raw.certificate_authorities.into_iter().map(Authority::new).collect::<Result<_>>().map(Self)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Checks that `certificate` leads to an authority at the time `now`, and that `signature` is one of `message` with
    /// its key.
    pub(crate) fn verify(
        &self,
        certificate: &[u8],
        message: &[u8],
        signature: &[u8],
        now: SystemTime,
    ) -> Result<CertifiedSigner> {
        let certificate = CertificateDer::from(certificate);
        let signer = EndEntityCert::try_from(&certificate)
            .map_err(|error| Error::new(ErrorKind::Bundle, format!("the certificate is not valid: {error}")))?;
        let keys = self.keys(&signer, now)?;
        signer.verify_signature(webpki::ring::ECDSA_P256_SHA256, message, signature).map_err(|_| {
            Error::new(ErrorKind::BadSignature, "the signature does not fit its certificate and what it covers")
        })?;
        let identities = signer.valid_uri_names().chain(signer.valid_dns_names()).map(str::to_owned).collect();
        Ok(CertifiedSigner { identities, keys })
    }

    /// The keys from the signer to the authority that it leads to.
    fn keys(&self, signer: &EndEntityCert<'_>, now: SystemTime) -> Result<Vec<KeyId>> {
        let mut failure = Error::new(ErrorKind::UntrustedChain, "no certificate authority is trusted");
        for authority in self.0.iter().filter(|authority| authority.is_valid(now)) {
            match authority.keys(signer, now) {
                Ok(keys) => return Ok(keys),
                // What is wrong with a certificate tells more than that another authority did not make it.
                Err(error) if failure.kind() == ErrorKind::UntrustedChain => failure = error,
                Err(_) => {}
            }
        }
        Err(failure)
    }
}

impl Authority {
    /// A chain as `trusted_root.json` holds it: each certificate is followed by the one that signed it.
    fn new(raw: RawAuthority) -> Result<Self> {
        let decode = |certificate: RawCertificate| {
            let der =
                STANDARD.decode(certificate.raw_bytes).map_err(|error| wrong(format!("has no base64: {error}")))?;
            Ok(CertificateDer::from(der))
        };
        let mut chain: Vec<_> = raw.cert_chain.certificates.into_iter().map(decode).collect::<Result<_>>()?;
        let root = chain.pop().ok_or_else(|| wrong("has an authority without a certificate".to_owned()))?;
        anchor_from_trusted_cert(&root)
            .map_err(|error| wrong(format!("has a certificate that is not valid: {error}")))?;
        let RawPeriod { start, end } = raw.valid_for.unwrap_or_default();
        Ok(Self { root, intermediates: chain, start, end })
    }

    fn is_valid(&self, now: SystemTime) -> bool {
        let Ok(now) = Timestamp::try_from(now) else { return false };
        self.start.is_none_or(|start| start <= now) && self.end.is_none_or(|end| now <= end)
    }

    fn keys(&self, signer: &EndEntityCert<'_>, now: SystemTime) -> Result<Vec<KeyId>> {
        let anchor = [anchor_from_trusted_cert(&self.root).expect("it was checked when it was read")];
        let since_1970 = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let path = signer
            .verify_for_usage(
                webpki::ALL_VERIFICATION_ALGS,
                &anchor,
                &self.intermediates,
                UnixTime::since_unix_epoch(since_1970),
                KeyUsage::required_if_present(CODE_SIGNING),
                None,
                None,
            )
            .map_err(refused)?;
        let root = EndEntityCert::try_from(&self.root).map(|root| key_id(&root));
        Ok(std::iter::once(key_id(signer)).chain(path.intermediate_certificates().map(key_id)).chain(root).collect())
    }
}

fn key_id(certificate: &webpki::Cert<'_>) -> KeyId {
    KeyId::of(&certificate.subject_public_key_info())
}

fn refused(error: webpki::Error) -> Error {
    let (kind, what) = match &error {
        webpki::Error::CertExpired { .. } => (ErrorKind::CertificateExpired, "the certificate is no longer valid"),
        webpki::Error::CertNotValidYet { .. } => {
            (ErrorKind::CertificateNotYetValid, "the certificate is not valid yet")
        }
        webpki::Error::RequiredEkuNotFoundContext(_) => {
            (ErrorKind::CertificateUse, "the certificate is not for signing code")
        }
        _ => (ErrorKind::UntrustedChain, "the certificate does not lead to a trusted authority"),
    };
    Error::new(kind, format!("{what}: {error}")).with_source(error)
}

fn wrong(what: String) -> Error {
    Error::new(ErrorKind::TrustFile, format!("trusted_root.json {what}"))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawRoot {
    media_type: String,
    #[serde(default)]
    certificate_authorities: Vec<RawAuthority>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAuthority {
    cert_chain: RawChain,
    valid_for: Option<RawPeriod>,
}

#[derive(Deserialize)]
struct RawChain {
    certificates: Vec<RawCertificate>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawCertificate {
    raw_bytes: String,
}

#[derive(Default, Deserialize)]
struct RawPeriod {
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

/// What every version of the file's type begins with.
const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.trustedroot";
/// The object identifier 1.3.6.1.5.5.7.3.3: signing of code. A certificate that states no use is for all (RFC 5280, 4.2.1.12).
const CODE_SIGNING: &[u8] = &[43, 6, 1, 5, 5, 7, 3, 3];
