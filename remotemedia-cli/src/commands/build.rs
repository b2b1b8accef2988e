//! `remotemedia build`: packs a pipeline with its models into one signed file.

use std::path::Path;
use std::time::SystemTime;

use remotemedia::manifest::Manifest;
use remotemedia::pkg::{self, Additions, Digest, Draft, Provenance, SigningKey};
use remotemedia::{names_packages, stand_in_for_python};
use serde_json::{Value, json};

use crate::console::{Console, Style};
use crate::failure::{Failure, Fault, warn};
use crate::host::Host;
use crate::open::{Source, open_to_pack};
use crate::package::{Bar, Smaller, fault, fault_in, is_package, user_packages};
use crate::package_args::BuildArgs;

/// Packs, signs and writes.
pub(crate) fn build(args: &BuildArgs, host: &dyn Host, console: &mut Console<'_>) -> Result<u8, Failure> {
    if is_package(&args.file) {
        return Err(Failure::new("usage", format!("{} is a package already", args.file.display())));
    }
    let runtime = super::runtime(host)?;
    let mut source = open_to_pack(&args.file, &args.args, &runtime, host)?;
    for warning in &source.opened.warnings {
        warn(console.err, console.err_style, args.json, &source.label, warning).map_err(Failure::write)?;
    }
    let shown = if args.json { Style::default() } else { console.err_style };
    let (mut draft, smaller) = pack(&mut source, args.optimize, shown, host)?;
    if let Some(smaller) = smaller.as_ref().filter(|_| !args.json) {
        smaller.describe(console.err).map_err(Failure::write)?;
    }
    let key = signing_key(args, console)?;
    let provenance = Provenance { source: provenance_source(&source), built_at: SystemTime::now() };
    draft.sign(&key, &provenance).map_err(fault)?;
    let bar = Bar::new(shown, "writing", draft.content_bytes());
    let path = draft.save(&args.output, &mut |count| bar.advance(count)).map_err(fault)?;
    drop(bar);
    let path = path.strip_prefix(".").unwrap_or(&path);
    let written = if args.json {
        let mut described = describe(&draft, &key, path);
        if let Some(smaller) = smaller {
            described["optimized"] = smaller.to_json();
        }
        writeln!(console.out, "{described}")
    } else {
        writeln!(console.out, "{}", path.display())
    };
    written.map(|()| 0).map_err(Failure::write)
}

/// The package, and what became of its models if they were to be made smaller.
fn pack(
    source: &mut Source,
    optimize: bool,
    shown: Style,
    host: &dyn Host,
) -> Result<(Draft, Option<Smaller>), Failure> {
    let resolved = resolved(source)?;
    let label = &source.label;
    let manifest = Manifest::parse(&source.opened.manifest).map_err(|error| Fault::of(&error, host).in_file(label))?;
    let folder = source.path.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
    let wrong = |error: pkg::Error| Failure::from(Fault::new(error.kind().name(), error.message()).in_file(label));
    let attached = std::mem::take(&mut source.attached);
    let mut additions = Additions { attached, resolved, ..Additions::default() };
    let registry = &source.opened.registry;
    let smaller = if optimize {
        let models = pkg::models(&manifest, registry, folder, &additions).map_err(wrong)?;
        Some(Smaller::make(&models, host, shown)?)
    } else {
        None
    };
    additions.substitutes = smaller.as_ref().map(|smaller| smaller.substitutes.clone()).unwrap_or_default();
    let bar = Bar::counting(shown, "reading");
    let draft = pkg::pack_with(&manifest, registry, folder, additions, &mut |count| bar.advance(count));
    Ok((draft.map_err(wrong)?, smaller))
}

/// The manifest with the pipelines of packages that are nodes of it in their places, if there are any. They stay outside
/// of the package; that they are there and fit is checked all the same, and those in registries get named by digest.
fn resolved(source: &mut Source) -> Result<Option<Manifest>, Failure> {
    if let Some(resolved) = &source.resolved {
        return parsed(&source.label, serde_json::from_str(resolved).unwrap_or(Value::Null)).map(Some);
    }
    let mut manifest = serde_json::from_str(&source.opened.manifest).unwrap_or(Value::Null);
    if !names_packages(&manifest) {
        return Ok(None);
    }
    let file = source.path.clone().unwrap_or_default();
    let (user, folder) = (user_packages()?.trust_native(true), file.parent().unwrap_or(Path::new("")));
    let resolved = user.resolve(manifest.clone(), folder, &source.opened.registry);
    let resolved = resolved.map_err(|error| fault_in(&file, error))?;
    if resolved.pin(&mut manifest) {
        source.opened.manifest = manifest.to_string();
    }
    let manifest = parsed(&file.display().to_string(), resolved.manifest)?;
    stand_in_for_python(&manifest, &mut source.opened.registry);
    Ok(Some(manifest))
}

fn parsed(label: &str, manifest: Value) -> Result<Manifest, Failure> {
    let wrong = |error: remotemedia::Error| Fault::new("pipeline", error.to_string()).in_file(label);
    Manifest::from_value(manifest).map_err(|error| wrong(error).into())
}

/// The key to sign with. The default one is made on first use.
fn signing_key(args: &BuildArgs, console: &mut Console<'_>) -> Result<SigningKey, Failure> {
    let (key, is_new) = user_packages()?.signing_key(&args.key).map_err(fault)?;
    if is_new && !args.json {
        let (name, id) = (&args.key, key.public().id());
        let note = format!("made the signing key \"{name}\" ({id}); what it signs is trusted on this machine");
        writeln!(console.err, "{note}").map_err(Failure::write)?;
    }
    Ok(key)
}

/// The name of the file without its folder, which is nobody's business, and the digest of what is in it.
fn provenance_source(source: &Source) -> Option<(String, Digest)> {
    let path = source.path.as_ref()?;
    let content = std::fs::read(path).ok()?;
    Some((path.file_name()?.to_string_lossy().into_owned(), Digest::of(&content)))
}

fn describe(draft: &Draft, key: &SigningKey, path: &Path) -> Value {
    let files = draft.files().iter().map(|file| json!({"path": file.path.as_str(), "len_bytes": file.len_bytes}));
    json!({
        "file": path.display().to_string(),
        "pipeline": draft.name(),
        "digest": draft.digest().to_string(),
        "key": key.public().id().to_string(),
        "files": files.collect::<Vec<_>>(),
    })
}
