//! What the tests of registries share: packages to push, and a patience that suits tests.

use std::io::Cursor;
use std::time::Duration;

use remotemedia_pkg::{Digest, Draft, Package, Patience, Pull, Pulled, Reference, Registries, Result, Settings};

use super::{Place, bytes, draft, manifest, now, provenance};

/// Waits that are long enough for a machine with much to do, and short where a test provokes them.
pub(crate) const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(20),
    stall: Duration::from_millis(400),
    call: Duration::from_secs(20),
    first_wait: Duration::from_millis(1),
    longest_wait: Duration::from_secs(2),
};

pub(crate) fn registries(place: &Place) -> Registries {
    let mut settings = Settings::of(&place.home).unwrap();
    settings.patience = PATIENCE;
    Registries::with(&place.home, settings)
}

/// A package, opened.
pub(crate) fn opened(draft: &Draft) -> Package<Cursor<Vec<u8>>> {
    Package::open(Cursor::new(bytes(draft))).unwrap()
}

/// A signed package called `name` with a model of so many bytes, which are those of nothing else.
pub(crate) fn package(place: &Place, name: &str, len_bytes: usize) -> Draft {
    place.file(&format!("{name}.onnx"), &noise(name, len_bytes));
    let mut draft = draft(&manifest(name, &[&format!("{name}.onnx")]), place.folder.path());
    draft.sign(&place.home.signing_key("me").unwrap(), &provenance()).unwrap();
    draft
}

/// Bytes without order, the same for the same name.
pub(crate) fn noise(name: &str, len_bytes: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(len_bytes + BLOCK_BYTES);
    while bytes.len() < len_bytes {
        let digest = Digest::of(format!("{name} {}", bytes.len()).as_bytes());
        bytes.extend(digest.as_bytes().repeat(BLOCK_BYTES / 32));
    }
    bytes.truncate(len_bytes);
    bytes
}

pub(crate) fn push(place: &Place, draft: &Draft, to: &Reference) -> u64 {
    registries(place).push(&mut opened(draft), to, &()).unwrap().uploaded_bytes
}

/// Pulls one package as somebody whose cache is that of `place`.
pub(crate) fn pull(place: &Place, reference: &Reference) -> Result<Pulled> {
    pull_as(place, reference, false)
}

pub(crate) fn refresh(place: &Place, reference: &Reference) -> Result<Pulled> {
    pull_as(place, reference, true)
}

fn pull_as(place: &Place, reference: &Reference, refresh: bool) -> Result<Pulled> {
    let pull = Pull { refresh, now: now() };
    registries(place).pull(std::slice::from_ref(reference), pull, &()).remove(0)
}

/// The model of a package that was pulled.
pub(crate) fn model(pulled: &Pulled) -> Vec<u8> {
    let manifest = pulled.contents.manifest().unwrap();
    std::fs::read(manifest["nodes"][0]["params"]["model"].as_str().unwrap()).unwrap()
}

/// Long enough that making noise takes no time, short enough that no part of a file is like another.
const BLOCK_BYTES: usize = 4096;

/// Forgets what was pulled.
pub(crate) fn forget(place: &Place) {
    std::fs::remove_dir_all(place.path("home/cache")).unwrap();
}
