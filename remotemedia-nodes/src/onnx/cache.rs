//! The cache of models: each file is loaded once per process, and shared by the sessions that use it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use remotemedia_core::error::{NodeError, NodeResult};

use super::model::Model;

/// The model in the file `name`, looked for as given and in the folder `models`.
///
/// A model stays loaded while a session uses it, and after that until another file is loaded. A file that has changed
/// is loaded again.
///
/// # Errors
/// If there is no such file, which the message follows up with `remedy`, or it is not a model that can be run.
pub(super) fn open(name: &str, remedy: &str) -> NodeResult<Arc<Model>> {
    let path = locate(name, remedy)?;
    let slot = slot(Key::of(&path)?);
    let mut loaded = lock(&slot);
    if let Some(model) = &*loaded {
        return Ok(Arc::clone(model));
    }
    let model = Arc::new(Model::load(&path)?);
    *loaded = Some(Arc::clone(&model));
    Ok(model)
}

/// Which file in which state.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    path: PathBuf,
    len_bytes: u64,
    modified: Option<SystemTime>,
}

impl Key {
    fn of(path: &Path) -> NodeResult<Self> {
        let metadata = path.metadata()?;
        Ok(Self { path: path.canonicalize()?, len_bytes: metadata.len(), modified: metadata.modified().ok() })
    }
}

/// Holds one model; its lock is held while the file is loaded, so that sessions that start together load it once.
type Slot = Arc<Mutex<Option<Arc<Model>>>>;

/// Guards the table alone, never a load.
static SLOTS: LazyLock<Mutex<HashMap<Key, Slot>>> = LazyLock::new(Mutex::default);

fn slot(key: Key) -> Slot {
    let mut slots = lock(&SLOTS);
    if !slots.contains_key(&key) {
        slots.retain(|_, slot| is_used(slot));
    }
    Arc::clone(slots.entry(key).or_default())
}

fn is_used(slot: &Slot) -> bool {
    Arc::strong_count(slot) > 1 || lock(slot).as_ref().is_some_and(|model| Arc::strong_count(model) > 1)
}

fn locate(name: &str, remedy: &str) -> NodeResult<PathBuf> {
    let places = [PathBuf::from(name), Path::new("models").join(name)];
    if let Some(found) = places.iter().find(|place| place.is_file()) {
        return Ok(found.clone());
    }
    let [given, models] = places.map(|place| std::path::absolute(&place).unwrap_or(place));
    let looked = if given == models {
        given.display().to_string()
    } else {
        format!("{} and {}", given.display(), models.display())
    };
    Err(NodeError::new(format!("no model file at {looked}; {remedy}")))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic while a model loads leaves its slot empty, which is whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AFFINE: &[u8] = include_bytes!("../../tests/data/affine.onnx");
    const PAIR: &[u8] = include_bytes!("../../tests/data/pair.onnx");

    fn file(model: &[u8]) -> (tempfile::TempDir, String) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.onnx");
        std::fs::write(&path, model).unwrap();
        let name = path.display().to_string();
        (dir, name)
    }

    #[test]
    fn sessions_that_start_together_share_one_model() {
        let (_dir, name) = file(AFFINE);
        let models: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| open(&name, "").unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(models.iter().all(|model| Arc::ptr_eq(model, &models[0])));
    }

    #[test]
    fn the_same_file_by_another_name_is_the_same_model() {
        let (dir, name) = file(AFFINE);
        let roundabout = dir.path().join(".").join("model.onnx").display().to_string();
        assert!(Arc::ptr_eq(&open(&name, "").unwrap(), &open(&roundabout, "").unwrap()));
    }

    #[test]
    fn a_file_that_changed_is_loaded_again() {
        let (_dir, name) = file(AFFINE);
        let before = open(&name, "").unwrap();
        std::fs::write(&name, PAIR).unwrap();
        let after = open(&name, "").unwrap();
        assert_eq!((before.inputs().len(), after.inputs().len()), (1, 2));
    }

    #[test]
    fn a_model_that_nobody_uses_goes_when_another_is_loaded() {
        let (_dir, name) = file(AFFINE);
        let unused = Arc::downgrade(&open(&name, "").unwrap());
        let (_other_dir, other) = file(PAIR);
        open(&other, "").unwrap();
        assert!(unused.upgrade().is_none());
    }

    #[test]
    fn a_file_that_cannot_be_loaded_is_tried_again() {
        let (_dir, name) = file(b"no model");
        assert!(open(&name, "").is_err());
        std::fs::write(&name, AFFINE).unwrap();
        open(&name, "").unwrap();
    }
}
