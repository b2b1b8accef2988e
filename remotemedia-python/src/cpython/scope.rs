//! The scope of Python stages: one attachment to the interpreter for a whole run.

use std::sync::{Arc, OnceLock};

use pyo3::Python;
use remotemedia_core::spec::Scope;

use super::held::release_ended;
use super::signals::Hearing;
use super::threads::Entered;

/// The one scope that all plain Python nodes share, so that neighbours become one stage.
pub fn scope() -> Arc<dyn Scope> {
    static SCOPE: OnceLock<Arc<dyn Scope>> = OnceLock::new();
    Arc::clone(SCOPE.get_or_init(|| Arc::new(Attached)))
}

struct Attached;

impl Scope for Attached {
    fn name(&self) -> &'static str {
        "python"
    }

    fn enter(&self, run: &mut dyn FnMut()) {
        let _entered = Entered::now();
        Python::attach(|py| {
            let _hearing = Hearing::now(py);
            run();
            release_ended(py);
        });
    }
}
