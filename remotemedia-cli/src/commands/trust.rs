//! `remotemedia trust`: whose packages are trusted.

use std::io;
use std::path::Path;

use remotemedia::pkg::{Home, KeyId, Mode, NamedKey, Policy, PublicKey, Revoked, Rule};
use serde_json::{Value, json};

use crate::console::Console;
use crate::failure::{Failure, Fault};
use crate::package::{fault, home};
use crate::package_args::{ModeArg, PolicyArgs, TrustArgs, TrustCommand};

/// Changes or lists what is trusted.
pub(crate) fn trust(args: &TrustArgs, console: &mut Console<'_>) -> Result<u8, Failure> {
    let home = home()?;
    match &args.command {
        TrustCommand::Add { file, name, json } => add(&home, file, name.as_deref(), *json, console)?,
        TrustCommand::Rm { name, json } => {
            let id = home.distrust_key(name).map_err(fault)?;
            let text = format!("no longer trusted: {id}  {name}");
            tell(&text, json!({"name": name, "id": id.to_string()}), *json, console)?;
        }
        TrustCommand::Ls { json } => list(&home, *json, console)?,
        TrustCommand::Policy(args) => policy(&home, args, console)?,
        TrustCommand::Revoke { what, reason, json } => revoke(&home, what, reason, *json, console)?,
    }
    Ok(0)
}

/// Says what was done.
fn tell(text: &str, described: Value, as_json: bool, console: &mut Console<'_>) -> Result<(), Failure> {
    match as_json {
        true => writeln!(console.out, "{described}"),
        false => writeln!(console.out, "{text}"),
    }
    .map_err(Failure::write)
}

/// Trusts a key or authorities, told apart by what is in the file.
fn add(home: &Home, file: &Path, name: Option<&str>, as_json: bool, console: &mut Console<'_>) -> Result<(), Failure> {
    let label = file.display().to_string();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Fault::new("io", format!("cannot read it: {error}")).in_file(&label))?;
    let wrong = |error: remotemedia::pkg::Error| -> Failure {
        Fault::new(error.kind().name(), error.message()).in_file(&label).into()
    };
    if text.trim_start().starts_with('{') {
        let count = home.trust_authorities(&text).map_err(wrong)?;
        let text = format!("trusted: {count} certificate authorities");
        return tell(&text, json!({"authorities": count}), as_json, console);
    }
    let key = PublicKey::from_pem(&text).map_err(wrong)?;
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let name = name.unwrap_or(&stem);
    home.trust_key(name, &key).map_err(wrong)?;
    let id = key.id().to_string();
    tell(&format!("trusted: {id}  {name}"), json!({"name": name, "id": id}), as_json, console)
}

fn list(home: &Home, as_json: bool, console: &mut Console<'_>) -> Result<(), Failure> {
    let trust = home.trust().map_err(fault)?;
    let (own, keys) = (home.signing_keys().map_err(fault)?, home.trusted_keys().map_err(fault)?);
    let revoked = home.revoked().map_err(fault)?;
    if as_json {
        let described = |key: &NamedKey| json!({"name": key.name, "id": key.key.id().to_string()});
        let all = json!({
            "own": own.iter().map(described).collect::<Value>(),
            "keys": keys.iter().map(described).collect::<Value>(),
            "authorities": trust.authority_count(),
            "revoked": revoked,
        });
        return writeln!(console.out, "{all}").map_err(Failure::write);
    }
    let mut lines: Vec<String> = own.iter().map(|key| format!("{}  {} (your own)", key.key.id(), key.name)).collect();
    lines.extend(keys.iter().map(|key| format!("{}  {}", key.key.id(), key.name)));
    if trust.authority_count() > 0 {
        lines.push(format!("{} certificate authorities", trust.authority_count()));
    }
    lines.extend(revoked.keys.iter().chain(&revoked.packages).map(|(what, why)| format!("{what}  revoked: {why}")));
    lines.iter().try_for_each(|line| writeln!(console.out, "{line}")).map_err(Failure::write)
}

fn policy(home: &Home, args: &PolicyArgs, console: &mut Console<'_>) -> Result<(), Failure> {
    let mut policy = home.policy().map_err(fault)?;
    let Some(scope) = &args.scope else { return show(&policy, args.json, console) };
    let before = policy.rules.len();
    policy.rules.retain(|rule| rule.scope != *scope);
    if args.rm && policy.rules.len() == before {
        return Err(Failure::new("usage", format!("the policy has no rule for {scope:?}")));
    }
    if !args.rm {
        let mode = match args.mode {
            ModeArg::Enforce => Mode::Enforce,
            ModeArg::Warn => Mode::Warn,
        };
        let identities = args.signer.iter().cloned().collect();
        policy.rules.push(Rule { scope: scope.clone(), identities, mode });
        policy.rules.sort_by(|a, b| a.scope.cmp(&b.scope));
    }
    home.set_policy(&policy).map_err(fault)?;
    show(&policy, args.json, console)
}

fn show(policy: &Policy, in_one_line: bool, console: &mut Console<'_>) -> Result<(), Failure> {
    let text = if in_one_line { serde_json::to_string(policy) } else { serde_json::to_string_pretty(policy) };
    text.map_err(io::Error::other).and_then(|text| writeln!(console.out, "{text}")).map_err(Failure::write)
}

fn revoke(home: &Home, what: &str, reason: &str, as_json: bool, console: &mut Console<'_>) -> Result<(), Failure> {
    let mut revoked: Revoked = home.revoked().map_err(fault)?;
    let id = if what.starts_with("sha256:") {
        revoked.packages.insert(what.to_owned(), reason.to_owned());
        what.to_owned()
    } else {
        let known = [home.signing_keys().map_err(fault)?, home.trusted_keys().map_err(fault)?].concat();
        let known = known.into_iter().find(|key| key.name == what);
        let id = known.map(|key| key.key.id()).or_else(|| KeyId::from_hex(what)).ok_or_else(|| {
            let message = format!("there is no key called {what:?}; give its name, its id, or sha256: and a digest");
            Failure::new("key-unknown", message)
        })?;
        revoked.keys.insert(id.to_string(), reason.to_owned());
        id.to_string()
    };
    home.set_revoked(&revoked).map_err(fault)?;
    tell(&format!("revoked: {what}"), json!({"revoked": id, "reason": reason}), as_json, console)
}
