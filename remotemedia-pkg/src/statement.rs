//! Statements: what a signature says of a package, in the words of in-toto and SLSA.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::canonical;
use crate::digest::Digest;
use crate::document::PackedFile;
use crate::error::{Error, ErrorKind, Result};

/// A statement in a bundle.
#[derive(Debug, Deserialize)]
pub(crate) struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    #[serde(default)]
    predicate: Value,
}

#[derive(Debug, Deserialize)]
struct Subject {
    digest: SubjectDigest,
}

#[derive(Debug, Deserialize)]
struct SubjectDigest {
    sha256: Option<String>,
}

impl Statement {
    pub(crate) fn parse(payload: &[u8]) -> Result<Self> {
        let wrong = |what: String| Error::new(ErrorKind::Bundle, format!("the signed statement {what}"));
        let statement: Self =
            serde_json::from_slice(payload).map_err(|error| wrong(format!("is not valid: {error}")))?;
        if statement.kind != IN_TOTO {
            return Err(wrong(format!("is of type {:?}, expected {IN_TOTO:?}", statement.kind)));
        }
        if !PREDICATES.contains(&statement.predicate_type.as_str()) {
            return Err(wrong(format!("says {:?}, expected one of {PREDICATES:?}", statement.predicate_type)));
        }
        Ok(statement)
    }

    /// Checks that the statement is about the package `digest` and nothing else.
    pub(crate) fn check_subject(&self, digest: Digest) -> Result<()> {
        match &self.subject[..] {
            [one] if one.digest.sha256.as_deref() == Some(&digest.hex()) => Ok(()),
            [one] => {
                let found = one.digest.sha256.as_deref().unwrap_or("another kind of digest");
                let message = format!("the signature is for {found}, the package is {}", digest.hex());
                Err(Error::new(ErrorKind::WrongSubject, message))
            }
            several => {
                let message = format!("the signature is for {} things, expected this package alone", several.len());
                Err(Error::new(ErrorKind::WrongSubject, message))
            }
        }
    }

    /// How the package was made, if the statement says so.
    pub(crate) fn into_provenance(self) -> Option<Value> {
        (self.predicate_type == SLSA).then_some(self.predicate)
    }
}

/// Who built a package, from what and when.
#[derive(Clone, Debug)]
pub struct Provenance {
    /// What the pipeline was read from, such as `voice.json`, and the digest of its bytes.
    pub source: Option<(String, Digest)>,
    /// When.
    pub built_at: SystemTime,
}

/// The statement that the package `digest` was made of `files` as `provenance` says, in canonical JSON.
pub(crate) fn slsa(
    name: &str,
    digest: Digest,
    pipeline: Digest,
    files: &[PackedFile],
    requires: &BTreeMap<String, String>,
    provenance: &Provenance,
) -> Result<Vec<u8>> {
    let finished = time(provenance.built_at)?;
    let resource = |name: &str, digest: &Digest| json!({"name": name, "digest": {"sha256": digest.hex()}});
    let source = provenance.source.iter().map(|(name, digest)| resource(name, digest));
    let files = files.iter().map(|file| resource(file.path.as_str(), &file.digest));
    let manifest = std::iter::once(resource("manifest.json", &pipeline));
    let distributions = requires.iter().map(|(name, version)| {
        // A version may have a mark that means something in a URL.
        let version = version.replace('+', "%2B").replace('!', "%21");
        json!({"name": name, "uri": format!("pkg:pypi/{name}@{version}")})
    });
    let dependencies: Vec<Value> = source.chain(manifest).chain(files).chain(distributions).collect();
    Ok(canonical::to_vec(&json!({
        "_type": IN_TOTO,
        "subject": [{"name": name, "digest": {"sha256": digest.hex()}}],
        "predicateType": SLSA,
        "predicate": {
            "buildDefinition": {
                "buildType": concat!(env!("CARGO_PKG_REPOSITORY"), "/build/v1"),
                "externalParameters": {"pipeline": name},
                "resolvedDependencies": dependencies,
            },
            "runDetails": {
                "builder": {
                    "id": concat!(env!("CARGO_PKG_REPOSITORY"), "/builder/v1"),
                    "version": {"remotemedia": env!("CARGO_PKG_VERSION")},
                },
                "metadata": {"finishedOn": finished},
            },
        },
    })))
}

/// The time in RFC 3339, to the second.
fn time(at: SystemTime) -> Result<String> {
    let second = jiff::Timestamp::try_from(at).and_then(|at| jiff::Timestamp::from_second(at.as_second()));
    let beyond = |error| Error::new(ErrorKind::Provenance, format!("the time of the build is no date: {error}"));
    second.map(|second| second.to_string()).map_err(beyond)
}

const IN_TOTO: &str = "https://in-toto.io/Statement/v1";
const SLSA: &str = "https://slsa.dev/provenance/v1";
/// What a signature of a package may say: how it was made, or that it is good as it is.
const PREDICATES: &[&str] = &[SLSA, "https://sigstore.dev/cosign/sign/v1"];
