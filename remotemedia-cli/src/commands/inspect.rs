//! `remotemedia inspect`: shows the graph of a pipeline.

use std::path::Path;

use remotemedia::Pipeline;

use crate::args::{Format, InspectArgs};
use crate::commands::inspect_package::inspect_package;
#[cfg(feature = "registry")]
use crate::commands::inspect_package::inspect_remote;
use crate::console::Console;
use crate::failure::{Failure, warn};
use crate::host::Host;
use crate::open::open;
use crate::package::is_package;
#[cfg(feature = "registry")]
use crate::package::is_remote;

/// Writes the graph in the form that was asked for.
pub(crate) fn inspect(args: &InspectArgs, host: &dyn Host, console: &mut Console<'_>) -> Result<u8, Failure> {
    if matches!(form(args), (Format::Text | Format::Json, _)) {
        #[cfg(feature = "registry")]
        if is_remote(&args.file) {
            return inspect_remote(args, form(args), host, console);
        }
        if is_package(&args.file) {
            return inspect_package(args, form(args), host, console);
        }
    }
    let runtime = super::runtime(host)?;
    let loaded = open(&args.file, &args.args, args.fetch, &runtime, host)?;
    let (format, output) = form(args);
    for warning in loaded.warnings() {
        warn(console.err, console.err_style, false, &loaded.label, warning).map_err(Failure::write)?;
    }
    write(&written(&loaded.pipeline, format), output, console)
}

/// Writes what was asked for to a file, or to standard output.
pub(super) fn write(text: &str, output: Option<&Path>, console: &mut Console<'_>) -> Result<u8, Failure> {
    match output {
        Some(path) => std::fs::write(path, text)
            .map_err(|error| Failure::new("output", format!("cannot write {}: {error}", path.display())))?,
        None => write!(console.out, "{text}").map_err(Failure::write)?,
    }
    Ok(0)
}

/// The form, and the file if there is one.
fn form(args: &InspectArgs) -> (Format, Option<&Path>) {
    let output = args.svg.as_deref().or(args.output.as_deref());
    let by_ending = || match output?.extension()?.to_str()? {
        "svg" => Some(Format::Svg),
        "json" => Some(Format::Json),
        "dot" | "gv" => Some(Format::Dot),
        "mmd" | "mermaid" => Some(Format::Mermaid),
        _ => None,
    };
    let asked = match args.svg {
        Some(_) => Some(Format::Svg),
        None if args.json => Some(Format::Json),
        None => args.format,
    };
    (asked.or_else(by_ending).unwrap_or(Format::Text), output)
}

/// The graph in a form, with an end of line.
fn written(pipeline: &Pipeline, format: Format) -> String {
    let graph = pipeline.inspect();
    let mut text = match format {
        Format::Text => graph.to_text(),
        Format::Json => graph.to_json(),
        Format::Dot => graph.to_dot(),
        Format::Mermaid => graph.to_mermaid(),
        Format::Svg => graph.to_svg(),
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}
