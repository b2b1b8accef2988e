//! References: where in which registry a package lies.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::digest::Digest;
use crate::error::{Error, ErrorKind, Result};

/// A package in a registry, such as `oci://registry.example/team/voice:1.2` or
/// `oci://registry.example/team/voice@sha256:…`. Without a tag it is `latest`.
///
/// It has one spelling: the registry is in lower case and without the port of https, so that policies and the cache
/// cannot take one place for two.
///
/// ```
/// use remotemedia_pkg::Reference;
///
/// let reference: Reference = "oci://Registry.example:443/team/voice".parse()?;
/// assert_eq!(reference.to_string(), "oci://registry.example/team/voice:latest");
/// assert_eq!(reference.place(), "oci://registry.example/team/voice");
/// # Ok::<(), remotemedia_pkg::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    registry: String,
    repository: String,
    version: Version,
}

/// Which package of a repository is meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// The one that the tag is on, which may move.
    Tag(String),
    /// This one, and no other.
    Digest(Digest),
}

impl Reference {
    /// The host of the registry, with its port unless that is 443.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The repository within the registry.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// Which package of the repository is meant.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// The package with that digest in the same repository.
    #[must_use]
    pub fn at(&self, digest: Digest) -> Self {
        Self { version: Version::Digest(digest), ..self.clone() }
    }

    /// The repository as policies name places.
    pub fn place(&self) -> String {
        format!("{SCHEME}{}/{}", self.registry, self.repository)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.version {
            Version::Tag(tag) => write!(f, "{}:{tag}", self.place()),
            Version::Digest(digest) => write!(f, "{}@{digest}", self.place()),
        }
    }
}

impl FromStr for Reference {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = |what: &str| {
            let message = format!("{text:?} is no reference: {what}; expected {FORM}");
            Error::new(ErrorKind::Reference, message)
        };
        let rest = text.strip_prefix(SCHEME).ok_or_else(|| wrong("it does not begin with oci://"))?;
        let (registry, rest) = rest.split_once('/').ok_or_else(|| wrong("it names no repository"))?;
        let registry = parse_registry(registry).ok_or_else(|| wrong("the registry is no host"))?;
        let (repository, version) = match (rest.split_once('@'), rest.split_once(':')) {
            (Some((repository, digest)), _) => (repository, parse_digest(digest).ok_or_else(|| wrong(DIGEST_RULE))?),
            (None, Some((repository, tag))) => (repository, parse_tag(tag).ok_or_else(|| wrong(TAG_RULE))?),
            (None, None) => (rest, Version::Tag("latest".to_owned())),
        };
        if !is_repository(repository) {
            return Err(wrong(REPOSITORY_RULE));
        }
        Ok(Self { registry, repository: repository.to_owned(), version })
    }
}

/// Whether a place can begin with `text` up to a slash: a registry in its one spelling, and components of a repository.
pub(crate) fn begins_place(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(SCHEME) else { return false };
    let (registry, repository) = rest.split_once('/').unwrap_or((rest, ""));
    let repository = repository.strip_suffix('/').unwrap_or(repository);
    let is_registry = parse_registry(registry).is_some_and(|spelled| spelled == registry);
    rest.is_empty() || (is_registry && (repository.is_empty() || is_repository(repository)))
}

/// A host with or without a port, in its one spelling.
pub(crate) fn parse_registry(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(parse_port(port)?)),
        _ => (text.as_str(), None),
    };
    let host = match host.strip_prefix('[') {
        Some(address) => format!("[{}]", address.strip_suffix(']')?.parse::<Ipv6Addr>().ok()?),
        None => is_host(host).then(|| host.to_owned())?,
    };
    Some(match port {
        None | Some(HTTPS_PORT) => host,
        Some(port) => format!("{host}:{port}"),
    })
}

fn parse_port(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|port| *port != 0)
}

/// Whether `text` is an address of version 4, or a name that cannot be taken for one.
fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=63).contains(&label.len()) && label.bytes().all(plain) && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_name = text.len() <= 253 && text.split('.').all(label);
    let ends_in_number = text.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_digit()));
    if ends_in_number { text.parse::<Ipv4Addr>().is_ok() } else { is_name }
}

/// The rule of the OCI distribution specification: runs of letters and digits, joined by `.`, `_`, `__` or dashes.
fn is_repository(text: &str) -> bool {
    text.len() <= MAX_REPOSITORY_BYTES && text.split('/').all(is_component)
}

fn is_component(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = [text.bytes().next(), text.bytes().next_back()];
    let joints = text.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()).filter(|joint| !joint.is_empty());
    let is_joint = |joint: &str| matches!(joint, "." | "_" | "__") || joint.bytes().all(|byte| byte == b'-');
    ends.into_iter().all(|byte| byte.is_some_and(plain)) && joints.into_iter().all(is_joint)
}

