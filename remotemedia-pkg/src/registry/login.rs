//! Logins: what a registry's challenge is answered with.

use ureq::http::header;

use crate::error::{Error, ErrorKind, Result};
use crate::registry::challenge::{Challenge, challenges};
use crate::registry::client::{Client, Scope, busy, lock, refused, said};
use crate::registry::credentials::{self, Credential};
use crate::registry::http::{Answer, Call, Failed, read};
use crate::registry::retry::may_pass;
use crate::registry::token;
use crate::registry::url::Url;

/// A credential, and where it was found.
pub(super) type Known = (Credential, &'static str);

impl Client {
    /// What to answer a challenge with, as the value of the header `Authorization`.
    pub(super) fn log_in(&self, scope: &Scope, call: &Call<'_>, answer: &Answer) -> Result<String, Failed> {
        let challenges: Vec<_> = headers(answer).flat_map(challenges).collect();
        let known = self.credential(scope)?;
        let credential = known.as_ref().map(|(credential, _)| credential);
        let header = credential.and_then(Credential::header);
        if let (Some(Credential::Token(_)), Some(header)) = (credential, &header) {
            return Ok(header.clone());
        }
        for challenge in &challenges {
            match (challenge, &header) {
                (Challenge::Bearer { realm, service }, _) => {
                    return self.token(scope, call, (realm, service.as_deref()), known.as_ref());
                }
                (Challenge::Basic, Some(header)) => return Ok(header.clone()),
                (Challenge::Basic, None) => {}
            }
        }
        let message = match challenges.is_empty() {
            true => format!("{}: {} asks for a login of an unknown kind", call.what, scope.origin),
            false => no_login(call, scope),
        };
        Err(Error::new(ErrorKind::RegistryLogin, message).into())
    }

    /// Gets a token from the service that the registry names: an address, and what it calls the registry.
    fn token(
        &self,
        scope: &Scope,
        call: &Call<'_>,
        (realm, service): (&str, Option<&str>),
        known: Option<&Known>,
    ) -> Result<String, Failed> {
        let what = format!("a token for {}", scope.registry);
        let realm = Url::parse(realm).ok_or_else(|| {
            let message = format!("{what}: {} names {realm:?}, which is no address", scope.origin);
            Error::new(ErrorKind::RegistryAnswer, message)
        })?;
        self.check_step(&scope.origin, realm.origin(), &what)?;
        let wanted = format!("repository:{}:{}", scope.repository, scope.actions);
        let request = token::request(&realm, service, &wanted, known.map(|(credential, _)| credential));
        let asked = request.call(&what);
        let answer = self.http.send(&asked, &asked.url, request.authorization(), &self.settings)?;
        match (answer.status().as_u16(), known) {
            (200, _) => {
                let bytes = read(&what, realm.origin(), answer, token::MAX_BYTES)?;
                let token = token::parse(&bytes).ok_or_else(|| {
                    let message = format!("{what}: {} answers with no token", realm.origin());
                    Error::new(ErrorKind::RegistryAnswer, message)
                })?;
                Ok(format!("Bearer {token}"))
            }
            (401 | 403, Some((_, source))) => {
                let message = format!("{what}: {} does not take the credentials of {source}", realm.origin());
                Err(Error::new(ErrorKind::RegistryLogin, message).into())
            }
            (401 | 403, None) => Err(Error::new(ErrorKind::RegistryLogin, no_login(call, scope)).into()),
            (status, _) if may_pass(status) => {
                Err(Failed { error: busy(&what, realm.origin(), answer), may_pass: true })
            }
            _ => Err(refused(&what, realm.origin(), answer).into()),
        }
    }

    fn credential(&self, scope: &Scope) -> Result<Option<Known>> {
        if let Some(known) = lock(&self.credentials).get(&scope.registry) {
            return Ok(known.clone());
        }
        let found = credentials::find(&scope.registry, &self.settings)?;
        lock(&self.credentials).insert(scope.registry.clone(), found.clone());
        Ok(found)
    }

    /// What is wrong where a registry does not take what it was just given.
    pub(super) fn rejected(&self, scope: &Scope, call: &Call<'_>, answer: Answer) -> Result<Error> {
        let Some((_, source)) = self.credential(scope)? else {
            return Ok(Error::new(ErrorKind::RegistryLogin, no_login(call, scope)));
        };
        // The token is good, but for less than it is needed for: RFC 6750, section 3.1.
        let is_known = headers(&answer).any(|header| header.contains("insufficient_scope"));
        let said = said(&scope.origin, answer);
        let (kind, what) = match is_known {
            true => (ErrorKind::RegistryDenied, "allows nothing of this with"),
            false => (ErrorKind::RegistryLogin, "does not take"),
        };
        Ok(Error::new(kind, format!("{}: {} {what} the credentials of {source}{said}", call.what, scope.registry)))
    }
}

fn headers(answer: &Answer) -> impl Iterator<Item = &str> {
    answer.headers().get_all(header::WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok())
}

fn no_login(call: &Call<'_>, scope: &Scope) -> String {
    let registry = &scope.registry;
    format!(
        "{}: {registry} asks who you are, and there are no credentials for it; `docker login {registry}`, \
         registries.json or REMOTEMEDIA_REGISTRY_USERNAME and REMOTEMEDIA_REGISTRY_PASSWORD give them",
        call.what
    )
}
