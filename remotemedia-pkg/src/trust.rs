//! Trust: what a user's trust folder says, read once and asked for each signature.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::authority::Authorities;
use crate::digest::Digest;
use crate::error::{Error, ErrorKind, Result};
use crate::home::{Home, NamedKey, replace};
use crate::key::{KeyId, PublicKey};
use crate::policy::Policy;

/// What a user trusts.
#[derive(Debug, Default)]
pub struct Trust {
    /// The user's own keys, then those of others.
    pub(crate) keys: Vec<NamedKey>,
    /// The user's own signing keys.
    pub(crate) own: HashSet<KeyId>,
    pub(crate) authorities: Authorities,
    pub(crate) policy: Policy,
    pub(crate) revoked: Revoked,
}

/// What `revoked.json` lists: ids of keys, of signers as of authorities, and digests of packages, each with a reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoked {
    /// Keys by their id.
    #[serde(default)]
    pub keys: BTreeMap<String, String>,
    /// Packages by their digest, `sha256:` and 64 hexadecimal digits.
    #[serde(default)]
    pub packages: BTreeMap<String, String>,
}

impl Home {
    /// Reads all that is trusted.
    ///
    /// # Errors
    /// [`ErrorKind::TrustFile`] if a file of the trust folder is not valid: none of them is left out silently.
    pub fn trust(&self) -> Result<Trust> {
        let authorities = text(&self.trust_folder().join(TRUSTED_ROOT))?;
        let own = self.signing_keys()?;
        Ok(Trust {
            own: own.iter().map(|named| named.key.id()).collect(),
            keys: [own, self.trusted_keys()?].concat(),
            authorities: authorities.map(|text| Authorities::parse(&text)).transpose()?.unwrap_or_default(),
            policy: self.policy()?,
            revoked: self.revoked()?,
        })
    }

    /// The policy, empty if there is no `policy.json`.
    ///
    /// # Errors
    /// If the file is not valid.
    pub fn policy(&self) -> Result<Policy> {
        let policy: Policy = read(&self.trust_folder().join(POLICY))?;
        policy.check_scopes()?;
        Ok(policy)
    }

    /// Writes the policy.
    ///
    /// # Errors
    /// If a rule is for something that is no place, or it cannot be written.
    pub fn set_policy(&self, policy: &Policy) -> Result<()> {
        policy.check_scopes()?;
        write(&self.trust_folder().join(POLICY), policy)
    }

    /// What is revoked, nothing if there is no `revoked.json`.
    ///
    /// # Errors
    /// If the file is not valid.
    pub fn revoked(&self) -> Result<Revoked> {
        let revoked: Revoked = read(&self.trust_folder().join(REVOKED))?;
        revoked.check()?;
        Ok(revoked)
    }

    /// Writes what is revoked.
    ///
    /// # Errors
    /// If something in it is neither the id of a key nor the digest of a package, or it cannot be written.
    pub fn set_revoked(&self, revoked: &Revoked) -> Result<()> {
        revoked.check()?;
        write(&self.trust_folder().join(REVOKED), revoked)
    }

    /// Trusts the certificate authorities of a `trusted_root.json` instead of those so far, and gives their number.
    ///
    /// # Errors
    /// If `text` is none, or it cannot be written.
    pub fn trust_authorities(&self, text: &str) -> Result<usize> {
        let authorities = Authorities::parse(text)?;
        replace(&self.trust_folder().join(TRUSTED_ROOT), text)?;
        Ok(authorities.count())
    }
}

impl Revoked {
    fn check(&self) -> Result<()> {
        let is_digest = |text: &str| text.strip_prefix("sha256:").and_then(Digest::from_hex).is_some();
        let key = self.keys.keys().find(|id| KeyId::from_hex(id).is_none());
        let key = key.map(|id| format!("{id:?} among the keys, expected 64 hexadecimal digits"));
        let package = self.packages.keys().find(|digest| !is_digest(digest));
        let package =
            package.map(|digest| format!("{digest:?} among the packages, expected sha256: and 64 hexadecimal digits"));
        match key.or(package) {
            Some(found) => Err(Error::new(ErrorKind::TrustFile, format!("revoked.json lists {found}"))),
            None => Ok(()),
        }
    }
}

impl Trust {
    /// The same trust under another policy.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// How many certificate authorities are trusted.
    pub fn authority_count(&self) -> usize {
        self.authorities.count()
    }

    /// The trusted key with this id.
    pub(crate) fn key(&self, id: KeyId) -> Option<(&str, &PublicKey)> {
        self.keys.iter().find(|known| known.key.id() == id).map(|known| (known.name.as_str(), &known.key))
    }

    /// Checks that none of `keys` is revoked.
    pub(crate) fn check_keys(&self, keys: &[KeyId]) -> Result<()> {
        let revoked = keys.iter().find_map(|id| Some((id, self.revoked.keys.get(&id.to_string())?)));
        revoked.map_or(Ok(()), |(id, reason)| Err(Self::refused(&format!("the key {id}"), reason)))
    }

    /// Checks that the package is not revoked.
    pub(crate) fn check_package(&self, digest: Digest) -> Result<()> {
        let reason = self.revoked.packages.get(&digest.to_string());
        reason.map_or(Ok(()), |reason| Err(Self::refused(&format!("the package {digest}"), reason)))
    }

    fn refused(what: &str, reason: &str) -> Error {
        let reason = if reason.is_empty() { "no reason is given" } else { reason };
        Error::new(ErrorKind::Revoked, format!("{what} was revoked: {reason}"))
    }
}

fn read<T: DeserializeOwned + Default>(path: &Path) -> Result<T> {
    let Some(text) = text(path)? else { return Ok(T::default()) };
    serde_json::from_str(&text)
        .map_err(|error| Error::new(ErrorKind::TrustFile, format!("{}: {error}", path.display())).with_source(error))
}

fn text(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(format_args!("read {}", path.display()), error)),
    }
}

fn write(path: &Path, content: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(content).expect("trust files have no keys but text");
    replace(path, &format!("{text}\n"))
}

const TRUSTED_ROOT: &str = "trusted_root.json";
const POLICY: &str = "policy.json";
const REVOKED: &str = "revoked.json";
