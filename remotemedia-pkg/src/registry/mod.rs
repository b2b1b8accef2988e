//! Registries: where packages are pushed to and pulled from, as the OCI distribution specification 1.1 says.
//!
//! ```text
//! url, retry, challenge, token    what is decided without a socket
//! settings, credentials, stop     what the user and the machine say
//! http, client, login             one exchange; with redirections, further attempts and logins
//! repository, download, upload    the calls of the specification
//! push, pull                      packages
//! ```
//!
//! Nothing that a registry sends is believed. Every body has a limit, every wait a deadline, and what is fetched is
//! compared with the digest in a document that was verified before.

mod challenge;
mod client;
mod credentials;
mod download;
mod http;
mod login;
mod parallel;
mod pull;
mod push;
mod repository;
mod retry;
mod settings;
mod stop;
mod token;
mod upload;
mod url;

use crate::cache::Cache;
use crate::error::Result;
use crate::home::Home;

use client::Client;

pub use pull::{Found, Pull, Pulled};
pub use push::Pushed;
pub use settings::{Patience, Settings};
pub use stop::Stop;

/// The registries that a user can push to and pull from.
///
/// ```no_run
/// use std::time::SystemTime;
/// use remotemedia_pkg::{Home, Package, Pull, Reference, Registries};
///
/// # fn main() -> remotemedia_pkg::Result<()> {
/// let home = Home::new("/home/me/.remotemedia");
/// let registries = Registries::of(&home)?;
/// let reference: Reference = "oci://registry.example/team/voice:1.0".parse()?;
/// registries.push(&mut Package::open_path("voice.rmpkg".as_ref())?, &reference, &())?;
///
/// let pull = Pull { refresh: false, now: SystemTime::now() };
/// for pulled in registries.pull(&[reference], pull, &()) {
///     println!("{}", pulled?.contents.manifest()?);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Registries {
    home: Home,
    cache: Cache,
    client: Client,
}

impl Registries {
    /// The registries of a user, reached as `registries.json` in the home and the environment say.
    ///
    /// # Errors
    /// If one of them is not valid.
    pub fn of(home: &Home) -> Result<Self> {
        Ok(Self::with(home, Settings::of(home)?))
    }

    /// The registries of a user, reached as `settings` say.
    pub fn with(home: &Home, settings: Settings) -> Self {
        Self { home: home.clone(), cache: home.cache(), client: Client::new(settings) }
    }

    /// The same registries, with whom nothing is exchanged any more once `stop` is told.
    #[must_use]
    pub fn until(mut self, stop: Stop) -> Self {
        self.client.stop = stop;
        self
    }
}
