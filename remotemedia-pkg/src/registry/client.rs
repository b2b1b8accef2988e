//! Calls to registries: authorised, redirected and made again as need be.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use ureq::http::{HeaderMap, Method, header};

use crate::error::{Error, ErrorKind, Result};
use crate::registry::http::{Answer, Call, Failed, Http, read};
use crate::registry::login::Known;
use crate::registry::retry::{Attempts, may_pass, retry_after};
use crate::registry::settings::Settings;
use crate::registry::stop::Stop;
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
    pub(super) http: Http,
    pub(super) stop: Stop,
    /// What worked last, as the value of `Authorization`.
    authorizations: Mutex<HashMap<Scope, String>>,
    /// Who the user is to which registry, so that helpers are asked once.
    pub(super) credentials: Mutex<HashMap<String, Option<Known>>>,
}

/// An answer that was read as a whole.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) headers: HeaderMap,
    pub(super) bytes: Vec<u8>,
}

impl Client {
    pub(super) fn new(settings: Settings) -> Self {
        let (http, stop) = (Http::new(), Stop::default());
        Self { settings, http, stop, authorizations: Mutex::default(), credentials: Mutex::default() }
    }

    /// Makes a call, again where that may help. Gives the answer whatever its status, but for those that may pass.
    pub(super) fn call(&self, scope: &Scope, call: &Call<'_>) -> Result<Answer> {
        let mut attempts = self.attempts();
        loop {
            self.check_stop(&call.what)?;
            // Whoever has no time has not taken anything either.
            let (error, asked, is_untouched) = match self.authorised(scope, call) {
                Ok(answer) if !may_pass(answer.status().as_u16()) => return Ok(answer),
                Ok(answer) => {
                    let asked = retry_after(answer.headers(), SystemTime::now());
                    let is_untouched = matches!(answer.status().as_u16(), 429 | 503);
                    (busy(&call.what, &scope.origin, answer), asked, is_untouched)
                }
                Err(Failed { error, may_pass: false }) => return Err(error),
                Err(Failed { error, .. }) => (error, None, false),
            };
            match attempts.next(asked).filter(|_| is_untouched || !call.is_once) {
                Some(wait) => self.stop.sleep(wait),
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
                _ => return Err(refused(&call.what, &scope.origin, answer)),
            }
            let headers = answer.headers().clone();
            let failed = match read(&call.what, &scope.origin, answer, most) {
                Ok(bytes) => return Ok(Some(Document { headers, bytes })),
                Err(failed) => failed,
            };
            match attempts.next(None).filter(|_| failed.may_pass) {
                Some(wait) => self.stop.sleep(wait),
                None => return Err(given_up(failed.error, &attempts)),
            }
        }
    }

    /// Checks that nobody told the transfers to stop.
    pub(super) fn check_stop(&self, what: &str) -> Result<()> {
        if !self.stop.is_told() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::RegistryInterrupted, format!("{what}: the program stopped it")))
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
}

/// What an answer of `origin` means that is none of those that a call is there for.
pub(super) fn refused(what: &str, origin: &Origin, answer: Answer) -> Error {
    let status = answer.status();
    let kind = match status.as_u16() {
        401 => ErrorKind::RegistryLogin,
        403 => ErrorKind::RegistryDenied,
        404 => ErrorKind::RegistryUnknown,
        400..=499 => ErrorKind::RegistryRefused,
        _ => ErrorKind::RegistryAnswer,
    };
    let said = said(origin, answer);
    Error::new(kind, format!("{what}: {origin} answers {status}{said}"))
}

/// What an answer of `origin` means that may be another one later.
pub(super) fn busy(what: &str, origin: &Origin, answer: Answer) -> Error {
    let status = answer.status();
    let asked = retry_after(answer.headers(), SystemTime::now());
    let asked = asked.map(|asked| format!(" and asks to wait {} s", asked.as_secs())).unwrap_or_default();
    let said = said(origin, answer);
    Error::new(ErrorKind::RegistryBusy, format!("{what}: {origin} answers {status}{asked}{said}"))
}

pub(super) fn given_up(error: Error, attempts: &Attempts) -> Error {
    let message = match attempts.count() {
        0 | 1 => error.message().to_owned(),
        count => format!("{}; gave up after {count} attempts", error.message()),
    };
    Error::new(error.kind(), message)
}

/// What a registry says is wrong, in a few words without control characters.
pub(super) fn said(origin: &Origin, answer: Answer) -> String {
    let Ok(bytes) = read("", origin, answer, MAX_EXPLANATION_BYTES) else { return String::new() };
    let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let text = |pointer: &str| json.pointer(pointer).and_then(|text| text.as_str());
    let Some(text) = text("/errors/0/message").or_else(|| text("/details")) else { return String::new() };
    let plain: String = text.chars().filter(|c| !c.is_control()).take(MAX_EXPLANATION_CHARS).collect();
    format!(": {plain:?}")
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const MOST_REDIRECTIONS: usize = 5;
const MAX_EXPLANATION_BYTES: u64 = 64 * 1024;
const MAX_EXPLANATION_CHARS: usize = 200;
