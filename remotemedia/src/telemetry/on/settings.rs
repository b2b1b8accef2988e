//! Settings: where telemetry goes to, from the standard environment variables or an endpoint that was named.

use std::path::PathBuf;
use std::time::Duration;

use remotemedia_core::{Error, ErrorKind, Result};

/// What is exported, and where to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Settings {
    /// Where spans go to; none are exported without.
    pub(super) traces: Option<String>,
    /// Where metrics go to; none are exported without.
    pub(super) metrics: Option<String>,
    /// The longest one request may take.
    pub(super) timeout: Duration,
    /// A file of certificates to trust instead of the usual ones.
    pub(super) certificates: Option<PathBuf>,
}

impl Settings {
    /// What the environment asks for: nothing without an endpoint.
    ///
    /// # Errors
    /// If a variable asks for what this build cannot do.
    pub(super) fn from_env(get: impl Fn(&str) -> Option<String>) -> Result<Option<Self>> {
        if get("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let named = |signal: &str| {
            let own = get(&format!("OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"));
            own.is_some() || get("OTEL_EXPORTER_OTLP_ENDPOINT").is_some()
        };
        if !named("TRACES") && !named("METRICS") {
            return Ok(None);
        }
        let settings = Self {
            traces: if named("TRACES") { endpoint(&get, "TRACES")? } else { None },
            metrics: if named("METRICS") { endpoint(&get, "METRICS")? } else { None },
            ..Self::common(&get)?
        };
        Ok(Some(settings).filter(|settings| settings.traces.is_some() || settings.metrics.is_some()))
    }

    /// Everything to one collector: the named one, else what the environment says, else the one on this machine.
    ///
    /// # Errors
    /// If the endpoint is no URL, or a variable asks for what this build cannot do.
    pub(super) fn to(named: Option<&str>, get: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let common = Self::common(&get)?;
        let (traces, metrics) = match named {
            Some(base) => (Some(below(base, "TRACES")?), Some(below(base, "METRICS")?)),
            None => (endpoint(&get, "TRACES")?, endpoint(&get, "METRICS")?),
        };
        Ok(Self { traces, metrics, ..common })
    }

    fn common(get: &impl Fn(&str) -> Option<String>) -> Result<Self> {
        let timeout = match get("OTEL_EXPORTER_OTLP_TIMEOUT") {
            None => DEFAULT_TIMEOUT,
            Some(text) => Duration::from_millis(text.parse().map_err(|_| {
                fault(format!("OTEL_EXPORTER_OTLP_TIMEOUT: expected milliseconds such as 10000, found {text:?}"))
            })?),
        };
        let certificates = get("OTEL_EXPORTER_OTLP_CERTIFICATE").map(PathBuf::from);
        Ok(Self { traces: None, metrics: None, timeout, certificates })
    }
}

/// Where one signal goes to, or nothing if it is switched off.
fn endpoint(get: &impl Fn(&str) -> Option<String>, signal: &str) -> Result<Option<String>> {
    let variable = format!("OTEL_{signal}_EXPORTER");
    match get(&variable).as_deref() {
        None | Some("otlp") => {}
        Some("none") => return Ok(None),
        Some(other) => {
            return Err(fault(format!("{variable}: this build exports \"otlp\" or \"none\", found {other:?}")));
        }
    }
    for variable in [format!("OTEL_EXPORTER_OTLP_{signal}_PROTOCOL"), "OTEL_EXPORTER_OTLP_PROTOCOL".to_owned()] {
        match get(&variable).as_deref() {
            None => continue,
            Some("http/protobuf") => break,
            Some(other) => {
                let advice = "collectors take it on port 4318";
                return Err(fault(format!(
                    "{variable}: this build speaks \"http/protobuf\", found {other:?}; {advice}"
                )));
            }
        }
    }
    let own = format!("OTEL_EXPORTER_OTLP_{signal}_ENDPOINT");
    if let Some(url) = get(&own) {
        return checked(&url).map(|()| Some(url)).map_err(|error| fault(format!("{own}: {error}")));
    }
    let base = get("OTEL_EXPORTER_OTLP_ENDPOINT");
    let url = below(base.as_deref().unwrap_or(DEFAULT_ENDPOINT), signal);
    url.map(Some).map_err(|error| fault(format!("OTEL_EXPORTER_OTLP_ENDPOINT: {error}")))
}

/// The place of a signal below a collector's own.
fn below(base: &str, signal: &str) -> Result<String> {
    checked(base)?;
    Ok(format!("{}/v1/{}", base.trim_end_matches('/'), signal.to_lowercase()))
}

