//! Runs one case of the native comparison benchmarks and prints its findings as JSON lines.
#![forbid(unsafe_code)]

use std::process::ExitCode;

mod cases;
mod chain;
mod measure;

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let Some((_, case)) = cases::ALL.iter().find(|(known, _)| *known == name) else {
        return fail(&format!("usage: remotemedia-benches CASE, one of {:?}", cases::ALL.map(|(known, _)| known)));
    };
    match case() {
        Ok(findings) => {
            findings.iter().for_each(|finding| finding.print(&name));
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error.to_string()),
    }
}

#[expect(clippy::print_stderr, reason = "whoever runs the benchmark reads why it ended here")]
fn fail(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::FAILURE
}
