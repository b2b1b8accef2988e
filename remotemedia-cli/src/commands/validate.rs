//! `remotemedia validate`: checks pipelines without running them.

use std::io;
use std::path::Path;

use remotemedia::Runtime;
use serde_json::{Value, json};

use crate::args::ValidateArgs;
use crate::console::Console;
use crate::failure::{Failure, Fault, warn};
use crate::host::Host;
use crate::open::{Loaded, open};
use crate::paint::Tone;

/// Checks every file; the exit code is 1 if one has a mistake.
pub(crate) fn validate(args: &ValidateArgs, host: &dyn Host, console: &mut Console<'_>) -> Result<u8, Failure> {
    let runtime = super::runtime(host)?;
    let mut code = 0;
    for file in &args.files {
        code = code.max(validate_file(file, args, &runtime, host, console)?);
    }
    Ok(code)
}

fn validate_file(
    file: &Path,
    args: &ValidateArgs,
    runtime: &Runtime,
    host: &dyn Host,
    console: &mut Console<'_>,
) -> Result<u8, Failure> {
    match open(file, &[], args.fetch, runtime, host) {
        Ok(loaded) => {
            let written =
                if args.json { write_json(&describe(&loaded), console) } else { write_text(&loaded, console) };
            written.map(|()| 0).map_err(Failure::write)
        }
        Err(Failure::Fault(fault)) => {
            let written = if args.json {
                write_json(
                    &json!({"file": file.display().to_string(), "valid": false, "error": fault.to_json()}),
                    console,
                )
            } else {
                write_fault(&fault, console)
            };
            written.map(|()| 1).map_err(Failure::write)
        }
        Err(exit) => Err(exit),
    }
}

fn write_text(loaded: &Loaded, console: &mut Console<'_>) -> io::Result<()> {
    for warning in loaded.warnings() {
        warn(console.err, console.err_style, false, &loaded.label, warning)?;
    }
    let graph = loaded.pipeline.graph();
    let ok = console.out_style.paint.tone(Tone::Good, "ok:");
    let (nodes, connections) = (count(graph.nodes.len(), "node"), count(graph.edges.len(), "connection"));
    writeln!(console.out, "{ok} {}: pipeline \"{}\", {nodes}, {connections}", loaded.label, graph.name)
}

fn write_fault(fault: &Fault, console: &mut Console<'_>) -> io::Result<()> {
    console.out.flush()?;
    fault.write_text(console.err, console.err_style)
}

fn write_json(value: &Value, console: &mut Console<'_>) -> io::Result<()> {
    writeln!(console.out, "{value}")
}

fn describe(loaded: &Loaded) -> Value {
    let graph = loaded.pipeline.graph();
    json!({
        "file": loaded.label,
        "valid": true,
        "pipeline": *graph.name,
        "nodes": graph.nodes.len(),
        "connections": graph.edges.len(),
        "inputs": graph.inputs.iter().map(|port| &*port.name).collect::<Vec<_>>(),
        "outputs": graph.outputs.iter().map(|port| &*port.name).collect::<Vec<_>>(),
        "warnings": loaded.warnings().collect::<Vec<_>>(),
    })
}

fn count(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
