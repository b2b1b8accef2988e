//! `remotemedia keys`: the keys that packages are signed with.

use serde_json::{Value, json};

use crate::console::Console;
use crate::failure::Failure;
use crate::package::{fault, home};
use crate::package_args::{KeysArgs, KeysCommand};

/// Makes, lists or exports keys.
pub(crate) fn keys(args: &KeysArgs, console: &mut Console<'_>) -> Result<u8, Failure> {
    let home = home()?;
    let written = match &args.command {
        KeysCommand::New { name, json } => {
            let id = home.new_key(name).map_err(fault)?.id();
            match json {
                true => writeln!(console.out, "{}", json!({"name": name, "id": id.to_string()})),
                false => writeln!(console.out, "{id}  {name}"),
            }
        }
        KeysCommand::Ls { json } => {
            let keys = home.signing_keys().map_err(fault)?;
            if *json {
                let keys: Value =
                    keys.iter().map(|key| json!({"name": key.name, "id": key.key.id().to_string()})).collect();
                writeln!(console.out, "{keys}")
            } else {
                keys.iter().try_for_each(|key| writeln!(console.out, "{}  {}", key.key.id(), key.name))
            }
        }
        KeysCommand::Export { name, json } => {
            let key = home.signing_key(name).map_err(fault)?.public();
            let (id, pem) = (key.id().to_string(), key.to_pem());
            match json {
                true => writeln!(console.out, "{}", json!({"name": name, "id": id, "pem": pem})),
                false => write!(console.out, "{pem}"),
            }
        }
    };
    written.map(|()| 0).map_err(Failure::write)
}
