//! `remotemedia inspect` of a package: what is in it, who signed it, and its graph if that can be believed.

use std::fs::File;
use std::path::Path;

use remotemedia::pkg::{Authentic, Package};
use serde_json::{Value, json};

use crate::args::{Format, InspectArgs};
use crate::commands::verify::{signed, signer};
use crate::console::Console;
use crate::failure::{Failure, Fault};
use crate::host::Host;
use crate::open::open_package;
use crate::package::{authenticate, fault};

/// Shows a package as text or JSON. One that is not to be trusted is shown without its pipeline, and with the reason.
pub(super) fn inspect_package(
    args: &InspectArgs,
    form: (Format, Option<&Path>),
    host: &dyn Host,
    console: &mut Console<'_>,
) -> Result<u8, Failure> {
    let (format, output) = form;
    let text = match authenticate(&args.file) {
        Ok(mut package) => {
            let runtime = super::runtime(host)?;
            let graph = open_package(&args.file, &mut package, &runtime, host)?.pipeline.inspect();
            match format {
                Format::Json => {
                    let graph = serde_json::from_str(&graph.to_json()).expect("a graph's JSON is JSON");
                    json_of(package.package(), Ok(&package), graph)
                }
                _ => format!("{}\n{}", text_of(package.package(), &signed_and_built(&package)), graph.to_text()),
            }
        }
        Err(Failure::Fault(refused)) => {
            let package = Package::open_path(&args.file).map_err(fault)?;
            match format {
                Format::Json => json_of(&package, Err(&refused), Value::Null),
                _ => text_of(&package, &format!("trusted   no: {}", refused.message())),
            }
        }
        Err(exit) => return Err(exit),
    };
    super::inspect::write(&format!("{}\n", text.trim_end()), output, console)
}

fn text_of(package: &Package<File>, trust: &str) -> String {
    let mut text = format!("package   {}\ndigest    {}\n{trust}\nfiles\n", package.name(), package.digest());
    for file in package.files() {
        text.push_str(&format!("  {:>12}  {}\n", file.len_bytes, file.path));
    }
    text
}

fn signed_and_built(package: &Authentic) -> String {
    let provenance = package.signer().and_then(|signer| signer.provenance.as_ref());
    let built = provenance.and_then(|made| made.pointer("/runDetails/metadata/finishedOn")?.as_str());
    let built = built.map(|time| format!("\nbuilt     {time}")).unwrap_or_default();
    let warning = package.warning().map(|warning| format!(" (let through by the policy: {warning})"));
    format!("trusted   {}{}{built}", signed(package), warning.unwrap_or_default())
}

fn json_of(package: &Package<File>, trust: Result<&Authentic, &Fault>, graph: Value) -> String {
    let file = |file: &remotemedia::pkg::PackedFile| json!({"path": file.path.as_str(), "digest": file.digest.to_string(), "len_bytes": file.len_bytes});
    json!({
        "package": {
            "pipeline": package.name(),
            "digest": package.digest().to_string(),
            "len_bytes": package.len_bytes(),
            "files": package.files().iter().map(file).collect::<Vec<_>>(),
            "trusted": trust.is_ok_and(|package| package.warning().is_none()),
            "signer": trust.map_or(Value::Null, signer),
            "error": trust.err().map(Fault::to_json),
        },
        "graph": graph,
    })
    .to_string()
}
