//! A repository of a registry: the calls of the OCI distribution specification 1.1 that read documents.

use ureq::http::{Method, header};

use crate::digest::Digest;
use crate::document::{Blob, parse_referrers};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{MAX_DOCUMENT_BYTES, MAX_SIGNATURES};
use crate::media;
use crate::reference::{Reference, Version};
use crate::registry::client::{Client, Document, Scope, refused};
use crate::registry::http::Call;
use crate::registry::url::{Url, escaped};

/// A repository, and what may be done there.
#[derive(Clone, Debug)]
pub(super) struct Repository<'a> {
    pub(super) client: &'a Client,
    pub(super) scope: Scope,
    pub(super) reference: &'a Reference,
}

impl<'a> Repository<'a> {
    /// The repository of a reference, to read from.
    pub(super) fn to_pull(client: &'a Client, reference: &'a Reference) -> Self {
        Self::new(client, reference, "pull")
    }

    /// The repository of a reference, to read from and to write to.
    pub(super) fn to_push(client: &'a Client, reference: &'a Reference) -> Self {
        Self::new(client, reference, "pull,push")
    }

    fn new(client: &'a Client, reference: &'a Reference, actions: &'static str) -> Self {
        let registry = reference.registry().to_owned();
        let origin = client.settings.origin(&registry);
        let scope = Scope { registry, origin, repository: reference.repository().to_owned(), actions };
        Self { client, scope, reference }
    }

    /// The address of something in the repository.
    pub(super) fn url(&self, rest: &str) -> Url {
        Url::new(self.scope.origin.clone(), format!("/v2/{}/{rest}", self.scope.repository))
    }

    /// What messages call something in the repository.
    pub(super) fn what(&self, part: &str) -> String {
        format!("{part} of {}", self.reference)
    }

    /// The package manifest that the reference leads to.
    pub(super) fn manifest(&self) -> Result<Vec<u8>> {
        let name = match self.reference.version() {
            Version::Tag(tag) => tag.clone(),
            Version::Digest(digest) => digest.to_string(),
        };
        let call = self.manifest_call(&name, "the manifest");
        let Some(found) = self.client.document(&self.scope, &call, MAX_DOCUMENT_BYTES)? else {
            let message = format!("{} has no {}", self.scope.registry, self.reference);
            return Err(Error::new(ErrorKind::RegistryUnknown, message));
        };
        let digest = Digest::of(&found.bytes);
        let stated = found.headers.get("docker-content-digest").and_then(|digest| digest.to_str().ok());
        let expected = match self.reference.version() {
            Version::Digest(digest) => Some(digest.to_string()),
            Version::Tag(_) => stated.map(str::to_owned),
        };
        match expected {
            Some(expected) if expected != digest.to_string() => Err(self.changed("the manifest", &expected, digest)),
            _ => Ok(found.bytes),
        }
    }

    /// A manifest by its digest.
    pub(super) fn signature(&self, blob: Blob) -> Result<Vec<u8>> {
        let call = self.manifest_call(&blob.digest.to_string(), "a signature");
        self.checked(call, blob, "a signature")
    }

    /// A blob that fits into memory.
    pub(super) fn small(&self, blob: Blob) -> Result<Vec<u8>> {
        let call = Call::new(Method::GET, self.blob_url(blob.digest), self.what("a document"));
        self.checked(call, blob, "a document")
    }

    pub(super) fn blob_url(&self, digest: Digest) -> Url {
        self.url(&format!("blobs/{digest}"))
    }

    /// The manifests of signatures that refer to a package.
    pub(super) fn signatures(&self, package: Digest) -> Result<Vec<Blob>> {
        let mut found = self.referrers(package)?;
        if found.is_empty() {
            let list = self.fallback_list(package)?;
            found = list.map(|list| parse_referrers(&list)).transpose()?.unwrap_or_default();
        }
        found.truncate(MAX_SIGNATURES);
        Ok(found)
    }

    /// The list that those keep who push to a registry that keeps none itself.
    pub(super) fn fallback_list(&self, package: Digest) -> Result<Option<Vec<u8>>> {
        let call = Call::new(Method::GET, self.url(&format!("manifests/{}", fallback_tag(package))), self.what(LIST))
            .header(header::ACCEPT, INDEX);
        Ok(self.client.document(&self.scope, &call, MAX_DOCUMENT_BYTES)?.map(|list| list.bytes))
    }

    /// What the registry itself lists; nothing if it does not.
    fn referrers(&self, package: Digest) -> Result<Vec<Blob>> {
        let kind = escaped(media::BUNDLE);
        let mut next = Some(self.url(&format!("referrers/{package}?artifactType={kind}")));
        let mut found = Vec::new();
        for _ in 0..MOST_PAGES {
            let Some(url) = next else { break };
            let call = Call::new(Method::GET, url.clone(), self.what(LIST)).header(header::ACCEPT, INDEX);
            let list = match self.client.document(&self.scope, &call, MAX_DOCUMENT_BYTES) {
                Ok(Some(list)) => list,
                Ok(None) => break,
                // Registries before version 1.1 of the specification know no such call.
                Err(error) if error.kind() == ErrorKind::RegistryRefused => break,
                Err(error) => return Err(error),
            };
            found.extend(parse_referrers(&list.bytes)?);
            next = match next_page(&list) {
                Some(location) if found.len() < MAX_SIGNATURES => {
                    Some(self.client.next_url(&url, location, &call.what)?)
                }
                _ => None,
            };
        }
        Ok(found)
    }

    fn manifest_call(&self, name: &str, part: &str) -> Call<'static> {
        Call::new(Method::GET, self.url(&format!("manifests/{name}")), self.what(part)).header(header::ACCEPT, MANIFEST)
    }

    fn checked(&self, call: Call<'_>, blob: Blob, part: &str) -> Result<Vec<u8>> {
        let Some(found) = self.client.document(&self.scope, &call, blob.len_bytes)? else {
            let message = format!("{}: {} lacks {}", call.what, self.scope.registry, blob.digest);
            return Err(Error::new(ErrorKind::RegistryUnknown, message));
        };
        match Blob::of(&found.bytes) {
            same if same == blob => Ok(found.bytes),
            other => Err(self.changed(part, &blob.digest.to_string(), other.digest)),
        }
    }

    fn changed(&self, part: &str, expected: &str, found: Digest) -> Error {
        let what = self.what(part);
        let message = format!("{what}: expected {expected}, {} answers with {found}", self.scope.registry);
        Error::new(ErrorKind::DigestMismatch, message)
    }

    /// What is wrong with an answer to a call to this repository.
    pub(super) fn refused(&self, call: &Call<'_>, answer: crate::registry::http::Answer) -> Error {
        refused(&call.what, &self.scope.origin, answer)
    }
}

/// The tag of the list of what refers to a package.
pub(super) fn fallback_tag(package: Digest) -> String {
    format!("sha256-{}", package.hex())
}

/// Where the list goes on.
fn next_page(list: &Document) -> Option<&str> {
    let link = list.headers.get(header::LINK)?.to_str().ok()?;
    let (target, rest) = link.strip_prefix('<')?.split_once('>')?;
    rest.contains("rel=\"next\"").then_some(target)
}

/// The media type of manifests.
pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of lists of manifests.
pub(super) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const LIST: &str = "the list of signatures";
const MOST_PAGES: usize = 8;
