//! `remotemedia verify`: tells who signed a package, and that nothing in it was changed.

use std::io;
use std::path::Path;

use remotemedia::pkg::Signer;
use remotemedia::{OpenPackage, describe_signer};
use serde_json::{Value, json};

use crate::console::{Console, Style};
use crate::failure::{Failure, warn};
use crate::package;
use crate::package_args::VerifyArgs;
use crate::paint::Tone;

/// Verifies every file; the exit code is 1 if one is not verified, also where the policy would let it run.
pub(crate) fn verify(args: &VerifyArgs, console: &mut Console<'_>) -> Result<u8, Failure> {
    let mut code = 0;
    for file in &args.files {
        code = code.max(verify_file(file, args.json, console)?);
    }
    Ok(code)
}

fn verify_file(file: &Path, as_json: bool, console: &mut Console<'_>) -> Result<u8, Failure> {
    let shown = if as_json { Style::default() } else { console.err_style };
    let verified = verdict(file, shown);
    let label = file.display().to_string();
    let (code, written) = match verified {
        Ok(verdict) if as_json => (verdict.code(), writeln!(console.out, "{}", verdict.describe(&label))),
        Ok(verdict) => (verdict.code(), verdict.write_text(&label, console)),
        Err(Failure::Fault(fault)) if as_json => {
            (1, writeln!(console.out, "{}", json!({"file": label, "verified": false, "error": fault.to_json()})))
        }
        Err(Failure::Fault(fault)) => {
            let flushed = console.out.flush();
            (1, flushed.and_then(|()| fault.write_text(console.err, console.err_style)))
        }
        Err(exit) => return Err(exit),
    };
    written.map(|()| code).map_err(Failure::write)
}

/// What is known of a package that was verified.
struct Verdict {
    pipeline: String,
    digest: String,
    signed: String,
    signer: Value,
    warning: Option<String>,
}

fn verdict(file: &Path, shown: Style) -> Result<Verdict, Failure> {
    package::open_to_look_at(file, false, shown).map(|package| Verdict::of(&package))
}

impl Verdict {
    fn of(package: &OpenPackage) -> Self {
        Self {
            pipeline: package.listing().name.clone(),
            digest: package.digest().to_string(),
            signed: signed(package.signer()),
            signer: describe_signer(package.signer()),
            warning: package.warning().map(str::to_owned),
        }
    }

    /// The exit code: what is let through is not verified.
    fn code(&self) -> u8 {
        u8::from(self.warning.is_some())
    }

    fn write_text(&self, label: &str, console: &mut Console<'_>) -> io::Result<()> {
        if let Some(warning) = &self.warning {
            warn(console.err, console.err_style, false, label, &format!("let through by the policy: {warning}"))?;
        }
        let paint = console.out_style.paint;
        let verdict = match self.warning {
            None => paint.tone(Tone::Good, "ok:"),
            Some(_) => paint.tone(Tone::Warning, "not verified:"),
        };
        writeln!(console.out, "{verdict} {label}: \"{}\" {}, {}", self.pipeline, self.digest, self.signed)
    }

    fn describe(&self, label: &str) -> Value {
        json!({
            "file": label,
            "verified": self.warning.is_none(),
            "pipeline": self.pipeline,
            "digest": self.digest,
            "signer": self.signer,
            "warning": self.warning,
        })
    }
}

/// Who signed a package, in words.
pub(super) fn signed(signer: Option<&Signer>) -> String {
    match signer {
        Some(signer) if signer.is_own => format!("signed by you with the key \"{}\"", signer.name),
        Some(signer) => format!("signed by {}", signer.name),
        None => "not signed by anybody you trust".to_owned(),
    }
}
