//! The subcommands, one per file.

mod build;
mod cache;
mod doctor;
mod inspect;
mod inspect_package;
mod keys;
mod nodes;
#[cfg(feature = "registry")]
mod pull;
#[cfg(feature = "registry")]
mod push;
mod run;
mod trust;
mod validate;
mod verify;

use crate::args::Command;
use crate::console::Console;
use crate::failure::{Failure, Fault};
use crate::host::Host;

/// Does what a command says and gives the exit code.
pub(crate) fn execute(command: &Command, host: &dyn Host, console: &mut Console<'_>) -> Result<u8, Failure> {
    match command {
        Command::Run(args) => run::run(args, host, console),
        Command::Inspect(args) => inspect::inspect(args, host, console),
        Command::Validate(args) => validate::validate(args, host, console),
        Command::Build(args) => build::build(args, host, console),
        #[cfg(feature = "registry")]
        Command::Push(args) => push::push(args, console),
        #[cfg(feature = "registry")]
        Command::Pull(args) => pull::pull(args, console),
        Command::Verify(args) => verify::verify(args, console),
        Command::Keys(args) => keys::keys(args, console),
        Command::Trust(args) => trust::trust(args, console),
        Command::Cache(args) => cache::cache(args, console),
        Command::Nodes(args) => nodes::nodes(args, host, console),
        Command::Doctor(args) => doctor::doctor(args, host, console),
    }
}

/// The host's runtime, whose metrics nobody wants.
fn runtime(host: &dyn Host) -> Result<remotemedia::Runtime, Failure> {
    host.runtime(None).map_err(|error| Fault::of(&error, host).into())
}