fn checked(url: &str) -> Result<()> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let has_host = !rest.is_empty() && !rest.starts_with(['/', ':']) && !rest.contains(char::is_whitespace);
    match scheme {
        "http" if has_host => Ok(()),
        "https" if has_host && cfg!(feature = "otel-tls") => Ok(()),
        "https" if has_host => {
            let message = "https is not part of this build; switch on the cargo feature \"otel-tls\", or use http";
            Err(fault(message.to_owned()))
        }
        _ => Err(fault(format!("expected a URL such as {DEFAULT_ENDPOINT}, found {url:?}"))),
    }
}

fn fault(message: String) -> Error {
    Error::new(ErrorKind::Usage, message)
}

/// Where the specification looks for a collector.
const DEFAULT_ENDPOINT: &str = "http://localhost:4318";
/// The specification's own.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Result<Option<Settings>> {
        Settings::from_env(|name| find(variables, name))
    }

    fn find(variables: &[(&str, &str)], name: &str) -> Option<String> {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    }

    fn places(variables: &[(&str, &str)]) -> (Option<String>, Option<String>) {
        let settings = from(variables).unwrap().unwrap();
        (settings.traces, settings.metrics)
    }

    #[test]
    fn nothing_is_exported_unless_an_endpoint_is_named() {
        assert_eq!(from(&[]).unwrap(), None);
        assert_eq!(from(&[("OTEL_SERVICE_NAME", "calls"), ("OTEL_TRACES_EXPORTER", "otlp")]).unwrap(), None);
        let off = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"), ("OTEL_SDK_DISABLED", "true")];
        assert_eq!(from(&off).unwrap(), None);
    }

    #[test]
    fn signals_go_below_the_common_endpoint_and_to_their_own_as_it_stands() {
        let both = (Some("http://c:4318/v1/traces".to_owned()), Some("http://c:4318/v1/metrics".to_owned()));
        assert_eq!(places(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318")]), both);
        assert_eq!(places(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318/")]), both);
        let own = [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t/spans")];
        assert_eq!(places(&own), (Some("http://t/spans".to_owned()), None));
    }

    #[test]
    fn a_signal_is_switched_off_by_the_exporter_none() {
        let one = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"), ("OTEL_TRACES_EXPORTER", "none")];
        assert_eq!(places(&one), (None, Some("http://c:4318/v1/metrics".to_owned())));
        assert_eq!(from(&[one[0], one[1], ("OTEL_METRICS_EXPORTER", "none")]).unwrap(), None);
    }

    #[test]
    fn what_this_build_cannot_do_is_an_error_that_names_the_variable() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317");
        let message = |variable| from(&[endpoint, variable]).unwrap_err().to_string();
        let grpc = "OTEL_EXPORTER_OTLP_PROTOCOL: this build speaks \"http/protobuf\", found \"grpc\"; collectors take \
                    it on port 4318";
        assert_eq!(message(("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")), grpc);
        let console = "OTEL_METRICS_EXPORTER: this build exports \"otlp\" or \"none\", found \"console\"";
        assert_eq!(message(("OTEL_METRICS_EXPORTER", "console")), console);
        let soon = "OTEL_EXPORTER_OTLP_TIMEOUT: expected milliseconds such as 10000, found \"soon\"";
        assert_eq!(message(("OTEL_EXPORTER_OTLP_TIMEOUT", "soon")), soon);
    }

    #[test]
    fn an_endpoint_that_is_no_url_is_shown_beside_one_that_is() {
        for wrong in ["localhost:4318", "http://", "http:///v1", "grpc://c:4317", "http://two words"] {
            let expected = format!("expected a URL such as http://localhost:4318, found {wrong:?}");
            assert_eq!(Settings::to(Some(wrong), |_| None).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn without_a_name_the_collector_is_the_one_of_the_environment_or_of_this_machine() {
        let local = Settings::to(None, |_| None).unwrap();
        assert_eq!(local.traces.as_deref(), Some("http://localhost:4318/v1/traces"));
        let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:1")];
        let other = Settings::to(None, |name| find(&variables, name)).unwrap();
        assert_eq!(other.metrics.as_deref(), Some("http://c:1/v1/metrics"));
    }

    #[cfg(not(feature = "otel-tls"))]
    #[test]
    fn https_names_the_feature_that_brings_it() {
        let error = Settings::to(Some("https://c"), |_| None).unwrap_err();
        assert!(error.to_string().contains("\"otel-tls\""), "{error}");
    }
}
