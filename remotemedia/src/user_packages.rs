//! The user's side of packages: opened with the user's trust, unpacked into the user's cache, signed with the user's keys.

use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use remotemedia_core::Registry;
use remotemedia_core::manifest::Manifest;
use remotemedia_pkg::{Authentic, Contents, Error, ErrorKind, Home, Package, Progress, Result, SigningKey};
#[cfg(feature = "registry")]
use remotemedia_pkg::{Pull, Pulled, Pushed, Reference, Registries, Stop};

use crate::foreign::foreign_nodes;
use crate::nested::is_remote;

/// What one user does with packages.
#[derive(Clone, Debug)]
pub struct UserPackages {
    home: Home,
    trust_native: bool,
    fetch_nested: bool,
    #[cfg(feature = "registry")]
    stop: Stop,
}

impl UserPackages {
    /// The packages of the user whose keys, trust and cache lie in `REMOTEMEDIA_HOME`, or in `.remotemedia` in the home
    /// directory.
    ///
    /// # Errors
    /// If there is no home directory.
    pub fn of_user() -> Result<Self> {
        let set = std::env::var_os("REMOTEMEDIA_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
        let found = set.or_else(|| std::env::home_dir().map(|home| home.join(".remotemedia")));
        found.map(|path| Self::at(Home::new(path))).ok_or_else(|| {
            Error::new(ErrorKind::Io, "there is no home directory; set REMOTEMEDIA_HOME to a folder of yours")
        })
    }

    /// The packages of the user whose keys, trust and cache lie in `home`.
    pub fn at(home: Home) -> Self {
        Self {
            home,
            trust_native: false,
            fetch_nested: true,
            #[cfg(feature = "registry")]
            stop: Stop::default(),
        }
    }

    /// Whether packages of others may do all that the user may.
    pub fn trust_native(mut self, trust: bool) -> Self {
        self.trust_native = trust;
        self
    }

    /// Whether packages in registries that are nodes are fetched, as they are unless told otherwise. Those that are not
    /// stay named in the manifest; [`stand_in_for_packages`](crate::stand_in_for_packages) lets it be looked at.
    pub fn fetch_nested(mut self, fetch: bool) -> Self {
        self.fetch_nested = fetch;
        self
    }

    /// Exchanges nothing with registries any more once `stop` is told.
    #[cfg(feature = "registry")]
    pub fn until(mut self, stop: Stop) -> Self {
        self.stop = stop;
        self
    }

    /// Whether the package that a node names stays named.
    pub(crate) fn leaves(&self, reference: &str) -> bool {
        !self.fetch_nested && is_remote(reference)
    }

    /// Where keys, trust and the cache lie.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Opens a package and verifies who signed it.
    ///
    /// # Errors
    /// If it is no package, or the user's trust does not let it through.
    pub fn authenticate(&self, file: &Path) -> Result<Authentic> {
        let trust = self.home.trust()?;
        Package::open_path(file)?.authenticate(&trust, &place(file), SystemTime::now())
    }

    /// Unpacks a package that is to run into the cache, where its files stay as long as the contents that are given back.
    ///
    /// # Errors
    /// If a file was changed; [`ForeignNodes`](ErrorKind::ForeignNodes) if it is somebody else's, its nodes reach beyond the
    /// pipeline, and that is not trusted.
    pub fn unpack(&self, package: &mut Authentic, registry: &Registry, progress: Progress<'_>) -> Result<Contents> {
        let contents = self.home.cache().unpack(package, SystemTime::now(), progress)?;
        self.admit(package, &contents, registry)?;
        Ok(contents)
    }

    /// Refuses a package of somebody else whose nodes reach beyond the pipeline, unless that is trusted.
    ///
    /// # Errors
    /// [`ForeignNodes`](ErrorKind::ForeignNodes), which names the nodes.
    pub fn admit<F: Read + Seek>(
        &self,
        package: &Authentic<F>,
        contents: &Contents,
        registry: &Registry,
    ) -> Result<()> {
        if package.is_own() { Ok(()) } else { self.admit_foreign(contents, registry) }
    }

    /// As [`admit`](Self::admit), for what somebody else decided to run.
    pub(crate) fn admit_foreign(&self, contents: &Contents, registry: &Registry) -> Result<()> {
        if self.trust_native { Ok(()) } else { refuse_foreign(contents, registry) }
    }

    /// Pulls packages from registries side by side, as far as the cache does not have them: one result for each reference.
    ///
    /// # Errors
    /// If what the user says of registries is not valid.
    #[cfg(feature = "registry")]
    pub fn pull(&self, references: &[Reference]) -> Result<Vec<Result<Pulled>>> {
        let pull = Pull { refresh: false, now: SystemTime::now() };
        Ok(Registries::of(&self.home)?.until(self.stop.clone()).pull(references, pull, &()))
    }

    /// Pushes the package in `file` to a registry.
    ///
    /// # Errors
    /// If `file` is no package, or the registry does not take it.
    #[cfg(feature = "registry")]
    pub fn push(&self, file: &Path, to: &Reference) -> Result<Pushed> {
        Registries::of(&self.home)?.until(self.stop.clone()).push(&mut Package::open_path(file)?, to, &())
    }

    /// The key of that name, and whether it is new: the one called `default` is made on first use.
    ///
    /// # Errors
    /// If there is no such key, or it cannot be read.
    pub fn signing_key(&self, name: &str) -> Result<(SigningKey, bool)> {
        match self.home.signing_key(name) {
            Err(error) if error.kind() == ErrorKind::KeyUnknown && name == DEFAULT_KEY => self.default_key(),
            Err(error) if error.kind() == ErrorKind::KeyUnknown => {
                let message = format!("{error}; `remotemedia keys new {name}` makes one");
                Err(Error::new(ErrorKind::KeyUnknown, message))
            }
            found => Ok((found?, false)),
        }
    }

    /// Makes the default key, unless another process is faster.
    fn default_key(&self) -> Result<(SigningKey, bool)> {
        match self.home.new_key(DEFAULT_KEY) {
            Ok(_) => Ok((self.home.signing_key(DEFAULT_KEY)?, true)),
            Err(error) if error.kind() == ErrorKind::KeyExists => Ok((self.home.signing_key(DEFAULT_KEY)?, false)),
            Err(error) => Err(error),
        }
    }
}

/// Where the package in `file` came from, as policies name places: whichever way leads there, the same place.
fn place(file: &Path) -> String {
    let path = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let path = path.to_string_lossy().replace('\\', "/");
    format!("file://{}{path}", if path.starts_with('/') { "" } else { "/" })
}

fn refuse_foreign(contents: &Contents, registry: &Registry) -> Result<()> {
    let manifest = Manifest::from_value(contents.packed_manifest().clone())
        .map_err(|error| Error::new(ErrorKind::Pipeline, error.to_string()))?;
    let nodes = foreign_nodes(&manifest, registry);
    if nodes.is_empty() {
        return Ok(());
    }
    let described = nodes.iter().map(|node| format!("\"{}\" ({}) {}", node.id, node.node_type, node.reason));
    let message = format!(
        "nodes of a package that is not your own, or within one, reach beyond the pipeline: {}; --trust-native, or \
         trust_native in a program, runs it with all that you may do",
        described.collect::<Vec<_>>().join(", ")
    );
    Err(Error::new(ErrorKind::ForeignNodes, message))
}

/// The key that packages are signed with unless another one is named.
pub const DEFAULT_KEY: &str = "default";
