//! Packages in registries, for the commands that take references.

use std::path::Path;
use std::time::SystemTime;

use remotemedia::pkg::{self, Found, Meter, Package, Pull, Pulled, Pushed, Reference, Registries};

use crate::console::Style;
use crate::failure::{Failure, Fault};
use crate::package::home::user_packages;
use crate::package::{Bar, fault};

/// Pulls the package that a reference leads to, and shows how far that is.
pub(crate) fn pull(reference: &Path, refresh: bool, plain_http: bool, shown: Style) -> Result<Pulled, Failure> {
    let label = reference.display().to_string();
    let reference = parse(&label)?;
    let registries = registries(&reference, plain_http)?;
    let bar = Bar::new(shown, "pulling", 0);
    let mut pulled = registries.pull(&[reference], at_present(refresh), &bar);
    pulled.remove(0).map_err(|error| fault_in(&label, error))
}

/// Finds what a reference leads to, and verifies nothing.
pub(crate) fn find(reference: &Path) -> Result<Found, Failure> {
    let label = reference.display().to_string();
    let reference = parse(&label)?;
    registries(&reference, false)?.find(&reference, at_present(false)).map_err(|error| fault_in(&label, error))
}

/// Pushes a package, and shows how far that is. Gives the reference as it is spelled.
pub(crate) fn push(
    package: &mut Package,
    reference: &str,
    plain_http: bool,
    shown: Style,
) -> Result<(Reference, Pushed), Failure> {
    let to = parse(reference)?;
    let bar = Bar::new(shown, "pushing", 0);
    let pushed = registries(&to, plain_http)?.push(package, &to, &bar as &dyn Meter);
    pushed.map(|pushed| (to, pushed)).map_err(|error| fault_in(reference, error))
}

fn registries(reference: &Reference, plain_http: bool) -> Result<Registries, Failure> {
    user_packages()?.plain_http(plain_http).registries_for(reference).map_err(fault)
}

fn parse(reference: &str) -> Result<Reference, Failure> {
    reference.parse().map_err(fault)
}

fn at_present(refresh: bool) -> Pull {
    Pull { refresh, now: SystemTime::now() }
}

fn fault_in(label: &str, error: pkg::Error) -> Failure {
    Fault::new(error.kind().name(), error.message()).in_file(label).into()
}
