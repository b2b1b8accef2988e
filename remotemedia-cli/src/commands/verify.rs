//! `remotemedia verify`: tells who signed a package, and that nothing in it was changed.

use std::io::{self, Read, Seek};
use std::path::Path;

use remotemedia::pkg::Authentic;
use serde_json::{Value, json};

use crate::console::{Console, Style};
use crate::failure::{Failure, warn};
use crate::package::{self, Bar};
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
    #[cfg(feature = "registry")]
    if package::is_remote(file) {
        return package::pull(file, false, false, shown).map(|pulled| Verdict::of(&pulled.package));
    }
    let mut package = package::authenticate(file)?;
    let bar = Bar::new(shown, "verifying", package.package().content_bytes());
    package::check(file, &mut package, &bar).map(|_| Verdict::of(&package))
}

impl Verdict {
    fn of<F: Read + Seek>(package: &Authentic<F>) -> Self {
        Self {
            pipeline: package.package().name().to_owned(),
            digest: package.package().digest().to_string(),
            signed: signed(package),
            signer: signer(package),
            warning: package.warning().map(ToString::to_string),
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
pub(super) fn signed<F: Read + Seek>(package: &Authentic<F>) -> String {
    match package.signer() {
        Some(signer) if signer.is_own => format!("signed by you with the key \"{}\"", signer.name),
        Some(signer) => format!("signed by {}", signer.name),
        None => "not signed by anybody you trust".to_owned(),
    }
}

/// Who signed a package, for programs.
pub(super) fn signer<F: Read + Seek>(package: &Authentic<F>) -> Value {
    let described = |signer: &remotemedia::pkg::Signer| {
        json!({
            "name": signer.name,
            "key": signer.key.to_string(),
            "own": signer.is_own,
            "provenance": signer.provenance,
        })
    };
    package.signer().map_or(Value::Null, described)
}
