//! `remotemedia doctor`: tells what this build and this machine have.

use std::collections::BTreeMap;
use std::io;

use remotemedia::{Runtime, this_machine};
use serde_json::{Map, Value, json};

use crate::args::DoctorArgs;
use crate::console::Console;
use crate::failure::Failure;
use crate::host::Host;
use crate::paint::Tone;

/// Writes the facts.
pub(crate) fn doctor(args: &DoctorArgs, host: &dyn Host, console: &mut Console<'_>) -> Result<u8, Failure> {
    let facts = facts(host);
    let written = if args.json {
        let object: Map<String, Value> =
            facts.into_iter().map(|fact| (fact.name.replace(' ', "_"), fact.value)).collect();
        writeln!(console.out, "{}", Value::from(object))
    } else {
        write_text(&facts, console)
    };
    written.map(|()| 0).map_err(Failure::write)
}

struct Fact {
    name: String,
    value: Value,
    /// Whether something is missing that could be there.
    lacking: bool,
}

fn fact(name: &str, value: impl Into<Value>) -> Fact {
    Fact { name: name.to_owned(), value: value.into(), lacking: false }
}

fn facts(host: &dyn Host) -> Vec<Fact> {
    let on = |wanted: bool| -> Vec<&str> {
        remotemedia::FEATURES.iter().filter(|(_, on)| *on == wanted).map(|(name, _)| *name).collect()
    };
    let mut facts = vec![
        fact("version", remotemedia::VERSION),
        fact("system", format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
        fact("cores", std::thread::available_parallelism().map_or(1, usize::from)),
        fact("features", on(true)),
        fact("features off", on(false)),
    ];
    facts.push(match host.runtime(None) {
        Ok(runtime) => fact("node types", backends(&runtime)),
        Err(error) => Fact { lacking: true, ..fact("runtime", error.to_string()) },
    });
    facts.push(fact("memory", this_machine().memory_gb.map_or("not known".to_owned(), |size| format!("{size:.1} GB"))));
    facts.push(graphics());
    #[cfg(feature = "device")]
    facts.push(match remotemedia::nodes::device::sound_library() {
        Ok(library) => fact("sound", library),
        Err(error) => Fact { lacking: true, ..fact("sound", error.to_string()) },
    });
    facts.extend(host.facts().into_iter().map(|(name, value)| fact(&name, value)));
    facts
}

/// The graphics processors of this machine.
fn graphics() -> Fact {
    let gpus: Vec<String> = this_machine().gpus.iter().map(ToString::to_string).collect();
    fact("graphics", gpus)
}

/// How many node types each backend has.
fn backends(runtime: &Runtime) -> Value {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for spec in runtime.registry().specs() {
        *counts.entry(spec.backend.clone()).or_default() += 1;
    }
    json!(counts)
}

fn write_text(facts: &[Fact], console: &mut Console<'_>) -> io::Result<()> {
    let width = facts.iter().map(|fact| fact.name.chars().count()).max().unwrap_or(0);
    let paint = console.out_style.paint;
    for fact in facts {
        let name = paint.tone(Tone::Faint, &format!("{:width$}", fact.name));
        let value = in_words(&fact.value);
        let value = if fact.lacking { paint.tone(Tone::Warning, &value) } else { value };
        writeln!(console.out, "{name}  {value}")?;
    }
    Ok(())
}

fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(in_words).collect::<Vec<_>>().join(", "),
        Value::Object(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(name, value)| format!("{} {name}", in_words(value))).collect();
            entries.join(", ")
        }
        other => other.to_string(),
    }
}
