//! `remotemedia inspect` of a package: what is in it, who signed it, and its graph if that can be believed.

use std::io::{Read, Seek};
use std::path::Path;

use remotemedia::pkg::Package;
use remotemedia::{Listing, OpenPackage, PythonNeeds};
use serde_json::{Value, json};

use crate::args::{Format, InspectArgs};
use crate::commands::verify::signed;
use crate::console::Console;
use crate::failure::{Failure, Fault};
use crate::host::Host;
use crate::open::{Loaded, load_to_look_at};
#[cfg(feature = "registry")]
use crate::package::find;
use crate::package::{authenticate, check, open_fault};

/// Shows a package as text or JSON. One that is not to be trusted is shown without its pipeline, and with the reason.
pub(super) fn inspect_package(
    args: &InspectArgs,
    form: (Format, Option<&Path>),
    host: &dyn Host,
    console: &mut Console<'_>,
) -> Result<u8, Failure> {
    let text = match authenticate(&args.file) {
        Ok(package) => trusted(&args.file, &check(&args.file, package, args.fetch)?, form.0, host)?,
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
    let text = match crate::package::open_to_look_at(&args.file, args.fetch, console.err_style) {
        Ok(package) => trusted(&args.file, &package, form.0, host)?,
        Err(Failure::Fault(refused)) => {
            // Where it cannot even be found, that is what was wrong before.
            let found = find(&args.file).map_err(|_| Failure::Fault(refused.clone()))?;
            refused_text(&found.package, &refused, Some(&found.resolved_at()), form.0)
        }
        Err(exit) => return Err(exit),
    };
    super::inspect::write(&format!("{}\n", text.trim_end()), form.1, console)
}

fn trusted(file: &Path, package: &OpenPackage, format: Format, host: &dyn Host) -> Result<String, Failure> {
    let runtime = super::runtime(host)?;
    if format == Format::Json {
        let described = package.inspect(runtime.registry()).map_err(|error| open_fault(file, error, host))?;
        return Ok(described.to_string());
    }
    let loaded = load_to_look_at(file, package, &runtime, host)?;
    let trust = format!("{}{}", signed_and_built(package), needs(&loaded));
    let text = text_of(package.listing(), &trust, package.resolved_at());
    Ok(format!("{text}\n{}", loaded.pipeline.inspect().to_text()))
}

fn refused_text<F: Read + Seek>(
    package: &Package<F>,
    refused: &Fault,
    resolved_at: Option<&str>,
    format: Format,
) -> String {
    let listing = Listing::of(package);
    match format {
        Format::Json => refused_json(&listing, refused, resolved_at),
        _ => {
            let verdict = if is_verdict(refused) { "no" } else { "not known" };
            text_of(&listing, &format!("trusted   {verdict}: {}", refused.message()), resolved_at)
        }
    }
}

/// As [`OpenPackage::inspect`], for a package that nothing more is said of.
fn refused_json(listing: &Listing, refused: &Fault, resolved_at: Option<&str>) -> String {
    let mut package = listing.to_json();
    package["python"] = Value::Null;
    package["trusted"] = if is_verdict(refused) { false.into() } else { Value::Null };
    package["signer"] = Value::Null;
    package["error"] = refused.to_json();
    package["resolved_at"] = resolved_at.into();
    json!({"package": package, "graph": null}).to_string()
}

/// Whether the package was found wanting; otherwise it could not be verified, be it trusted or not.
fn is_verdict(refused: &Fault) -> bool {
    let kind = refused.kind();
    !kind.starts_with("registry-") && !["io", "trust-file", "cache-busy"].contains(&kind)
}

fn text_of(package: &Listing, trust: &str, resolved_at: Option<&str>) -> String {
    let mut text = format!("package   {}\ndigest    {}\n{trust}\n", package.name, package.digest);
    if let Some(time) = resolved_at {
        text.push_str(&format!("resolved  {time}\n"));
    }
    text.push_str("files\n");
    for file in &package.files {
        text.push_str(&format!("  {:>12}  {}\n", file.len_bytes, file.path));
    }
    text
}

/// What the Python nodes need, as a line of text if there are any.
fn needs(loaded: &Loaded) -> String {
    let Some(needs) = loaded.resolved.as_ref().map(PythonNeeds::of).filter(|needs| !needs.versions.is_empty()) else {
        return String::new();
    };
    let pythons = needs.versions.iter().map(|version| format!("Python {version}"));
    let needed = needs.requires.iter().map(|(name, version)| format!("{name} {version}"));
    format!("\nneeds     {}", pythons.chain(needed).collect::<Vec<_>>().join(", "))
}

fn signed_and_built(package: &OpenPackage) -> String {
    let provenance = package.signer().and_then(|signer| signer.provenance.as_ref());
    let built = provenance.and_then(|made| made.pointer("/runDetails/metadata/finishedOn")?.as_str());
    let built = built.map(|time| format!("\nbuilt     {time}")).unwrap_or_default();
    let warning = package.warning().map(|warning| format!(" (let through by the policy: {warning})"));
    format!("trusted   {}{}{built}", signed(package.signer()), warning.unwrap_or_default())
}
