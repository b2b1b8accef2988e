//! The user's side of packages: opened with the user's trust, unpacked into the user's cache, signed with the user's keys.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use remotemedia_core::Registry;
use remotemedia_core::manifest::Manifest;
use remotemedia_pkg::{Authentic, Contents, Error, ErrorKind, Home, Meter, Package, Result, SigningKey};
#[cfg(feature = "registry")]
use remotemedia_pkg::{Pull, Pulled, Pushed, Reference, Registries, Settings, Stop};

use crate::foreign::foreign_nodes;
use crate::nested::is_remote;
use crate::open_package::OpenPackage;

/// What one user does with packages.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "registry"), expect(dead_code, reason = "nobody asks how registries are to be reached"))]
pub struct UserPackages {
    home: Home,
    trust_native: bool,
    /// Whether packages in registries that are nodes are fetched also where they are only looked at.
    fetch_nested: bool,
    /// Whether packages are only looked at.
    only_looks: bool,
    is_offline: bool,
    refresh: bool,
    plain_http: bool,
    /// The registry that is spoken to without encryption.
    plain_registry: Option<String>,
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
            fetch_nested: false,
            only_looks: false,
            is_offline: false,
            refresh: false,
            plain_http: false,
            plain_registry: None,
            #[cfg(feature = "registry")]
            stop: Stop::default(),
        }
    }

    /// Whether packages of others may do all that the user may.
    pub fn trust_native(mut self, trust: bool) -> Self {
        self.trust_native = trust;
        self
    }

    /// Whether packages in registries that are nodes are fetched also where a pipeline is only looked at. Unless told
    /// so they are not, since whoever wrote the pipeline chose the hosts: they stay named in the manifest.
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

    /// Whether no registry is asked anything: what the cache lacks is then an error.
    pub fn offline(mut self, offline: bool) -> Self {
        self.is_offline = offline;
        self
    }

    /// Whether registries are asked also where the cache knows what a tag was on.
    pub fn refresh(mut self, refresh: bool) -> Self {
        self.refresh = refresh;
        self
    }

    /// Whether the registry of a package that is opened is spoken to without encryption.
    pub fn plain_http(mut self, plain: bool) -> Self {
        self.plain_http = plain;
        self
    }

    /// Where keys, trust and the cache lie.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Opens a package to run it: the file or the reference to a registry (`oci://…`) is verified with the user's trust,
    /// and its files are in the user's cache for as long as the package is held. `meter` hears how far that is. Nothing
    /// of it is executed, and what its nodes would do is judged when they become a pipeline.
    ///
    /// ```
    /// use remotemedia::pkg::{Home, Provenance, pack};
    /// use remotemedia::{Runtime, UserPackages};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use remotemedia::manifest::Manifest;
    /// # let folder = tempfile::tempdir()?;
    /// # let file = folder.path().join("twice.rmpkg");
    /// let user = UserPackages::at(Home::new(folder.path().join("home")));
    /// let runtime = Runtime::new()?;
    /// # let manifest = r#"{"version": "v1", "metadata": {"name": "twice"}, "connections": [],
    /// #     "nodes": [{"id": "double", "node_type": "Multiply", "params": {"factor": 2}}]}"#;
    /// # let mut draft = pack(&Manifest::parse(manifest)?, runtime.registry(), folder.path(), &mut |_| {})?;
    /// # let now = std::time::SystemTime::now();
    /// # draft.sign(&user.signing_key("default")?.0, &Provenance { source: None, built_at: now })?;
    /// # draft.save(&file, &mut |_| {})?;
    /// let package = user.open(&file, &())?;
    /// let pipeline = package.pipeline(runtime.registry())?;
    /// assert_eq!(pipeline.run(runtime.driver(), [3.into()])?[0].to_string(), "6");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If there is no such package, it is no package, or the user's trust does not let it through.
    pub fn open(&self, package: impl AsRef<Path>, meter: &dyn Meter) -> Result<OpenPackage> {
        let path = package.as_ref();
        match path.to_str().filter(|text| is_remote(text)) {
            Some(reference) => self.open_remote(reference, meter),
            None => self.unpack(path, self.authenticate(path)?, meter),
        }
    }

    /// Opens a package to look at it: as [`open`](Self::open), but a file is only checked, not unpacked, what its nodes
    /// would do is nobody's concern, and packages in registries that are nodes are fetched only if
    /// [that is wanted](Self::fetch_nested).
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_to_look_at(&self, package: impl AsRef<Path>, meter: &dyn Meter) -> Result<OpenPackage> {
        let user = self.to_look();
        let path = package.as_ref();
        match path.to_str().filter(|text| is_remote(text)) {
            Some(reference) => user.open_remote(reference, meter),
            None => user.check(path, user.authenticate(path)?, meter),
        }
    }

    /// Opens a file and verifies who signed the package in it.
    ///
    /// # Errors
    /// If it is no package, or the user's trust does not let it through.
    pub fn authenticate(&self, file: &Path) -> Result<Authentic> {
        let trust = self.home.trust()?;
        Package::open_path(file)?.authenticate(&trust, &place(file), SystemTime::now())
    }

    /// Unpacks the package in `file`, which was verified, into the cache.
    pub(crate) fn unpack(&self, file: &Path, mut package: Authentic, meter: &dyn Meter) -> Result<OpenPackage> {
        meter.expect(package.package().content_bytes());
        let now = SystemTime::now();
        let contents = self.home.cache().unpack(&mut package, now, &mut |count| meter.advance(count))?;
        OpenPackage::of_file(self.clone(), file, package, contents)
    }

    /// Opens the package in `file`, which was verified, to look at it.
    ///
    /// # Errors
    /// If a file in it was changed.
    pub fn check(&self, file: &Path, mut package: Authentic, meter: &dyn Meter) -> Result<OpenPackage> {
        meter.expect(package.package().content_bytes());
        let contents = package.check(&mut |count| meter.advance(count))?;
        OpenPackage::of_file(self.to_look(), file, package, contents)
    }

    /// The same user, who only looks at packages, so that it does not matter what their nodes would do.
    pub(crate) fn to_look(&self) -> Self {
        Self { trust_native: true, only_looks: true, ..self.clone() }
    }

    /// Whether the package that a node names stays named.
    pub(crate) fn leaves(&self, reference: &str) -> bool {
        self.only_looks && !self.fetch_nested && is_remote(reference)
    }

    #[cfg(feature = "registry")]
    fn open_remote(&self, reference: &str, meter: &dyn Meter) -> Result<OpenPackage> {
        let reference: Reference = reference.parse()?;
        let user = self.to_reach(&reference);
        user.pull(&[reference], meter)?.remove(0).and_then(|pulled| OpenPackage::of_registry(user, pulled))
    }

    #[cfg(not(feature = "registry"))]
    fn open_remote(&self, reference: &str, _: &dyn Meter) -> Result<OpenPackage> {
        let message = format!("{reference} lies in a registry; switch on the cargo feature \"registry\"");
        Err(Error::new(ErrorKind::Unsupported, message))
    }

    /// Refuses a package whose nodes reach beyond the pipeline, unless it is the user's own or that is trusted.
    pub(crate) fn admit(&self, is_own: bool, contents: &Contents, registry: &Registry) -> Result<()> {
        if is_own || self.trust_native { Ok(()) } else { refuse_foreign(contents, registry) }
    }

    /// Pulls packages from registries side by side, as far as the cache does not have them: one result for each reference.
    ///
    /// # Errors
    /// If what the user says of registries is not valid.
    #[cfg(feature = "registry")]
    pub fn pull(&self, references: &[Reference], meter: &dyn Meter) -> Result<Vec<Result<Pulled>>> {
        let pull = Pull { refresh: self.refresh, now: SystemTime::now() };
        Ok(self.registries()?.pull(references, pull, meter))
    }

    /// The registries, as the user reaches the one of `reference`.
    ///
    /// # Errors
    /// If what the user says of registries is not valid.
    #[cfg(feature = "registry")]
    pub fn registries_for(&self, reference: &Reference) -> Result<Registries> {
        self.to_reach(reference).registries()
    }

    /// The same user, by whom the registry of `reference` is spoken to as was said.
    #[cfg(feature = "registry")]
    fn to_reach(&self, reference: &Reference) -> Self {
        Self { plain_registry: self.plain_http.then(|| reference.registry().to_owned()), ..self.clone() }
    }

    #[cfg(feature = "registry")]
    fn registries(&self) -> Result<Registries> {
        let settings = Settings::of(&self.home)?;
        let settings = if self.is_offline { settings.offline() } else { settings };
        let settings = self.plain_registry.iter().fold(settings, |settings, plain| settings.with_plain_http(plain));
        Ok(Registries::with(&self.home, settings).until(self.stop.clone()))
    }

    /// Pushes the package in `file` to a registry.
    ///
    /// # Errors
    /// If `file` is no package, or the registry does not take it.
    #[cfg(feature = "registry")]
    pub fn push(&self, file: &Path, to: &Reference) -> Result<Pushed> {
        self.registries_for(to)?.push(&mut Package::open_path(file)?, to, &())
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
