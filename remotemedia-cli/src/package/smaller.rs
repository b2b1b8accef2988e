//! Makes the models of a pipeline smaller before they are packed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use indicatif::HumanBytes;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::console::Style;
use crate::failure::Failure;
use crate::host::{Host, Optimized};
use crate::open::refused;
use crate::package::Bar;

/// Smaller models in a folder that goes with them, and what became of each one.
pub(crate) struct Smaller {
    /// The file that stands for each model that could be made smaller.
    pub(crate) substitutes: BTreeMap<PathBuf, PathBuf>,
    outcomes: Vec<(PathBuf, Optimized)>,
    _folder: TempDir,
}

impl Smaller {
    /// Makes the models smaller, as far as `host` can and this runtime runs what comes of it.
    pub(crate) fn make(models: &BTreeSet<PathBuf>, host: &dyn Host, shown: Style) -> Result<Self, Failure> {
        let unwritable = |error: io::Error| Failure::new("io", format!("cannot make a temporary folder: {error}"));
        let folder = TempDir::new().map_err(unwritable)?;
        let mut smaller = Self { substitutes: BTreeMap::new(), outcomes: Vec::new(), _folder: folder };
        for (number, model) in models.iter().enumerate() {
            let bar = Bar::waiting(shown, format!("optimizing {}", model.display()));
            let target = smaller._folder.path().join(format!("{number}.onnx"));
            let outcome = attempt(model, &target, host)?;
            drop(bar);
            if matches!(outcome, Optimized::Smaller { .. }) {
                smaller.substitutes.insert(model.clone(), target);
            }
            smaller.outcomes.push((model.clone(), outcome));
        }
        Ok(smaller)
    }

    /// Says what became of each model, a line each.
    pub(crate) fn describe(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.outcomes.is_empty() {
            return writeln!(out, "the pipeline has no models to optimize");
        }
        self.outcomes.iter().try_for_each(|(model, outcome)| match outcome {
            Optimized::Smaller { method, bytes_before, bytes_after, error } => writeln!(
                out,
                "{}: {} became {} ({method}), outputs are off by {:.2} %",
                model.display(),
                HumanBytes(*bytes_before),
                HumanBytes(*bytes_after),
                100.0 * error
            ),
            Optimized::Kept(reason) => writeln!(out, "{}: kept as it is: {reason}", model.display()),
        })
    }

    /// As [`describe`](Self::describe), for programs.
    pub(crate) fn to_json(&self) -> Value {
        let described = self.outcomes.iter().map(|(model, outcome)| match outcome {
            Optimized::Smaller { method, bytes_before, bytes_after, error } => json!({
                "file": model.display().to_string(),
                "method": method,
                "bytes_before": bytes_before,
                "bytes_after": bytes_after,
                "error": error,
            }),
            Optimized::Kept(reason) => json!({"file": model.display().to_string(), "kept": reason}),
        });
        described.collect()
    }
}

fn attempt(model: &Path, target: &Path, host: &dyn Host) -> Result<Optimized, Failure> {
    let outcome = host.optimize(model, target).map_err(|error| refused(error, &model.display().to_string()))?;
    if matches!(outcome, Optimized::Smaller { .. })
        && let Err(error) = runs(target)
    {
        return Ok(Optimized::Kept(format!("the smaller one cannot be run here: {error}")));
    }
    Ok(outcome)
}

#[cfg(feature = "onnx")]
fn runs(model: &Path) -> Result<(), String> {
    remotemedia::nodes::onnx::check(model).map_err(|error| error.to_string())
}

#[cfg(not(feature = "onnx"))]
fn runs(_model: &Path) -> Result<(), String> {
    Err("this build has no ONNX nodes".to_owned())
}
