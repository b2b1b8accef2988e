//! What pulling a package from a registry on this machine takes, beside `skopeo copy` of the same package.

use std::fs::create_dir_all;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::SystemTime;

use remotemedia::pkg::{Package, Pull, Reference, Registries};

use crate::cases::package::Place;
use crate::measure::{Finding, Outcome, duration_ns, median};

/// Pulls into an empty cache, verified, and lets skopeo copy into an empty layout.
pub(crate) fn measure() -> Outcome {
    let place = Place::with_model(MODEL_BYTES)?;
    let registry = Registry::start(place.folder.path())?;
    let reference: Reference = format!("oci://{}/large", registry.address).parse()?;
    Registries::of(&place.home)?.push(&mut Package::open_path(&place.pack()?)?, &reference, &())?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        place.home.cache().clear()?;
        ours.push(duration_ns(|| pull(&place, &reference))?);
        let layout = place.folder.path().join(format!("layout{round}"));
        theirs.push(duration_ns(|| copy(&registry.address, &layout))?);
        std::fs::remove_dir_all(layout)?;
    }
    let (ours, theirs) = (median(ours), median(theirs));
    Ok(vec![Finding::ours(ours, "ns", ROUNDS), Finding { who: "skopeo", ..Finding::ours(theirs, "ns", ROUNDS) }])
}

fn pull(place: &Place, reference: &Reference) -> Outcome<()> {
    let pull = Pull { refresh: false, now: SystemTime::now() };
    Registries::of(&place.home)?.pull(std::slice::from_ref(reference), pull, &()).remove(0)?;
    Ok(())
}

fn copy(registry: &str, layout: &Path) -> Outcome<()> {
    let (from, to) = (format!("docker://{registry}/large:latest"), format!("oci:{}:large", layout.display()));
    let options = ["--insecure-policy", "copy", "--quiet", "--src-tls-verify=false", "--preserve-digests"];
    let status = Command::new("skopeo").args(options).args([from, to]).stdout(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(format!("skopeo: {status}").into()) }
}

/// Debian's registry, for as long as it is held.
struct Registry {
    process: Child,
    address: String,
}

impl Registry {
    fn start(folder: &Path) -> Outcome<Self> {
        let data = folder.join("registry");
        create_dir_all(&data)?;
        let storage = format!("storage: {{filesystem: {{rootdirectory: {}}}}}", data.display());
        let config = folder.join("registry.yml");
        std::fs::write(&config, format!("version: 0.1\n{storage}\nhttp: {{addr: 127.0.0.1:0}}\n"))?;
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = command.spawn()?;
        let log = process.stderr.take().ok_or("the registry has no log")?;
        let mut lines = BufReader::new(log).lines().map_while(Result::ok);
        let address =
            lines.find_map(|line| Some(line.split_once("listening on ")?.1.split(['"', ',', ' ']).next()?.to_owned()));
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self { process, address: address.ok_or("the registry does not start")? })
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It may be gone already, and then there is nothing to end.
        let _gone = self.process.kill().and_then(|()| self.process.wait());
    }
}

const MODEL_BYTES: usize = 256 << 20;
const ROUNDS: usize = 5;
