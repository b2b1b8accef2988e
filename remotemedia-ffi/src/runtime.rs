//! Runtimes: the threads and the node types that pipelines use.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use remotemedia::driver::{Driver, TokioDriver};
use remotemedia::manifest::Manifest;
use remotemedia::pipeline::SessionConfig;
use remotemedia::time::Span;
use remotemedia::{Pipeline, Registry, Runtime, Session, describe_nodes};
use serde_json::Value;

use crate::callback;
use crate::error::rm_error_t;
use crate::fence;
use crate::guard::{Fault, guard};
use crate::handle::{self, objects};
use crate::python::Python;
use crate::status::{RM_STATUS_EXHAUSTED, RM_STATUS_OK, rm_status_t};
use crate::table;

/// Threads and node types. A program needs one.
pub struct rm_runtime_t(pub(crate) Arc<Host>);

objects!(rm_runtime_t: "runtime");

/// What a runtime's pipelines and sessions share.
pub(crate) struct Host {
    pub(crate) runtime: Runtime,
    threads: Arc<TokioDriver>,
    /// What the host has set up for nodes in Python.
    python: Python,
    /// What the host has added to the standard node types.
    registry: Mutex<Registry>,
    /// Sessions whose nodes are not all cleaned up.
    sessions: Mutex<Vec<Arc<Session>>>,
}

impl Host {
    fn new(workers: usize) -> remotemedia::Result<Self> {
        let threads = Arc::new(TokioDriver::new(workers)?);
        let driver: Arc<dyn Driver> = Arc::<TokioDriver>::clone(&threads);
        let runtime = Runtime::builder().driver(Python::driver(driver)).build()?;
        let registry = Mutex::new(Registry::over(Arc::clone(runtime.registry())));
        Ok(Self { runtime, threads, python: Python::default(), registry, sessions: Mutex::default() })
    }

    /// Launches a session, and remembers it until its nodes are cleaned up.
    pub(crate) fn launch(&self, pipeline: &Pipeline, config: &SessionConfig) -> remotemedia::Result<Arc<Session>> {
        Python::launch(|| pipeline.launch(self.runtime.driver(), config)).map(|session| self.remember(session))
    }

    /// Remembers a session until its nodes are cleaned up.
    pub(crate) fn remember(&self, session: Session) -> Arc<Session> {
        let session = Arc::new(session);
        let over: Vec<Arc<Session>> = {
            let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
            let (over, rest) = std::mem::take(&mut *sessions).into_iter().partition(|session| session.is_over());
            *sessions = rest;
            sessions.push(Arc::clone(&session));
            over
        };
        drop(over);
        session
    }

    /// Adds to the node types.
    pub(crate) fn change_registry(
        &self,
        name: &str,
        change: impl FnOnce(&mut Registry) -> remotemedia::Result<()>,
    ) -> Result<(), Fault> {
        let mut registry = self.lock();
        if self.python.knows(name) {
            return Err(Fault::argument(format!("node type \"{name}\" exists already")));
        }
        Ok(change(&mut registry)?)
    }

    /// Checks a manifest against the node types.
    pub(crate) fn pipeline(&self, manifest: &str) -> Result<Pipeline, Fault> {
        self.python.pipeline(&Manifest::parse(manifest)?, &self.registry())
    }

    /// The node types at this moment.
    pub(crate) fn registry(&self) -> Arc<Registry> {
        Arc::new(self.lock().clone())
    }

    /// What manifests may name as a node type at this moment, in words for programs.
    pub(crate) fn describe_nodes(&self) -> String {
        let mut described = describe_nodes(&self.registry());
        described.extend(self.python.describe());
        Value::from(described).to_string()
    }

    /// Lets manifests name a Python class as a node type.
    pub(crate) fn set_python_node(&self, name: &str, class: &str) -> Result<(), Fault> {
        self.lock().admit("node type", name)?;
        self.python.name(name, class)
    }

    /// What the host has set up for nodes in Python.
    pub(crate) fn python(&self) -> &Python {
        &self.python
    }

    /// The manifest that was registered under a name.
    pub(crate) fn registered(&self, name: &str) -> Result<Arc<str>, Fault> {
        let registry = self.lock();
        let found = registry.pipeline(name).cloned();
        found.ok_or_else(|| Fault::argument(format!("no pipeline is registered as \"{name}\"")))
    }

    /// Lets a task go on beside the caller.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.threads.handle().spawn(task);
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        // Nothing panics while the lock is held.
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let sessions = std::mem::take(self.sessions.get_mut().unwrap_or_else(PoisonError::into_inner));
        sessions.iter().for_each(|session| session.cancel());
        if callback::is_inside() {
            return;
        }
        let deadline = self.threads.now() + PATIENCE;
        let stuck = sessions.iter().filter(|session| !session.wait_over(Some(deadline))).count();
        drop(sessions);
        let left = || Duration::from_nanos(deadline.since(self.threads.now()).as_nanos());
        self.python.join_threads(left());
        Python::apart(|| self.threads.shut_down(left()));
        tracing::debug!(stuck, "runtime ended");
    }
}

/// How long the end of a runtime waits for nodes that are in a call.
const PATIENCE: Span = Span::from_millis(5000);

/// More threads than any machine has use for; each takes memory at once.
const MOST_WORKERS: u32 = 1024;

/// How a runtime is set up. Begin with `RM_RUNTIME_CONFIG_INIT`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rm_runtime_config_t {
    /// `sizeof(rm_runtime_config_t)`.
    pub struct_size: u32,
    /// How many threads carry timers and asynchronous nodes, 1024 at most; 0 for one per processor core. Beside them a
    /// runtime starts threads for blocking nodes as needed, 2048 at most; one that is idle for ten seconds ends.
    pub workers: u32,
}

table::tables! { rm_runtime_config_t: workers; }

/// Makes a runtime. Without `config` it has a thread per processor core. Any thread; not before a `fork` whose child
/// uses the library. In a process that has several threads already, the first one takes some ten milliseconds on Linux,
/// which make later calls faster. Since 0.1, stable.
///
/// # Safety
/// `config` is null or readable; `out` and `error` may be written, and `error` may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_runtime_new(
    config: *const rm_runtime_config_t,
    out: *mut *mut rm_runtime_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let (out, config) = unsafe { (handle::output(out)?, table::maybe(config)?) };
        let workers = match config.map_or(0, |config| config.workers) {
            0 => thread::available_parallelism().map_or(1, usize::from),
            workers if workers > MOST_WORKERS => {
                let message = format!("workers is {workers}, expected at most {MOST_WORKERS}");
                return Err(Fault::argument(message));
            }
            workers => workers as usize,
        };
        fence::prepare();
        let host = Host::new(workers).map_err(|error| Fault::new(RM_STATUS_EXHAUSTED, error.to_string()))?;
        *out = handle::give(rm_runtime_t(Arc::new(host)));
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// One more reference. Any thread. Since 0.1, stable.
///
/// # Safety
/// `runtime` is null or a reference that is held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_runtime_retain(runtime: *const rm_runtime_t) -> *mut rm_runtime_t {
    handle::retain(runtime)
}

/// Takes one reference back. Null is ignored. Pipelines and sessions keep the runtime. When the last of them is
/// released too, sessions that go on are cancelled, and the call waits until their nodes are cleaned up and all threads
/// joined, for five seconds at most; inside a callback it does not wait. Any thread. Since 0.1, stable.
///
/// # Safety
/// `runtime` is null or a reference that is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_runtime_release(runtime: *mut rm_runtime_t) {
    handle::release(runtime);
}
