//! `remotemedia cache`: the files of packages that ran here.

use remotemedia::pkg::{Cache, CachedPackage, Checked, Digest};
use serde_json::{Value, json};

use crate::console::{Console, Style};
use crate::failure::Failure;
use crate::package::{Bar, fault, home};
use crate::package_args::{CacheArgs, CacheCommand};
use crate::paint::Tone;

/// Lists, checks or empties the cache. The exit code is 1 if a file was changed.
pub(crate) fn cache(args: &CacheArgs, console: &mut Console<'_>) -> Result<u8, Failure> {
    let cache = home()?.cache();
    match args.command {
        CacheCommand::Ls { json } => list(&cache, json, console).map(|()| 0),
        CacheCommand::Clear { json } => clear(&cache, json, console).map(|()| 0),
        CacheCommand::Verify { json } => verify(&cache, json, console),
    }
}

fn list(cache: &Cache, as_json: bool, console: &mut Console<'_>) -> Result<(), Failure> {
    let packages = cache.packages().map_err(fault)?;
    if as_json {
        let packages: Value = packages.iter().map(describe).collect();
        return writeln!(console.out, "{packages}").map_err(Failure::write);
    }
    let line = |package: &CachedPackage| {
        let (digest, len_bytes, time) = (package.digest, package.len_bytes(), package.unpacked_at());
        writeln!(console.out, "{digest}  {len_bytes:>12}  {time}  {}", package.name)
    };
    packages.iter().try_for_each(line).map_err(Failure::write)
}

fn clear(cache: &Cache, as_json: bool, console: &mut Console<'_>) -> Result<(), Failure> {
    let cleared = cache.clear().map_err(fault)?;
    if as_json {
        let digests = |digests: &[Digest]| digests.iter().map(Digest::to_string).collect::<Value>();
        let described = json!({
            "removed": digests(&cleared.removed),
            "in_use": digests(&cleared.in_use),
            "freed_bytes": cleared.freed_bytes,
        });
        return writeln!(console.out, "{described}").map_err(Failure::write);
    }
    let stay = |digest: &Digest| writeln!(console.out, "in use: {digest}");
    cleared.in_use.iter().try_for_each(stay).map_err(Failure::write)?;
    let (count, freed) = (cleared.removed.len(), cleared.freed_bytes);
    writeln!(console.out, "removed: {count} packages, {freed} bytes").map_err(Failure::write)
}

fn verify(cache: &Cache, as_json: bool, console: &mut Console<'_>) -> Result<u8, Failure> {
    let total = cache.packages().map_err(fault)?.iter().map(CachedPackage::len_bytes).sum();
    let shown = if as_json { Style::default() } else { console.err_style };
    let bar = Bar::new(shown, "verifying", total);
    let found = cache.verify(&mut |count| bar.advance(count)).map_err(fault)?;
    drop(bar);
    found.iter().try_for_each(|checked| write_checked(checked, as_json, console)).map_err(Failure::write)?;
    Ok(u8::from(found.iter().any(|checked| !checked.damaged.is_empty())))
}

fn write_checked(checked: &Checked, as_json: bool, console: &mut Console<'_>) -> std::io::Result<()> {
    let damaged: Vec<&str> = checked.damaged.iter().map(|path| path.as_str()).collect();
    let package = &checked.package;
    if as_json {
        let mut described = describe(package);
        described["damaged"] = json!(damaged);
        return writeln!(console.out, "{described}");
    }
    let paint = console.out_style.paint;
    if damaged.is_empty() {
        let (ok, count) = (paint.tone(Tone::Good, "ok:"), package.file_count());
        return writeln!(console.out, "{ok} {} {}, {count} files", package.name, package.digest);
    }
    let (bad, paths) = (paint.tone(Tone::Bad, "damaged:"), damaged.join(", "));
    writeln!(console.out, "{bad} {} {}: {paths}; the next run writes them anew", package.name, package.digest)
}

fn describe(package: &CachedPackage) -> Value {
    json!({
        "pipeline": package.name,
        "digest": package.digest.to_string(),
        "len_bytes": package.len_bytes(),
        "files": package.file_count(),
        "unpacked_at": package.unpacked_at(),
    })
}
