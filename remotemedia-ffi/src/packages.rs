//! What the calls about packages do, in a build that knows packages.

use std::path::Path;

use remotemedia::manifest::Manifest;
use remotemedia::pkg::Home;
use remotemedia::{OpenError, OpenPackage, Pipeline, UserPackages, pkg};

use crate::guard::Fault;
use crate::package::rm_package_config_t;
use crate::runtime::Host;

/// A package that is open.
pub(crate) type Opened = OpenPackage;

/// Opens a package, with the keys, trust and cache in `home` or where the user has them.
pub(crate) fn open(reference: &str, config: Option<&rm_package_config_t>, home: Option<&str>) -> Result<Opened, Fault> {
    let opened = user(config, home)?.open(reference, &());
    opened.map_err(|error| Fault::new(error.kind().status(), format!("{reference}: {error}")))
}

/// What is in a package, as JSON.
pub(crate) fn inspect(package: &Opened, host: &Host) -> Result<String, Fault> {
    Ok(package.inspect(&host.registry())?.to_string())
}

/// The pipeline of a package.
pub(crate) fn pipeline(package: &Opened, host: &Host) -> Result<Pipeline, Fault> {
    let registry = host.registry();
    host.python().packaged(package.resolve(&registry)?, &registry)
}

/// The pipeline of a manifest whose nodes may be packages.
pub(crate) fn pipeline_in(
    manifest: &str,
    folder: &str,
    config: Option<&rm_package_config_t>,
    home: Option<&str>,
    host: &Host,
) -> Result<Pipeline, Fault> {
    let (registry, manifest) = (host.registry(), Manifest::parse(manifest)?.to_value());
    host.python().packaged(user(config, home)?.resolve(manifest, Path::new(folder), &registry)?, &registry)
}

fn user(config: Option<&rm_package_config_t>, home: Option<&str>) -> Result<UserPackages, Fault> {
    let user = home.map_or_else(UserPackages::of_user, |home| Ok(UserPackages::at(Home::new(home))))?;
    let Some(config) = config else { return Ok(user) };
    let user = user.offline(config.offline != 0).refresh(config.refresh != 0);
    Ok(user.plain_http(config.plain_http != 0).trust_native(config.trust_native != 0))
}

impl From<pkg::Error> for Fault {
    fn from(error: pkg::Error) -> Self {
        Self::new(error.kind().status(), error.to_string())
    }
}

impl From<OpenError> for Fault {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Package(error) => error.into(),
            OpenError::Pipeline(error) => error.into(),
        }
    }
}
