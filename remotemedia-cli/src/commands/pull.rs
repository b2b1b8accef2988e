//! `remotemedia pull`: a package comes from a registry into the cache, and to a file if that is wanted.

use std::path::{Path, PathBuf};

use remotemedia::describe_signer;
use remotemedia::pkg::Pulled;
use serde_json::json;

use crate::commands::verify::signed;
use crate::console::{Console, Style};
use crate::failure::{Failure, warn};
use crate::package::{self, Bar, fault};
use crate::package_args::PullArgs;

/// Pulls, and writes the package's digest, or the path of the file that was asked for.
pub(crate) fn pull(args: &PullArgs, console: &mut Console<'_>) -> Result<u8, Failure> {
    let shown = if args.json { Style::default() } else { console.err_style };
    let mut pulled = package::pull(Path::new(&args.reference), args.refresh, args.plain_http, shown)?;
    if let Some(warning) = pulled.package.warning() {
        let message = format!("let through by the policy: {warning}");
        warn(console.err, console.err_style, args.json, &args.reference, &message).map_err(Failure::write)?;
    }
    let file = args.output.as_deref().map(|output| save(&mut pulled, output, shown)).transpose()?;
    let file = file.as_ref().map(|file| file.display().to_string());
    let package = pulled.package.package();
    let written = if args.json {
        let described = json!({
            "reference": pulled.reference.to_string(),
            "pipeline": package.name(),
            "digest": package.digest().to_string(),
            "signer": describe_signer(pulled.package.signer()),
            "was_known": pulled.was_known,
            "resolved_at": pulled.resolved_at(),
            "file": file,
        });
        writeln!(console.out, "{described}")
    } else {
        let described = || format!("{}  {}, {}", package.digest(), package.name(), signed(pulled.package.signer()));
        writeln!(console.out, "{}", file.unwrap_or_else(described))
    };
    written.map(|()| 0).map_err(Failure::write)
}

fn save(pulled: &mut Pulled, output: &Path, shown: Style) -> Result<PathBuf, Failure> {
    let bar = Bar::new(shown, "writing", pulled.package.package().content_bytes());
    let path = pulled.package.save(output, &mut |count| bar.advance(count)).map_err(fault)?;
    Ok(path.strip_prefix(".").map(Path::to_owned).unwrap_or(path))
}
