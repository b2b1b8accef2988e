//! `remotemedia inspect` of a package: what is in it, who signed it, and its graph if that can be believed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};
use std::path::Path;

#[cfg(feature = "registry")]
use remotemedia::pkg::Pulled;
use remotemedia::pkg::{Authentic, Package, PythonModule};
use serde_json::{Value, json};

use crate::args::{Format, InspectArgs};
use crate::commands::verify::{signed, signer};
use crate::console::Console;
use crate::failure::{Failure, Fault};
use crate::host::Host;
#[cfg(feature = "registry")]
use crate::open::load_to_look_at;
use crate::open::{Loaded, open_package};
use crate::package::authenticate;
#[cfg(feature = "registry")]
use crate::package::find;

/// Shows a package as text or JSON. One that is not to be trusted is shown without its pipeline, and with the reason.
pub(super) fn inspect_package(
    args: &InspectArgs,
    form: (Format, Option<&Path>),
    host: &dyn Host,
    console: &mut Console<'_>,
) -> Result<u8, Failure> {
    let text = match authenticate(&args.file) {
        Ok(mut package) => {
            let runtime = super::runtime(host)?;
            let loaded = open_package(&args.file, &mut package, args.fetch, &runtime, host)?;
            trusted(&package, &loaded, None, form.0)
        }
        Err(Failure::Fault(refused)) => {
            // Where it cannot even be opened, that is what was wrong before.
            let package = Package::open_path(&args.file).map_err(|_| Failure::Fault(refused.clone()))?;
            refused_text(&package, &refused, None, form.0)
        }
        Err(exit) => return Err(exit),
    };
    super::inspect::write(&format!("{}\n", text.trim_end()), form.1, console)
}

/// The same for a package in a registry, and since when it is known what the reference leads to.
#[cfg(feature = "registry")]
pub(super) fn inspect_remote(
    args: &InspectArgs,
    form: (Format, Option<&Path>),
    host: &dyn Host,
    console: &mut Console<'_>,
) -> Result<u8, Failure> {
    let text = match crate::package::pull(&args.file, false, false, console.err_style) {
        Ok(pulled) => {
            let (runtime, resolved_at) = (super::runtime(host)?, pulled.resolved_at());
            let Pulled { mut package, contents, .. } = pulled;
            let loaded = load_to_look_at(&args.file, &mut package, contents, args.fetch, &runtime, host)?;
            trusted(&package, &loaded, Some(&resolved_at), form.0)
        }
        Err(Failure::Fault(refused)) => {
            // Where it cannot even be found, that is what was wrong before.
            let found = find(&args.file).map_err(|_| Failure::Fault(refused.clone()))?;
            refused_text(&found.package, &refused, Some(&found.resolved_at()), form.0)
        }
        Err(exit) => return Err(exit),
    };
    super::inspect::write(&format!("{}\n", text.trim_end()), form.1, console)
}

fn trusted<F: Read + Seek>(
    package: &Authentic<F>,
    loaded: &Loaded,
    resolved_at: Option<&str>,
    format: Format,
) -> String {
    let graph = loaded.pipeline.inspect();
    match format {
        Format::Json => {
            let graph = serde_json::from_str(&graph.to_json()).expect("a graph's JSON is JSON");
            json_of(package.package(), Ok((package, loaded)), resolved_at, graph)
        }
        _ => {
            let text =
                text_of(package.package(), &format!("{}{}", signed_and_built(package), needs(loaded)), resolved_at);
            format!("{text}\n{}", graph.to_text())
        }
    }
}

fn refused_text<F: Read + Seek>(
    package: &Package<F>,
    refused: &Fault,
    resolved_at: Option<&str>,
    format: Format,
) -> String {
    match format {
        Format::Json => json_of::<F>(package, Err(refused), resolved_at, Value::Null),
        _ => {
            let verdict = if is_verdict(refused) { "no" } else { "not known" };
            text_of(package, &format!("trusted   {verdict}: {}", refused.message()), resolved_at)
        }
    }
}

/// Whether the package was found wanting; otherwise it could not be verified, be it trusted or not.
fn is_verdict(refused: &Fault) -> bool {
    let kind = refused.kind();
    !kind.starts_with("registry-") && !["io", "trust-file", "cache-busy"].contains(&kind)
}

fn text_of<F: Read + Seek>(package: &Package<F>, trust: &str, resolved_at: Option<&str>) -> String {
    let mut text = format!("package   {}\ndigest    {}\n{trust}\n", package.name(), package.digest());
    if let Some(time) = resolved_at {
        text.push_str(&format!("resolved  {time}\n"));
    }
    text.push_str("files\n");
    for file in package.files() {
        text.push_str(&format!("  {:>12}  {}\n", file.len_bytes, file.path));
    }
    text
}

/// What the Python nodes need, as a line of text if there are any.
fn needs(loaded: &Loaded) -> String {
    let pythons: BTreeSet<String> =
        loaded.python_modules().map(|module| format!("Python {}", module.python())).collect();
    if pythons.is_empty() {
        return String::new();
    }
    let needed = requirements(loaded).into_iter().map(|(name, version)| format!("{name} {version}"));
    format!("\nneeds     {}", pythons.into_iter().chain(needed).collect::<Vec<_>>().join(", "))
}

/// The same for programs.
fn python(loaded: &Loaded) -> Value {
    let modules = loaded.python_modules();
    let pythons: BTreeSet<&str> = modules.clone().map(PythonModule::python).collect();
    if pythons.is_empty() {
        return Value::Null;
    }
    let classes: Vec<&str> = modules.flat_map(PythonModule::nodes).map(|node| node.class.as_str()).collect();
    json!({"versions": pythons, "requires": requirements(loaded), "classes": classes})
}

fn requirements(loaded: &Loaded) -> BTreeMap<&str, &str> {
    let all = loaded.python_modules().flat_map(PythonModule::requires);
    all.map(|(name, version)| (name.as_str(), version.as_str())).collect()
}

fn signed_and_built<F: Read + Seek>(package: &Authentic<F>) -> String {
    let provenance = package.signer().and_then(|signer| signer.provenance.as_ref());
    let built = provenance.and_then(|made| made.pointer("/runDetails/metadata/finishedOn")?.as_str());
    let built = built.map(|time| format!("\nbuilt     {time}")).unwrap_or_default();
    let warning = package.warning().map(|warning| format!(" (let through by the policy: {warning})"));
    format!("trusted   {}{}{built}", signed(package), warning.unwrap_or_default())
}

fn json_of<F: Read + Seek>(
    package: &Package<F>,
    trust: Result<(&Authentic<F>, &Loaded), &Fault>,
    resolved_at: Option<&str>,
    graph: Value,
) -> String {
    let file = |file: &remotemedia::pkg::PackedFile| {
        let digest = file.digest.to_string();
        json!({"path": file.path.as_str(), "digest": digest, "len_bytes": file.len_bytes})
    };
    json!({
        "package": {
            "pipeline": package.name(),
            "digest": package.digest().to_string(),
            "len_bytes": package.len_bytes(),
            "files": package.files().iter().map(file).collect::<Vec<_>>(),
            "python": trust.map_or(Value::Null, |(_, loaded)| python(loaded)),
            "trusted": match trust {
                Ok((package, _)) => Some(package.warning().is_none()),
                Err(refused) => is_verdict(refused).then_some(false),
            },
            "signer": trust.map_or(Value::Null, |(package, _)| signer(package)),
            "error": trust.err().map(Fault::to_json),
            "resolved_at": resolved_at,
        },
        "graph": graph,
    })
    .to_string()
}
