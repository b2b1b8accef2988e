//! Settings: how registries are reached, from the user's file and the environment.

use std::collections::{BTreeMap, HashSet};
use std::env;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::error::{Error, ErrorKind, Result};
use crate::home::Home;
use crate::reference::parse_registry;
use crate::registry::credentials::Credential;
use crate::registry::url::{Origin, is_loopback};

/// How registries are reached: what `registries.json` in the user's folder and the environment say.
#[derive(Clone, Debug)]
pub struct Settings {
    /// By the registry's host and port.
    entries: BTreeMap<String, Entry>,
    /// The registry that the environment has credentials for.
    environment: Option<(String, Credential)>,
    plain_http: HashSet<String>,
    is_offline: bool,
    ca_file: Option<PathBuf>,
    /// Docker's file of credentials, which need not be there.
    docker: Option<PathBuf>,
    /// How long registries may take.
    pub patience: Patience,
    /// How large a package may be, in bytes.
    pub most_bytes: u64,
}

/// How long a registry may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// To be connected.
    pub connect: Duration,
    /// To send or take a further byte.
    pub stall: Duration,
    /// To answer with a document as a whole. Files may take longer, as long as they get on.
    pub call: Duration,
    /// Between the first attempt and the second one; each further wait is twice as long.
    pub first_wait: Duration,
    /// Between two attempts, also if the registry asks for longer.
    pub longest_wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            stall: Duration::from_secs(30),
            call: Duration::from_secs(60),
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(60),
        }
    }
}

/// What `registries.json` says of one registry.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    username: Option<String>,
    password: Option<String>,
    token: Option<String>,
    ca_file: Option<PathBuf>,
    #[serde(default)]
    plain_http: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    registries: BTreeMap<String, Entry>,
}

impl Settings {
    /// The settings of a user, as this process's environment completes them.
    ///
    /// # Errors
    /// If the user's file or the environment is not valid.
    pub fn of(home: &Home) -> Result<Self> {
        Self::read(home, &|name| env::var_os(name).filter(|value| !value.is_empty()))
    }

    fn read(home: &Home, variable: &dyn Fn(&str) -> Option<OsString>) -> Result<Self> {
        let docker = variable("DOCKER_CONFIG").map(PathBuf::from);
        let docker = docker.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".docker")));
        Ok(Self {
            entries: entries(home)?,
            environment: environment(variable)?,
            plain_http: HashSet::new(),
            is_offline: false,
            ca_file: variable("REMOTEMEDIA_REGISTRY_CA_FILE").map(PathBuf::from),
            docker: docker.map(|folder| folder.join("config.json")),
            patience: Patience::default(),
            most_bytes: crate::limits::DEFAULT_PACKAGE_BYTES,
        })
    }

    /// The same settings, by which the registry, such as `registry.example:5000`, is spoken to without encryption.
    #[must_use]
    pub fn with_plain_http(mut self, registry: &str) -> Self {
        self.plain_http.extend(parse_registry(registry));
        self
    }

    /// The same settings, by which no registry is asked anything: what the cache has is all there is.
    #[must_use]
    pub fn offline(mut self) -> Self {
        self.is_offline = true;
        self
    }

    /// Refuses to speak to a host if none may be spoken to.
    pub(super) fn check_online(&self, what: &str, origin: &Origin) -> Result<()> {
        if !self.is_offline {
            return Ok(());
        }
        let message = format!("{what}: the cache does not have it, and {origin} may not be asked while offline");
        Err(Error::new(ErrorKind::RegistryOffline, message))
    }

    /// Where the registry answers. Without encryption only on this machine, or where the user says so by name.
    pub(super) fn origin(&self, registry: &str) -> Origin {
        let is_local = is_loopback(registry) && self.ca_file(registry).is_none();
        let authority = if registry == DOCKER_HUB { DOCKER_HUB_API } else { registry };
        Origin { is_encrypted: !is_local && !self.is_plain(registry), authority: authority.to_owned() }
    }

    /// Whether credentials and files may go to and come from `origin`.
    pub(super) fn allows(&self, origin: &Origin) -> bool {
        origin.is_encrypted || origin.is_loopback() || self.is_plain(&origin.authority)
    }

    /// The certificates to trust beside the system's where a host is connected to.
    pub(super) fn ca_files(&self, authority: &str) -> impl Iterator<Item = &PathBuf> {
        self.entries.get(authority).and_then(|entry| entry.ca_file.as_ref()).into_iter().chain(&self.ca_file)
    }

    /// What the environment, or else the user's file, has for a registry, and where it stands.
    pub(super) fn credential(&self, registry: &str) -> Option<(Credential, &'static str)> {
        if let Some((_, credential)) = self.environment.as_ref().filter(|(known, _)| known == registry) {
            return Some((credential.clone(), "the environment"));
        }
        let entry = self.entries.get(registry)?;
        Some((entry.credential()?, FILE_NAME))
    }

    pub(super) fn docker(&self) -> Option<&PathBuf> {
        self.docker.as_ref()
    }

    fn ca_file(&self, registry: &str) -> Option<&PathBuf> {
        self.entries.get(registry).and_then(|entry| entry.ca_file.as_ref()).or(self.ca_file.as_ref())
    }

    fn is_plain(&self, registry: &str) -> bool {
        self.plain_http.contains(registry) || self.entries.get(registry).is_some_and(|entry| entry.plain_http)
    }
}

