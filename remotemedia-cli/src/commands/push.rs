//! `remotemedia push`: a package goes to a registry.

use remotemedia::pkg::Package;
use serde_json::json;

use crate::console::{Console, Style};
use crate::failure::{Failure, Fault, warn};
use crate::package;
use crate::package_args::PushArgs;

/// Pushes, and writes the reference that leads to the package whatever becomes of the tag.
pub(crate) fn push(args: &PushArgs, console: &mut Console<'_>) -> Result<u8, Failure> {
    let label = args.file.display().to_string();
    let mut package = Package::open_path(&args.file)
        .map_err(|error| Fault::new(error.kind().name(), error.message()).in_file(&label))?;
    if package.signature_count() == 0 {
        let warning = "the package is not signed; whoever pulls it refuses it unless a policy lets it through";
        warn(console.err, console.err_style, args.json, &label, warning).map_err(Failure::write)?;
    }
    let shown = if args.json { Style::default() } else { console.err_style };
    let (reference, pushed) = package::push(&mut package, &args.reference, args.plain_http, shown)?;
    let pinned = format!("{}@{}", reference.place(), pushed.digest);
    let written = if args.json {
        let described = json!({
            "reference": reference.to_string(),
            "pinned": pinned,
            "pipeline": package.name(),
            "digest": pushed.digest.to_string(),
            "uploaded_bytes": pushed.uploaded_bytes,
        });
        writeln!(console.out, "{described}")
    } else {
        writeln!(console.out, "{pinned}")
    };
    written.map(|()| 0).map_err(Failure::write)
}
