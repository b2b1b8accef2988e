//! `remotemedia nodes`: lists the node types, or shows one of them.

use std::io;

use remotemedia::payload::PayloadKind;
use remotemedia::spec::{NodeSpec, PortSpec};
use remotemedia::{Registry, describe_node, describe_nodes};
use serde_json::Value;

use crate::args::NodesArgs;
use crate::console::{Console, wrap};
use crate::failure::Failure;
use crate::host::Host;
use crate::paint::{Paint, Tone};
use crate::schema::{Param, params};

/// Lists every node type, or shows the one that was named.
pub(crate) fn nodes(args: &NodesArgs, host: &dyn Host, console: &mut Console<'_>) -> Result<u8, Failure> {
    let runtime = super::runtime(host)?;
    let registry = runtime.registry();
    let written = match &args.name {
        None if args.json => writeln!(console.out, "{}", Value::from(describe_nodes(registry))),
        None => list(registry, console),
        Some(name) => {
            let node_type = registry.node_type(name).ok_or_else(|| unknown(name, registry))?;
            if args.json {
                writeln!(console.out, "{}", describe_node(&node_type.spec))
            } else {
                show(&node_type.spec, console)
            }
        }
    };
    written.map(|()| 0).map_err(Failure::write)
}

fn list(registry: &Registry, console: &mut Console<'_>) -> io::Result<()> {
    let specs = registry.specs();
    let width = specs.iter().map(|spec| spec.node_type.chars().count()).max().unwrap_or(0);
    let style = console.out_style;
    for spec in &specs {
        let indent = " ".repeat(width + 2);
        let summary = wrap(&spec.summary, style.columns().saturating_sub(width + 2).max(20), &indent);
        let name = style.paint.tone(Tone::Strong, &format!("{:width$}", spec.node_type));
        writeln!(console.out, "{}", format!("{name}  {summary}").trim_end())?;
    }
    Ok(())
}

fn show(spec: &NodeSpec, console: &mut Console<'_>) -> io::Result<()> {
    let (paint, columns) = (console.out_style.paint, console.out_style.columns().min(100));
    let out = &mut *console.out;
    writeln!(out, "{}", paint.tone(Tone::Strong, &spec.node_type))?;
    if !spec.summary.is_empty() {
        writeln!(out, "  {}", wrap(&spec.summary, columns - 2, "  "))?;
    }
    writeln!(out)?;
    let mut fact = |name: &str, value: String| match value.is_empty() {
        true => Ok(()),
        false => writeln!(out, "  {} {value}", paint.tone(Tone::Faint, &format!("{name:8}"))),
    };
    fact("also", spec.aliases.join(", "))?;
    fact("backend", format!("{}, {} lane", spec.backend, spec.lane.name()))?;
    fact(
        "takes",
        if spec.source { "nothing, it is a source".to_owned() } else { ports(&spec.inputs, spec.extra_inputs) },
    )?;
    fact("gives", ports(&spec.outputs, spec.extra_outputs))?;
    let params = params(&spec.params);
    writeln!(out, "\n  {}", if params.is_empty() { "no parameters" } else { "parameters" })?;
    params.iter().try_for_each(|param| write_param(param, out, paint, columns))
}

fn write_param(param: &Param, out: &mut dyn io::Write, paint: Paint, columns: usize) -> io::Result<()> {
    let rest = match (&param.default, param.required) {
        (Some(default), _) => format!(" = {default}"),
        (None, true) => ", required".to_owned(),
        (None, false) => ", optional".to_owned(),
    };
    writeln!(out, "    {}: {}{rest}", paint.tone(Tone::Strong, &param.name), param.takes)?;
    if param.doc.is_empty() {
        return Ok(());
    }
    writeln!(out, "        {}", wrap(&param.doc, columns - 8, "        "))
}

/// Ports and what they carry, in one line.
fn ports(fixed: &[PortSpec], extra: Option<PayloadKind>) -> String {
    let port = |port: &PortSpec| {
        let optional = if port.optional { ", optional" } else { "" };
        format!("{} ({}{optional})", port.name, port.kind)
    };
    let mut all: Vec<String> = fixed.iter().map(port).collect();
    all.extend(extra.map(|kind| format!("any further ports ({kind})")));
    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
}

fn unknown(name: &str, registry: &Registry) -> Failure {
    if let Some(feature) = registry.missing_feature(name) {
        let message =
            format!("node type {name:?} is not part of this build; switch on the cargo feature \"{feature}\"");
        return Failure::new("graph", message);
    }
    let likeness = |known: &&str| strsim::normalized_damerau_levenshtein(&name.to_lowercase(), &known.to_lowercase());
    let names = registry.names();
    let closest =
        names.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b))).filter(|known| likeness(known) >= 0.6);
    let hint = closest.map(|known| format!("did you mean \"{known}\"? ")).unwrap_or_default();
    Failure::new("graph", format!("node type {name:?} is not known; {hint}`remotemedia nodes` lists all that are"))
}