impl Entry {
    fn check(&self) -> Result<(), &'static str> {
        match (&self.username, &self.password, &self.token) {
            (Some(_), Some(_), None) | (None, None, None) => Ok(()),
            (None, None, Some(token)) if is_token(token) => Ok(()),
            (None, None, Some(_)) => Err(NO_TOKEN),
            _ => Err("has a part of a login, expected a username and a password, or a token"),
        }
    }

    fn credential(&self) -> Option<Credential> {
        let login = self.username.clone().zip(self.password.clone());
        let token = self.token.clone().map(Credential::Token);
        token.or_else(|| login.map(|(name, password)| Credential::Login { name, password }))
    }
}

/// Passwords are nobody's business.
impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { username, ca_file, plain_http, .. } = self;
        write!(f, "Entry {{ username: {username:?}, ca_file: {ca_file:?}, plain_http: {plain_http} }}")
    }
}

fn entries(home: &Home) -> Result<BTreeMap<String, Entry>> {
    let path = home.registries_file();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(Error::io(format_args!("read {}", path.display()), error)),
    };
    let wrong = |what: String| Error::new(ErrorKind::RegistrySettings, format!("{}: {what}", path.display()));
    let file: File = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let mut entries = BTreeMap::new();
    for (registry, entry) in file.registries {
        let spelled = parse_registry(&registry)
            .ok_or_else(|| wrong(format!("{registry:?} is no registry, expected {HOST_FORM}")))?;
        entry.check().map_err(|what| wrong(format!("{registry:?} {what}")))?;
        if entries.insert(spelled, entry).is_some() {
            return Err(wrong(format!("{registry:?} stands twice")));
        }
    }
    Ok(entries)
}

/// The credentials in the environment. They name their registry, so that no other one gets to see them.
fn environment(variable: &dyn Fn(&str) -> Option<OsString>) -> Result<Option<(String, Credential)>> {
    let text = |name: &str| {
        let wrong = || Error::new(ErrorKind::RegistrySettings, format!("{name} is not UTF-8 text"));
        variable(name).map(|value| value.into_string().map_err(|_| wrong())).transpose()
    };
    let (name, password) = (text("REMOTEMEDIA_REGISTRY_USERNAME")?, text("REMOTEMEDIA_REGISTRY_PASSWORD")?);
    let credential = match (text("REMOTEMEDIA_REGISTRY_TOKEN")?, name, password) {
        (Some(token), None, None) if is_token(&token) => Credential::Token(token),
        (Some(_), None, None) => {
            let message = format!("REMOTEMEDIA_REGISTRY_TOKEN {NO_TOKEN}");
            return Err(Error::new(ErrorKind::RegistrySettings, message));
        }
        (None, Some(name), Some(password)) => Credential::Login { name, password },
        (None, None, None) => return Ok(None),
        _ => {
            let message = "expected either REMOTEMEDIA_REGISTRY_USERNAME and REMOTEMEDIA_REGISTRY_PASSWORD, or \
                           REMOTEMEDIA_REGISTRY_TOKEN";
            return Err(Error::new(ErrorKind::RegistrySettings, message));
        }
    };
    let registry = text("REMOTEMEDIA_REGISTRY")?.and_then(|registry| parse_registry(&registry)).ok_or_else(|| {
        let message = format!(
            "the environment has credentials for a registry, but does not name it; set REMOTEMEDIA_REGISTRY to \
             {HOST_FORM}"
        );
        Error::new(ErrorKind::RegistrySettings, message)
    })?;
    Ok(Some((registry, credential)))
}

