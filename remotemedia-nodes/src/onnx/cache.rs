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
