//! Addresses: where a request goes, and whether what is sent there is encrypted.

use std::net::{Ipv4Addr, Ipv6Addr};

use ureq::http::Uri;

/// A scheme, a host and a port: what may see the same credentials.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    pub(super) is_encrypted: bool,
    /// In lower case, without the scheme's own port.
    pub(super) authority: String,
}

/// An absolute address of http or https without credentials in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url {
    origin: Origin,
    /// The path and the query, which begin with a slash.
    rest: String,
}

impl Url {
    pub(super) fn new(origin: Origin, rest: String) -> Self {
        Self { origin, rest }
    }

    /// Reads an absolute address; none if it is of another kind.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let is_encrypted = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority = uri.authority()?.as_str();
        if authority.contains('@') || uri.host()?.is_empty() {
            return None;
        }
        let own_port = if is_encrypted { ":443" } else { ":80" };
        let authority = authority.to_ascii_lowercase();
        let authority = authority.strip_suffix(own_port).unwrap_or(&authority).to_owned();
        let rest = uri.path_and_query().map_or("/", |rest| rest.as_str());
        let rest = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
        Some(Self { origin: Origin { is_encrypted, authority }, rest })
    }

    /// The address that a header `Location` of an answer from here means.
    pub(super) fn join(&self, location: &str) -> Option<Self> {
        if location.is_empty() {
            return None;
        }
        if location.starts_with("//") {
            return Self::parse(&format!("{}:{location}", self.origin.scheme()));
        }
        if location.starts_with('/') {
            return Self::parse(&format!("{}{location}", self.origin));
        }
        if let Some(url) = Self::parse(location) {
            return Some(url);
        }
        // A scheme of another kind, or a path that begins where this one ends.
        let path = self.path();
        let folder = &path[..=path.rfind('/')?];
        (!location.contains("://")).then(|| Self::parse(&format!("{}{folder}{location}", self.origin)))?
    }

    /// The same address with a further parameter, which must need no escapes.
    pub(super) fn with(&self, parameter: &str) -> Self {
        let mark = if self.rest.contains('?') { '&' } else { '?' };
        Self { origin: self.origin.clone(), rest: format!("{}{mark}{parameter}", self.rest) }
    }

    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    fn path(&self) -> &str {
        self.rest.split('?').next().unwrap_or_default()
    }
}

impl std::fmt::Display for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.origin, self.rest)
    }
}

impl Origin {
    fn scheme(&self) -> &'static str {
        if self.is_encrypted { "https" } else { "http" }
    }

    /// Whether nobody else can listen to what is sent there.
    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.authority)
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", self.scheme(), self.authority)
    }
}

/// Whether a host, with or without a port, is this machine.
pub(super) fn is_loopback(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback());
    }
    host == "localhost" || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// A text as it stands in the value of a parameter.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn the_same_place_has_the_same_origin() {
        assert_eq!(url("https://R.example:443/v2/").origin(), url("https://r.example").origin());
        assert_ne!(url("https://r.example/").origin(), url("http://r.example/").origin());
        assert_ne!(url("https://r.example/").origin(), url("https://r.example:444/").origin());
        assert_ne!(url("https://r.example/").origin(), url("https://s.r.example/").origin());
        for wrong in ["", "/v2/", "ftp://r/x", "https://", "https://user:word@r.example/", "r.example/x"] {
            assert_eq!(Url::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn locations_are_read_as_browsers_read_them() {
        let base = url("https://r.example/v2/a/blobs/uploads/?x=1/2");
        let joined = |location: &str| base.join(location).map(|url| url.to_string());
        assert_eq!(joined("/v2/b?c").as_deref(), Some("https://r.example/v2/b?c"));
        assert_eq!(joined("http://s.example/d").as_deref(), Some("http://s.example/d"));
        assert_eq!(joined("//s.example/d").as_deref(), Some("https://s.example/d"));
        assert_eq!(joined("id").as_deref(), Some("https://r.example/v2/a/blobs/uploads/id"));
        assert_eq!((joined("file:///etc/passwd"), joined("")), (None, None));
        assert_eq!(base.with("digest=1").to_string(), "https://r.example/v2/a/blobs/uploads/?x=1/2&digest=1");
    }

    #[test]
    fn only_this_machine_is_this_machine() {
        for here in ["localhost", "localhost:5000", "127.0.0.1:80", "127.1.2.3", "[::1]:5000", "[::1]"] {
            assert!(is_loopback(here), "{here}");
        }
        for there in ["localhost.example", "128.0.0.1", "r.example:5000", "[::2]", "127.0.0.1.example", "0.0.0.0"] {
            assert!(!is_loopback(there), "{there}");
        }
    }
}
