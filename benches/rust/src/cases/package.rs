//! What packing, verifying and loading a package with a large model takes, beside the slower of `sha256sum` and `cat`.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use remotemedia::manifest::Manifest;
use remotemedia::pkg::{Authentic, Home, Package, Provenance, pack};
use remotemedia::standard_nodes;
use serde_json::json;
use tempfile::TempDir;

use crate::measure::{Finding, Outcome, duration_ns, peak_bytes};

const MODEL_BYTES: usize = 1 << 30;
const SLOWER: &str = "sha256sum_or_cat";

/// From the pipeline to the signed file.
pub(crate) fn pack_one() -> Outcome {
    let place = Place::new()?;
    beside_tools(&place, || place.pack().map(drop))
}

/// From the file to a package whose signature is trusted and whose files are all as they were signed.
pub(crate) fn verify() -> Outcome {
    let place = Place::new()?;
    let package = place.pack()?;
    beside_tools(&place, || {
        place.authenticate(&package)?.check(&mut |_| {})?;
        Ok(())
    })
}

/// From a package that is in the cache already to files that a pipeline may use.
pub(crate) fn load() -> Outcome {
    let place = Place::new()?;
    let package = place.pack()?;
    place.unpack(&package)?;
    beside_tools(&place, || place.unpack(&package))
}

/// The most memory that all of it takes.
pub(crate) fn memory() -> Outcome {
    let place = Place::new()?;
    let package = place.pack()?;
    place.authenticate(&package)?.check(&mut |_| {})?;
    place.unpack(&package)?;
    place.unpack(&package)?;
    Ok(vec![Finding::ours(peak_bytes()?, "B", 1)])
}

/// How long `work` takes, and the slower of the two tools on the same file.
fn beside_tools(place: &Place, work: impl FnOnce() -> Outcome<()>) -> Outcome {
    let tool = |name| duration_ns(|| read_by(name, &place.model));
    let slower = tool("sha256sum")?.max(tool("cat")?);
    Ok(vec![Finding::ours(duration_ns(work)?, "ns", 1), Finding { who: SLOWER, ..Finding::ours(slower, "ns", 1) }])
}

fn read_by(tool: &str, file: &Path) -> Outcome<()> {
    let status = Command::new(tool).arg(file).stdout(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(format!("{tool}: {status}").into()) }
}

/// A folder with a model that does not compress, the keys of a user, and their cache.
pub(super) struct Place {
    pub(super) folder: TempDir,
    model: PathBuf,
    pub(super) home: Home,
}

impl Place {
    fn new() -> Outcome<Self> {
        Self::with_model(MODEL_BYTES)
    }

    pub(super) fn with_model(len_bytes: usize) -> Outcome<Self> {
        let folder = TempDir::new()?;
        let model = folder.path().join("large.onnx");
        let mut out = BufWriter::new(File::create(&model)?);
        // A linear congruential generator (Knuth's constants) is enough to keep file systems from saving room.
        let mut state = 1_u64;
        for _ in 0..len_bytes / size_of::<u64>() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            out.write_all(&state.to_le_bytes())?;
        }
        out.into_inner().map_err(|error| error.into_error())?.sync_all()?;
        let home = Home::new(folder.path().join("home"));
        home.new_key("me")?;
        Ok(Self { folder, model, home })
    }

    pub(super) fn pack(&self) -> Outcome<PathBuf> {
        let manifest = Manifest::from_value(json!({
            "version": "v1", "metadata": {"name": "large"}, "connections": [],
            "nodes": [{"id": "model", "node_type": "Onnx", "params": {"model": "large.onnx"}}]
        }))?;
        let mut draft = pack(&manifest, &standard_nodes(), self.folder.path(), &mut |_| {})?;
        draft.sign(&self.home.signing_key("me")?, &Provenance { source: None, built_at: SystemTime::now() })?;
        Ok(draft.save(self.folder.path(), &mut |_| {})?)
    }

    fn authenticate(&self, package: &Path) -> Outcome<Authentic> {
        Ok(Package::open_path(package)?.authenticate(&self.home.trust()?, "file:///", SystemTime::now())?)
    }

    fn unpack(&self, package: &Path) -> Outcome<()> {
        self.home.cache().unpack(&mut self.authenticate(package)?, SystemTime::now(), &mut |_| {})?;
        Ok(())
    }
}