fn parse_tag(text: &str) -> Option<Version> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let first = text.bytes().next().is_some_and(plain);
    let rest = text.bytes().all(|byte| plain(byte) || matches!(byte, b'.' | b'-'));
    (first && rest && text.len() <= MAX_TAG_BYTES).then(|| Version::Tag(text.to_owned()))
}

fn parse_digest(text: &str) -> Option<Version> {
    Digest::from_hex(text.strip_prefix("sha256:")?).map(Version::Digest)
}

/// What every reference begins with.
pub(crate) const SCHEME: &str = "oci://";
const FORM: &str = "oci://host/repository:tag or oci://host/repository@sha256:digest";
const REPOSITORY_RULE: &str = "the repository is not in lower-case letters, digits and single '.', '_', '-' and '/'";
const TAG_RULE: &str = "the tag is not up to 128 letters, digits, '_', '.' and '-'";
const DIGEST_RULE: &str = "the digest is not sha256: and 64 lower-case hexadecimal digits";
const HTTPS_PORT: u16 = 443;
const MAX_TAG_BYTES: usize = 128;
const MAX_REPOSITORY_BYTES: usize = 255;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEX: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn spelled(text: &str) -> String {
        text.parse::<Reference>().unwrap_or_else(|error| panic!("{error}")).to_string()
    }

    #[test]
    fn references_have_one_spelling() {
        let same = |text: &str| assert_eq!(spelled(text), text);
        same("oci://registry.example/voice:1.2");
        same("oci://localhost:5000/team/inner/voice-x:V_1.0-rc");
        same("oci://127.0.0.1:5000/a__b/c.d/e--f:latest");
        same("oci://[::1]:5000/voice:latest");
        same(&format!("oci://registry.example/voice@sha256:{HEX}"));
        assert_eq!(spelled("oci://R.Example:443/v"), "oci://r.example/v:latest");
        assert_eq!(spelled("oci://[0:0::1]/v"), "oci://[::1]/v:latest");
        assert_eq!(spelled("oci://r.example:05000/v"), "oci://r.example:5000/v:latest");
    }

    #[test]
    fn what_is_no_reference_is_told_as_such() {
        let long = format!("oci://r/{}", "a".repeat(256));
        let both = format!("oci://r/v:1@sha256:{HEX}");
        let upper = format!("oci://r/v@sha256:{}", HEX.to_uppercase());
        let cases = [
            "",
            "r/v:1",
            "https://r/v",
            "oci://",
            "oci://r",
            "oci://r/",
            "oci:///v",
            "oci://r//v",
            "oci://r/v/",
            "oci://user:word@r/v",
            "oci://user@r/v",
            "oci://r/V",
            "oci://r/../v",
            "oci://r/a..b",
            "oci://r/a___b",
            "oci://r/-a",
            "oci://r/a_",
            "oci://r/v:",
            "oci://r/v:.1",
            "oci://r/v:a/b",
            "oci://r/v:a:b",
            "oci://r/v@",
            "oci://r/v@sha256:12",
            "oci://r/v@sha512:12",
            "oci://r:0/v",
            "oci://r:65536/v",
            "oci://r:/v",
            "oci://r:+5/v",
            "oci://r./v",
            "oci://-r/v",
            "oci://r_r/v",
            "oci://1.2.3/v",
            "oci://1.2.3.4.5/v",
            "oci://0x7f.1/v",
            "oci://[::1/v",
            "oci://::1/v",
            "oci://r/v?x",
            "oci://r/v#x",
            "oci://r/%76",
            "oci://r/v ",
            "oci://ré/v",
            long.as_str(),
            both.as_str(),
            upper.as_str(),
        ];
        for text in cases {
            let error = text.parse::<Reference>().expect_err(text);
            assert_eq!(error.kind(), ErrorKind::Reference, "{text}");
        }
    }

    #[test]
    fn places_begin_with_registries_and_repositories_as_they_are_spelled() {
        for good in ["oci://", "oci://r.example", "oci://r.example/", "oci://[::1]:5000/team", "oci://r/team/inner/"] {
            assert!(begins_place(good), "{good}");
        }
        for bad in ["", "r/team", "oci:///team", "oci://R/team", "oci://r:443/team", "oci://r/team:1", "oci://r/te@m"] {
            assert!(!begins_place(bad), "{bad}");
        }
    }

    /// Texts that are references often enough.
    const TEXT: &str = r"oci://[a-zA-Z0-9.:\[\]-]{1,12}/[a-z0-9/._-]{1,12}[:@]?[a-zA-Z0-9._:-]{0,8}";

    proptest! {
        #[test]
        fn what_is_read_is_read_again_as_the_same(text in TEXT) {
            if let Ok(reference) = text.parse::<Reference>() {
                let again: Reference = reference.to_string().parse().unwrap();
                prop_assert_eq!(again, reference);
            }
        }
    }
}
