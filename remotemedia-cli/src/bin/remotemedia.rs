//! The `remotemedia` command.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    remotemedia_cli::main(std::env::args_os(), &remotemedia_cli::Standalone).into()
}
