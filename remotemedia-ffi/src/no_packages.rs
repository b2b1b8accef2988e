//! What the calls about packages do, in a build that knows none.

use std::convert::Infallible;

use remotemedia::Pipeline;

use crate::guard::Fault;
use crate::package::rm_package_config_t;
use crate::runtime::Host;
use crate::status::RM_STATUS_UNSUPPORTED;

/// No package is ever open.
pub(crate) type Opened = Infallible;

pub(crate) fn open(
    _reference: &str,
    _config: Option<&rm_package_config_t>,
    _home: Option<&str>,
) -> Result<Opened, Fault> {
    Err(unsupported())
}

pub(crate) fn inspect(package: &Opened, _host: &Host) -> Result<String, Fault> {
    match *package {}
}

pub(crate) fn pipeline(package: &Opened, _host: &Host) -> Result<Pipeline, Fault> {
    match *package {}
}

pub(crate) fn pipeline_in(
    _manifest: &str,
    _folder: &str,
    _config: Option<&rm_package_config_t>,
    _home: Option<&str>,
    _host: &Host,
) -> Result<Pipeline, Fault> {
    Err(unsupported())
}

fn unsupported() -> Fault {
    let message = "this build of the library has no packages; switch on the cargo feature \"pkg\"";
    Fault::new(RM_STATUS_UNSUPPORTED, message)
}
