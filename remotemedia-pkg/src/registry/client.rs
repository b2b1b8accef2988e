//! Calls to registries: authorised, redirected and made again as need be.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::SystemTime;

use ureq::http::{HeaderMap, Method, header};

use crate::error::{Error, ErrorKind, Result};
use crate::registry::challenge::{Challenge, challenges};
use crate::registry::credentials::{self, Credential};
use crate::registry::http::{Answer, Call, Failed, Http, read};
use crate::registry::retry::{Attempts, may_pass, retry_after};
use crate::registry::settings::Settings;
use crate::registry::token;
use crate::registry::url::{Origin, Url};

/// What a call may touch: what a token is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Scope {
    /// The registry as references name it.
    pub(super) registry: String,
    /// Where it answers.
    pub(super) origin: Origin,
    pub(super) repository: String,
    /// `pull`, or `pull,push`.
    pub(super) actions: &'static str,
}

/// What speaks to registries for one user.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) settings: Settings,
    http: Http,
    /// What worked last, as the value of `Authorization`.
    authorizations: Mutex<HashMap<Scope, String>>,
    /// Who the user is to which registry, so that helpers are asked once.
    credentials: Mutex<HashMap<String, Option<Known>>>,
}

/// An answer that was read as a whole.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) headers: HeaderMap,
    pub(super) bytes: Vec<u8>,
}