/// Whether a token can stand in a header.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

const NO_TOKEN: &str = "has a token with spaces or other characters that no token has";
const HOST_FORM: &str = "a host such as registry.example:5000";
/// The file in the user's folder.
const FILE_NAME: &str = "registries.json";
/// What people call Docker's own registry.
pub(super) const DOCKER_HUB: &str = "docker.io";
/// Where it answers.
const DOCKER_HUB_API: &str = "registry-1.docker.io";

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(file: &str, environment: &[(&str, &str)]) -> Result<Settings> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE_NAME), file).unwrap();
        let variable = |name: &str| {
            let found = environment.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        };
        Settings::read(&Home::new(folder.path()), &variable)
    }

    const USER: (&str, &str) = ("REMOTEMEDIA_REGISTRY_USERNAME", "alice");
    const WORD: (&str, &str) = ("REMOTEMEDIA_REGISTRY_PASSWORD", "secret");
    const HOST: (&str, &str) = ("REMOTEMEDIA_REGISTRY", "r.example");

    #[test]
    fn encryption_is_left_out_on_this_machine_or_where_the_user_says_so() {
        let file = r#"{"registries": {"Old.example:443": {"plain_http": true}, "127.0.0.1:1": {"ca_file": "ca.pem"}}}"#;
        let settings = settings(file, &[]).unwrap().with_plain_http("named.example:5000");
        let origin = |registry: &str| settings.origin(registry).to_string();
        assert_eq!(origin("r.example"), "https://r.example");
        assert_eq!(origin("old.example"), "http://old.example");
        assert_eq!(origin("named.example:5000"), "http://named.example:5000");
        assert_eq!(origin("localhost:5000"), "http://localhost:5000");
        assert_eq!(origin("127.0.0.1:1"), "https://127.0.0.1:1");
        assert_eq!(origin("docker.io"), "https://registry-1.docker.io");
    }

    #[test]
    fn the_environment_comes_before_the_file_and_only_for_its_registry() {
        let entry = r#"{"username": "bob", "password": "word"}"#;
        let file = format!(r#"{{"registries": {{"r.example": {entry}, "s.example": {entry}}}}}"#);
        let settings = settings(&file, &[USER, WORD, HOST]).unwrap();
        let source = |registry: &str| settings.credential(registry).map(|(_, source)| source);
        assert_eq!(source("r.example"), Some("the environment"));
        assert_eq!(source("s.example"), Some(FILE_NAME));
        assert_eq!(source("t.example"), None);
        assert!(!format!("{settings:?}").contains("secret") && !format!("{settings:?}").contains("word"));
    }

    #[test]
    fn what_is_half_said_is_refused() {
        let file = r#"{"registries": {"r.example": {"username": "bob"}}}"#;
        let unknown = r#"{"registries": {"r.example": {"pasword": "word"}}}"#;
        let token = ("REMOTEMEDIA_REGISTRY_TOKEN", "t");
        let address = r#"{"registries": {"https://r.example/": {}}}"#;
        let twice = r#"{"registries": {"r.example": {}, "R.example:443": {}}}"#;
        let spaced = r#"{"registries": {"r.example": {"token": "a b"}}}"#;
        let cases: [(&str, &[(&str, &str)]); 9] = [
            (address, &[]),
            (twice, &[]),
            (spaced, &[]),
            (file, &[]),
            (unknown, &[]),
            ("{", &[]),
            ("{}", &[USER, HOST]),
            ("{}", &[USER, WORD]),
            ("{}", &[USER, WORD, token, HOST]),
        ];
        for (file, environment) in cases {
            let error = settings(file, environment).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::RegistrySettings, "{file} {environment:?}");
        }
    }
}
