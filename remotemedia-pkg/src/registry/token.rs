//! Tokens: what a service is asked that gives them for a registry, and what it answers.

use serde::Deserialize;
use ureq::http::{Method, header};

use crate::registry::credentials::Credential;
use crate::registry::http::Call;
use crate::registry::url::{Url, escaped};

/// A request for a token.
pub(super) struct TokenRequest {
    url: Url,
    form: Option<String>,
    authorization: Option<String>,
}

/// Asks `realm` for a token of `service` for `scope`.
pub(super) fn request(
    realm: &Url,
    service: Option<&str>,
    scope: &str,
    credential: Option<&Credential>,
) -> TokenRequest {
    let service = service.map(|service| format!("service={}&", escaped(service))).unwrap_or_default();
    let parameters = format!("{service}scope={}", escaped(scope));
    match credential {
        Some(Credential::Refresh(token)) => {
            let grant = format!("grant_type=refresh_token&client_id=remotemedia&refresh_token={}", escaped(token));
            TokenRequest { url: realm.clone(), form: Some(format!("{parameters}&{grant}")), authorization: None }
        }
        other => {
            let authorization = other.and_then(Credential::header);
            TokenRequest { url: realm.with(&parameters), form: None, authorization }
        }
    }
}

impl TokenRequest {
    pub(super) fn call(&self, what: &str) -> Call<'_> {
        match &self.form {
            None => Call::new(Method::GET, self.url.clone(), what),
            Some(form) => Call::new(Method::POST, self.url.clone(), what)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form.as_bytes()),
        }
    }

    pub(super) fn authorization(&self) -> Option<&str> {
        self.authorization.as_deref()
    }
}

/// The token in an answer, if there is one that can stand in a header.
pub(super) fn parse(bytes: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Raw {
        token: Option<String>,
        access_token: Option<String>,
    }
    let raw: Raw = serde_json::from_slice(bytes).ok()?;
    let token = raw.token.filter(|token| !token.is_empty()).or(raw.access_token)?;
    (!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())).then_some(token)
}

/// How large an answer with a token may be.
pub(super) const MAX_BYTES: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_say_what_for_and_who() {
        let realm = Url::parse("https://auth.example/token?a=b").unwrap();
        let login = Credential::Login { name: "alice".to_owned(), password: "secret".to_owned() };
        let scope = "repository:a/b:pull,push";
        let asked = request(&realm, Some("r example"), scope, Some(&login));
        let expected = "https://auth.example/token?a=b&service=r%20example&scope=repository%3Aa%2Fb%3Apull%2Cpush";
        assert_eq!(asked.call("").url.to_string(), expected);
        assert_eq!(asked.authorization(), Some("Basic YWxpY2U6c2VjcmV0"));
        let asked = request(&realm, None, scope, Some(&Credential::Refresh("t&t".to_owned())));
        assert_eq!(asked.call("").method, Method::POST);
        assert!(asked.form.unwrap().ends_with("&refresh_token=t%26t"));
    }

    #[test]
    fn tokens_that_could_break_a_header_are_none() {
        assert_eq!(parse(br#"{"token": "a.b.c", "access_token": "d"}"#).as_deref(), Some("a.b.c"));
        assert_eq!(parse(br#"{"access_token": "d", "expires_in": 60}"#).as_deref(), Some("d"));
        for none in [&b"{}"[..], b"", br#"{"token": "a\r\nX: b"}"#, br#"{"token": ""}"#] {
            assert_eq!(parse(none), None);
        }
    }
}