/// A credential, and where it was found.
type Known = (Credential, &'static str);

impl Client {
    pub(super) fn new(settings: Settings) -> Self {
        Self { settings, http: Http::new(), authorizations: Mutex::default(), credentials: Mutex::default() }
    }

    /// Makes a call, again where that may help. Gives the answer whatever its status, but for those that may pass.
    pub(super) fn call(&self, scope: &Scope, call: &Call<'_>) -> Result<Answer> {
        let mut attempts = self.attempts();
        loop {
            let (error, asked, is_untouched) = match self.authorised(scope, call) {
                Ok(answer) if !may_pass(answer.status().as_u16()) => return Ok(answer),
                Ok(answer) => {
                    let asked = retry_after(answer.headers(), SystemTime::now());
                    let is_untouched = matches!(answer.status().as_u16(), 429 | 503);
                    (busy(call, scope, answer), asked, is_untouched)
                }
                Err(Failed { error, may_pass: false }) => return Err(error),
                Err(Failed { error, .. }) => (error, None, false),
            };
            match attempts.next(asked).filter(|_| is_untouched || !call.is_once) {
                Some(wait) => thread::sleep(wait),
                None => return Err(given_up(error, &attempts)),
            }
        }
    }

    /// Makes a call and reads its answer of up to `most` bytes; none if there is no such thing.
    pub(super) fn document(&self, scope: &Scope, call: &Call<'_>, most: u64) -> Result<Option<Document>> {
        let mut attempts = self.attempts();
        loop {
            let answer = self.call(scope, call)?;
            match answer.status().as_u16() {
                200 => {}
                404 => return Ok(None),
                _ => return Err(refused(call, scope, answer)),
            }
            let headers = answer.headers().clone();
            let failed = match read(&call.what, &scope.origin, answer, most) {
                Ok(bytes) => return Ok(Some(Document { headers, bytes })),
                Err(failed) => failed,
            };
            match attempts.next(None).filter(|_| failed.may_pass) {
                Some(wait) => thread::sleep(wait),
                None => return Err(given_up(failed.error, &attempts)),
            }
        }
    }

    pub(super) fn attempts(&self) -> Attempts {
        Attempts::new(self.settings.patience.first_wait, self.settings.patience.longest_wait)
    }

    /// Makes a call, and once more with what the registry asks for.
    fn authorised(&self, scope: &Scope, call: &Call<'_>) -> Result<Answer, Failed> {
        let known = lock(&self.authorizations).get(scope).cloned();
        let (answer, origin) = self.follow(scope, call, known.as_deref())?;
        // What another host asks for is nothing of the registry's.
        if answer.status() != 401 || origin != scope.origin {
            return Ok(answer);
        }
        let header = self.log_in(scope, call, &answer)?;
        let (answer, origin) = self.follow(scope, call, Some(&header))?;
        if answer.status() == 401 && origin == scope.origin {
            lock(&self.authorizations).remove(scope);
            return Err(self.rejected(scope, call, answer)?.into());
        }
        lock(&self.authorizations).insert(scope.clone(), header);
        Ok(answer)
    }

    /// Makes a call and goes where the answer leads. Other hosts do not get to see the authorisation, nor does the
    /// registry when it is another host that leads there.
    fn follow(&self, scope: &Scope, call: &Call<'_>, authorization: Option<&str>) -> Result<(Answer, Origin), Failed> {
        let mut url = call.url.clone();
        let mut authorization = authorization;
        for _ in 0..=MOST_REDIRECTIONS {
            authorization = authorization.filter(|_| *url.origin() == scope.origin);
            let answer = self.http.send(call, &url, authorization, &self.settings)?;
            let is_read = call.method == Method::GET || call.method == Method::HEAD;
            if !is_read || !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok((answer, url.origin().clone()));
            }
            let location = answer.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
            url = self.next_url(&url, location.unwrap_or_default(), &call.what)?;
        }
        let message = format!("{}: {} redirects more than {MOST_REDIRECTIONS} times", call.what, scope.origin);
        Err(Error::new(ErrorKind::RegistryAnswer, message).into())
    }

    /// Where a location leads that came from `url`.
    pub(super) fn next_url(&self, url: &Url, location: &str, what: &str) -> Result<Url> {
        let next = url.join(location).ok_or_else(|| {
            let message = format!("{what}: {} leads to {location:?}, which is no address of https", url.origin());
            Error::new(ErrorKind::RegistryAnswer, message)
        })?;
        self.check_step(url.origin(), next.origin(), what)?;
        Ok(next)
    }

    /// Checks that nothing goes on without encryption that began with it, or that nobody said may.
    pub(super) fn check_step(&self, from: &Origin, to: &Origin, what: &str) -> Result<()> {
        if to.is_encrypted || (!from.is_encrypted && self.settings.allows(to)) {
            return Ok(());
        }
        let message = format!("{what}: {from} leads to {to}, which is not encrypted");
        Err(Error::new(ErrorKind::RegistryInsecure, message))
    }

    /// What to answer the challenge of an answer with.
    fn log_in(&self, scope: &Scope, call: &Call<'_>, answer: &Answer) -> Result<String, Failed> {
        let headers = answer.headers().get_all(header::WWW_AUTHENTICATE).iter();
        let challenges: Vec<_> = headers.filter_map(|value| value.to_str().ok()).flat_map(challenges).collect();
        let known = self.credential(scope)?;
        let credential = known.as_ref().map(|(credential, _)| credential);
        if let Some(Credential::Token(_)) = credential {
            return Ok(credential.and_then(Credential::header).expect("a token is for the registry"));
        }
        for challenge in &challenges {
            match (challenge, credential.and_then(Credential::header)) {
                (Challenge::Bearer { realm, service }, _) => {
                    return self.token(scope, call, realm, service.as_deref(), known.as_ref());
                }
                (Challenge::Basic, Some(header)) => return Ok(header),
                (Challenge::Basic, None) => {}
            }
        }
        let message = match challenges.is_empty() {
            true => format!("{}: {} asks for a login of an unknown kind", call.what, scope.origin),
            false => no_login(call, scope),
        };
        Err(Error::new(ErrorKind::RegistryLogin, message).into())
    }

    /// Gets a token from the service that the registry names.
    fn token(
        &self,
        scope: &Scope,
        call: &Call<'_>,
        realm: &str,
        service: Option<&str>,
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
        let token_call = request.call(&what);
        let answer = self.http.send(&token_call, &token_call.url, request.authorization(), &self.settings)?;
        match answer.status().as_u16() {
            200 => {
                let bytes = read(&what, realm.origin(), answer, token::MAX_BYTES)?;
                Ok(token::parse(&bytes).map(|token| format!("Bearer {token}")).ok_or_else(|| {
                    let message = format!("{what}: {} answers with no token", realm.origin());
                    Error::new(ErrorKind::RegistryAnswer, message)
                })?)
            }
            401 | 403 => Err(match known {
                Some((_, source)) => {
                    let message = format!("{what}: {} does not take the credentials of {source}", realm.origin());
                    Error::new(ErrorKind::RegistryLogin, message)
                }
                None => Error::new(ErrorKind::RegistryLogin, no_login(call, scope)),
            }
            .into()),
            status => {
                let may_pass = may_pass(status);
                let error =
                    if may_pass { busy(&token_call, scope, answer) } else { refused(&token_call, scope, answer) };
                Err(Failed { error, may_pass })
            }
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

    /// What is wrong where a registry does not take what was just given.
    fn rejected(&self, scope: &Scope, call: &Call<'_>, answer: Answer) -> Result<Error> {
        let message = match self.credential(scope)? {
            Some((_, source)) => {
                let said = said(&scope.origin, answer);
                format!("{}: {} does not take the credentials of {source}{said}", call.what, scope.registry)
            }
            None => no_login(call, scope),
        };
        Ok(Error::new(ErrorKind::RegistryLogin, message))
    }
}

/// What an answer means that is none of those that a call is there for.
pub(super) fn refused(call: &Call<'_>, scope: &Scope, answer: Answer) -> Error {
    let status = answer.status();
    let kind = match status.as_u16() {
        401 => ErrorKind::RegistryLogin,
        403 => ErrorKind::RegistryDenied,
        404 => ErrorKind::RegistryUnknown,
        400..=499 => ErrorKind::RegistryRefused,
        _ => ErrorKind::RegistryAnswer,
    };
    let said = said(&scope.origin, answer);
    Error::new(kind, format!("{}: {} answers {status}{said}", call.what, scope.registry))
}

fn busy(call: &Call<'_>, scope: &Scope, answer: Answer) -> Error {
    let status = answer.status();
    let asked = retry_after(answer.headers(), SystemTime::now());
    let asked = asked.map(|asked| format!(" and asks to wait {} s", asked.as_secs())).unwrap_or_default();
    let said = said(&scope.origin, answer);
    Error::new(ErrorKind::RegistryBusy, format!("{}: {} answers {status}{asked}{said}", call.what, scope.registry))
}

pub(super) fn given_up(error: Error, attempts: &Attempts) -> Error {
    let message = match attempts.count() {
        0 | 1 => error.message().to_owned(),
        count => format!("{}; gave up after {count} attempts", error.message()),
    };
    Error::new(error.kind(), message)
}

fn no_login(call: &Call<'_>, scope: &Scope) -> String {
    let registry = &scope.registry;
    format!(
        "{}: {registry} asks who you are, and there are no credentials for it; `docker login {registry}`, \
         registries.json or REMOTEMEDIA_REGISTRY_USERNAME and REMOTEMEDIA_REGISTRY_PASSWORD give them",
        call.what
    )
}

/// What a registry says is wrong, in a few words without control characters.
fn said(origin: &Origin, answer: Answer) -> String {
    let Ok(bytes) = read("", origin, answer, MAX_EXPLANATION_BYTES) else { return String::new() };
    let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let text = |pointer: &str| json.pointer(pointer).and_then(|text| text.as_str());
    let Some(text) = text("/errors/0/message").or_else(|| text("/details")) else { return String::new() };
    let plain: String = text.chars().filter(|c| !c.is_control()).take(MAX_EXPLANATION_CHARS).collect();
    format!(": {plain:?}")
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const MOST_REDIRECTIONS: usize = 5;
const MAX_EXPLANATION_BYTES: u64 = 64 * 1024;
const MAX_EXPLANATION_CHARS: usize = 200;
