//! One exchange of HTTP: a request with deadlines, and its answer, of whose body nobody reads more than is allowed.

use std::collections::HashMap;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ureq::http::{HeaderMap, Method, Request, Response, header};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, AsSendBody, Body};

use crate::error::{Error, ErrorKind, Result};
use crate::registry::settings::Settings;
use crate::registry::url::{Origin, Url};

/// The answer of a registry, whose body is not read yet.
pub(super) type Answer = Response<Body>;

/// A request, which can be sent as often as need be.
#[derive(Clone, Debug)]
pub(super) struct Call<'a> {
    /// What it is about, for people: `the manifest of oci://…`.
    pub(super) what: String,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<&'a [u8]>,
    /// Whether it may take as long as it likes, as long as it gets on.
    pub(super) is_long: bool,
    /// Whether only the caller knows how to make another attempt, if the registry may have heard of this one.
    pub(super) is_once: bool,
}

/// Why an exchange came to nothing.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) error: Error,
    /// Whether another attempt may do better.
    pub(super) may_pass: bool,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error, may_pass: false }
    }
}

impl<'a> Call<'a> {
    pub(super) fn new(method: Method, url: Url, what: impl Into<String>) -> Self {
        Self { what: what.into(), method, url, headers: HeaderMap::new(), body: None, is_long: false, is_once: false }
    }

    pub(super) fn header(mut self, name: header::HeaderName, value: &str) -> Self {
        let value = value.parse().expect("what is sent holds visible ASCII characters only");
        self.headers.append(name, value);
        self
    }

    pub(super) fn body(mut self, body: &'a [u8]) -> Self {
        self.body = Some(body);
        self
    }

    pub(super) fn once(mut self) -> Self {
        self.is_once = true;
        self
    }

    pub(super) fn long(mut self) -> Self {
        self.is_long = true;
        self
    }
}

/// What connections are made with, for each host: an authority that the user names for one vouches for no other.
#[derive(Debug)]
pub(super) struct Http {
    agents: Mutex<HashMap<Origin, Agent>>,
}

impl Http {
    pub(super) fn new() -> Self {
        Self { agents: Mutex::default() }
    }

    /// Sends a request to `url` and takes the head of the answer. Redirections are answers like others.
    pub(super) fn send(
        &self,
        call: &Call<'_>,
        url: &Url,
        authorization: Option<&str>,
        settings: &Settings,
    ) -> Result<Answer, Failed> {
        settings.check_online(&call.what, url.origin())?;
        let agent = self.agent(url.origin(), settings)?;
        let mut request = Request::builder().method(&call.method).uri(url.to_string());
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let wrong = |error: ureq::http::Error| {
            Error::new(ErrorKind::RegistryAnswer, format!("{}: cannot ask {url}: {error}", call.what))
        };
        let total = (!call.is_long).then_some(settings.patience.call);
        let sent = match call.body {
            Some(body) => run(&agent, request.body(body).map_err(wrong)?, total, url.origin()),
            None => run(&agent, request.body(()).map_err(wrong)?, total, url.origin()),
        };
        sent.map_err(|error| failed(&call.what, url.origin(), error))
    }

    fn agent(&self, origin: &Origin, settings: &Settings) -> Result<Agent> {
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(agent) = agents.get(origin) {
            return Ok(agent.clone());
        }
        let agent = connect_with(settings, origin)?;
        agents.insert(origin.clone(), agent.clone());
        Ok(agent)
    }
}

fn run(
    agent: &Agent,
    request: Request<impl AsSendBody>,
    total: Option<Duration>,
    origin: &Origin,
) -> Result<Answer, ureq::Error> {
    let mut config = agent.configure_request(request).timeout_per_call(total);
    if origin.is_loopback() {
        // To a proxy of the environment this would be another machine.
        config = config.proxy(None);
    }
    agent.run(config.build())
}

