//! The `remotemedia` command, as a library that the program and the Python package call.
//!
//! [`main`] reads a command line, does what it says and gives the exit code. What differs between the programs around
//! it, such as whether there is Python, is a [`Host`].
//!
//! ```
//! let code = remotemedia_cli::main(["remotemedia", "nodes", "--json"], &remotemedia_cli::Standalone);
//! assert_eq!(code, 0);
//! ```
#![forbid(unsafe_code)]

mod args;
mod commands;
mod console;
mod failure;
mod host;
mod items;
mod log;
mod open;
mod package;
mod package_args;
mod paint;
mod printer;
mod schema;
mod signals;
mod watch;

use std::ffi::OsString;

use clap::Parser;
use serde_json::json;

use args::{Command, CommandLine};
use console::{Console, Style};
use failure::Failure;

pub use host::{Host, OpenError, Opened, Optimized, Packable, PackagedPython, PythonFile, Standalone};

/// Does what a command line says, the program's name first, and gives the exit code.
///
/// The process should end soon after. `run` takes over Ctrl-C, and a second Ctrl-C ends the process from within.
pub fn main(args: impl IntoIterator<Item = impl Into<OsString> + Clone>, host: &dyn Host) -> u8 {
    let command = match CommandLine::try_parse_from(args) {
        Ok(line) => line.command,
        Err(error) => {
            // Where help and mistakes cannot be written, the exit code is all that is left to tell.
            let _ = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(2);
        }
    };
    let (mut out, mut err) = (console::stdout(), std::io::stderr());
    let (out_style, err_style) = (Style::of_stdout(), Style::of_stderr());
    execute(&command, host, &mut Console { out: &mut out, err: &mut err, out_style, err_style })
}

/// Does what a command says, writes what is wrong, and gives the exit code.
fn execute(command: &Command, host: &dyn Host, console: &mut Console<'_>) -> u8 {
    let result = commands::execute(command, host, console);
    let result = result.and_then(|code| console.out.flush().map(|()| code).map_err(Failure::write));
    match result {
        Ok(code) | Err(Failure::Exit(code)) => code,
        Err(Failure::Fault(fault)) => {
            // Where this cannot be written, the exit code is all that is left to tell.
            let _ = match command {
                command if command.is_json() => writeln!(console.err, "{}", json!({"error": fault.to_json()})),
                _ => fault.write_text(console.err, console.err_style),
            };
            1
        }
    }
}
