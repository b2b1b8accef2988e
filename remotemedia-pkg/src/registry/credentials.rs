//! Credentials: who the user is to a registry, and where that stands.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};

use crate::error::{Error, ErrorKind, Result};
use crate::registry::settings::{DOCKER_HUB, Settings};

/// How the user shows who they are.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Credential {
    /// With a name and a password.
    Login { name: String, password: String },
    /// With a token for the registry itself.
    Token(String),
    /// With a token for the service that gives tokens for the registry.
    Refresh(String),
}

impl Credential {
    /// The value of the header `Authorization`; none if this is not for the registry itself.
    pub(super) fn header(&self) -> Option<String> {
        match self {
            Self::Login { name, password } => Some(format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))),
            Self::Token(token) => Some(format!("Bearer {token}")),
            Self::Refresh(_) => None,
        }
    }
}

/// Passwords and tokens are nobody's business.
impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Login { .. } => "Login",
            Self::Token(_) => "Token",
            Self::Refresh(_) => "Refresh",
        })
    }
}

/// The credential for a registry, and where it was found: in the environment, the user's file, or what Docker knows.
pub(super) fn find(registry: &str, settings: &Settings) -> Result<Option<(Credential, &'static str)>> {
    if let Some(found) = settings.credential(registry) {
        return Ok(Some(found));
    }
    let Some(path) = settings.docker() else { return Ok(None) };
    let server = if registry == DOCKER_HUB { DOCKER_HUB_SERVER } else { registry };
    Ok(docker(path, server)?.map(|credential| (credential, "Docker's config.json")))
}

/// What Docker's file says, or a helper that it names.
fn docker(path: &Path, server: &str) -> Result<Option<Credential>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io(format_args!("read {}", path.display()), error)),
    };
    let (tell, told) = mpsc::channel();
    let asked = server.to_owned();
    // A helper that never answers keeps its thread; nothing waits for that.
    let ask = move || drop(tell.send(get_credential_from_reader(file, &asked)));
    let started = thread::Builder::new().name("credentials".to_owned()).spawn(ask);
    started.map_err(|error| Error::io("start a thread", error))?;
    let wrong = |what: String| {
        let message = format!("{} has no credentials for {server} that can be used: {what}", path.display());
        Error::new(ErrorKind::RegistrySettings, message)
    };
    match told.recv_timeout(HELPER_DEADLINE) {
        Ok(Ok(DockerCredential::UsernamePassword(name, password))) => Ok(Some(Credential::Login { name, password })),
        Ok(Ok(DockerCredential::IdentityToken(token))) => Ok(Some(Credential::Refresh(token))),
        Ok(Err(CredentialRetrievalError::NoCredentialConfigured)) => Ok(None),
        Ok(Err(CredentialRetrievalError::HelperFailure { stdout, .. })) if stdout.contains(NOT_FOUND) => Ok(None),
        Ok(Err(CredentialRetrievalError::HelperFailure { helper, stdout, stderr })) => {
            let said = if stdout.trim().is_empty() { stderr } else { stdout };
            Err(wrong(format!("{helper} says {:?}", said.trim())))
        }
        Ok(Err(error)) => Err(wrong(error.to_string())),
        Err(_) => Err(wrong(format!("the credential helper gives no answer in {} s", HELPER_DEADLINE.as_secs()))),
    }
}

/// What helpers say that know nothing of a registry.
const NOT_FOUND: &str = "credentials not found";
/// By which Docker's file knows its own registry.
const DOCKER_HUB_SERVER: &str = "https://index.docker.io/v1/";
/// A helper may ask the user for a password.
const HELPER_DEADLINE: Duration = Duration::from_secs(120);
