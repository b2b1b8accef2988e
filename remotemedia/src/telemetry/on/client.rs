//! The HTTP client of the exporters: blocking, on the exporters' own threads.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use remotemedia_core::Result;

use super::collector::Collector;
use super::settings::Settings;

/// Sends requests, and notes why one failed.
#[derive(Clone, Debug)]
pub(super) struct Client {
    agent: ureq::Agent,
    collector: Arc<Collector>,
}

impl Client {
    /// A client as the settings want it.
    ///
    /// # Errors
    /// If the certificates cannot be read.
    pub(super) fn new(settings: &Settings, collector: Arc<Collector>) -> Result<Self> {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(settings.timeout))
            .max_idle_age(MAX_IDLE)
            .http_status_as_error(false);
        #[cfg(feature = "otel-tls")]
        let config = config.tls_config(tls(settings)?);
        Ok(Self { agent: config.build().into(), collector })
    }

    fn unreached(&self, url: &str, error: &dyn std::fmt::Display) {
        self.collector.note(format!("cannot reach the collector at {url}: {error}"));
    }

    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ureq::Error> {
        let (parts, body) = request.into_parts();
        let (parts, mut body) = self.agent.run(Request::from_parts(parts, &*body))?.into_parts();
        let body = body.with_config().limit(MAX_ANSWER_BYTES).read_to_vec()?;
        Ok(Response::from_parts(parts, body.into()))
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let url = request.uri().to_string();
        let sent = self.send(request);
        match &sent {
            Err(ureq::Error::Io(error)) => self.unreached(&url, error),
            Err(error) => self.unreached(&url, error),
            Ok(answer) if !answer.status().is_success() => {
                self.collector.note(format!("the collector at {url} answers {}", answer.status()));
            }
            Ok(_) => {}
        }
        Ok(sent?)
    }
}

#[cfg(feature = "otel-tls")]
fn tls(settings: &Settings) -> Result<ureq::tls::TlsConfig> {
    use remotemedia_core::{Error, ErrorKind};
    use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

    let Some(path) = &settings.certificates else { return Ok(TlsConfig::default()) };
    let fault = |reason: String| {
        let message = format!("OTEL_EXPORTER_OTLP_CERTIFICATE: cannot use {}: {reason}", path.display());
        Error::new(ErrorKind::Usage, message)
    };
    let text = std::fs::read(path).map_err(|error| fault(error.to_string()))?;
    let items = parse_pem(&text).collect::<Result<Vec<_>, _>>().map_err(|error| fault(error.to_string()))?;
    let certificates: Vec<_> = items
        .into_iter()
        .filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(fault("it holds no certificate in PEM form".to_owned()));
    }
    Ok(TlsConfig::builder().root_certs(RootCerts::from(certificates)).build())
}

/// How long a connection is kept for the next request.
const MAX_IDLE: Duration = Duration::from_secs(90);
/// What is read of an answer at the most.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;