fn connect_with(settings: &Settings, origin: &Origin) -> Result<Agent> {
    let patience = settings.patience;
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .https_only(origin.is_encrypted)
        .user_agent(concat!("remotemedia/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(patience.connect))
        .timeout_connect(Some(patience.connect))
        .timeout_per_read(Some(patience.stall))
        .timeout_per_write(Some(patience.stall))
        .max_idle_connections(MOST_IDLE)
        .max_idle_connections_per_host(MOST_IDLE);
    if !origin.is_encrypted {
        return Ok(config.build().into());
    }
    let roots = RootCerts::from(certificates(settings, origin)?);
    Ok(config.tls_config(TlsConfig::builder().root_certs(roots).build()).build().into())
}

/// The system's certificate authorities, and those of the user for a host.
fn certificates(settings: &Settings, origin: &Origin) -> Result<Vec<Certificate<'static>>> {
    let system = rustls_native_certs::load_native_certs();
    let mut certificates: Vec<_> =
        system.certs.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
    for path in settings.ca_files(&origin.authority) {
        certificates.extend(read_certificates(path)?);
    }
    match (certificates.is_empty(), system.errors.first()) {
        (false, _) => Ok(certificates),
        (true, error) => {
            let why = error.map_or("there are none".to_owned(), ToString::to_string);
            let message = format!("the system's certificate authorities cannot be read: {why}");
            Err(Error::new(ErrorKind::RegistryTls, message))
        }
    }
}

fn read_certificates(path: &Path) -> Result<Vec<Certificate<'static>>> {
    let text = std::fs::read(path).map_err(|error| Error::io(format_args!("read {}", path.display()), error))?;
    let wrong = |what: &str| {
        Error::new(ErrorKind::RegistrySettings, format!("{}: {what}, expected certificates as PEM", path.display()))
    };
    let items: Vec<_> = parse_pem(&text).collect::<Result<_, _>>().map_err(|error| wrong(&error.to_string()))?;
    let certificates = items.into_iter().filter_map(|item| match item {
        PemItem::Certificate(certificate) => Some(certificate),
        _ => None,
    });
    let certificates: Vec<_> = certificates.collect();
    if certificates.is_empty() { Err(wrong("it holds no certificate")) } else { Ok(certificates) }
}

/// Reads a body of up to `most` bytes.
pub(super) fn read(what: &str, origin: &Origin, answer: Answer, most: u64) -> Result<Vec<u8>, Failed> {
    let mut bytes = Vec::new();
    let mut reader = answer.into_body().into_with_config().limit(u64::MAX).reader().take(most + 1);
    reader.read_to_end(&mut bytes).map_err(|error| cut(what, origin, error))?;
    if bytes.len() as u64 > most {
        let message = format!("{what}: {origin} answers with more than the {most} bytes that are allowed");
        return Err(Error::new(ErrorKind::DocumentSize, message).into());
    }
    Ok(bytes)
}

/// What an error while a body was read means.
pub(super) fn cut(what: &str, origin: &Origin, error: io::Error) -> Failed {
    match ureq::Error::from(error) {
        ureq::Error::Io(error) => {
            let message = format!("{what}: the transfer from {origin} broke off: {error}");
            let error = Error::new(ErrorKind::RegistryInterrupted, message).with_source(error);
            Failed { error, may_pass: true }
        }
        other => failed(what, origin, other),
    }
}

fn failed(what: &str, origin: &Origin, error: ureq::Error) -> Failed {
    use io::ErrorKind::{ConnectionRefused, HostUnreachable, InvalidData, NetworkUnreachable};
    let (kind, why, may_pass) = match &error {
        ureq::Error::Timeout(phase) => {
            (ErrorKind::RegistryTimeout, format!("{origin} takes too long: {phase}"), !is_connecting(*phase))
        }
        ureq::Error::Io(cause) if cause.kind() == InvalidData => (ErrorKind::RegistryTls, no_tls(origin, cause), false),
        ureq::Error::Io(cause) => {
            let may_pass = ![ConnectionRefused, HostUnreachable, NetworkUnreachable].contains(&cause.kind());
            (ErrorKind::RegistryUnreachable, format!("cannot reach {origin}: {cause}"), may_pass)
        }
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => {
            (ErrorKind::RegistryUnreachable, format!("cannot reach {origin}: {error}"), false)
        }
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => (ErrorKind::RegistryTls, no_tls(origin, &error), false),
        _ => (ErrorKind::RegistryAnswer, format!("{origin} does not speak HTTP as it should: {error}"), false),
    };
    Failed { error: Error::new(kind, format!("{what}: {why}")).with_source(error), may_pass }
}

fn is_connecting(phase: ureq::Timeout) -> bool {
    matches!(phase, ureq::Timeout::Resolve | ureq::Timeout::Connect)
}

fn no_tls(origin: &Origin, why: &dyn std::fmt::Display) -> String {
    format!(
        "no encrypted connection to {origin}: {why}; \"ca_file\" in registries.json names the authority of a registry \
         of your own, --plain-http goes without encryption"
    )
}

/// As many connections as are ever used at once stay for the next request.
const MOST_IDLE: usize = 32;
