//! The Python side of a node within one session: its methods, its context, and the way of its values in and out.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use pyo3::exceptions::{PyRuntimeError, PyStopIteration};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};
use remotemedia_core::error::{NodeError, NodeResult};
use remotemedia_core::node::NodeContext;
use remotemedia_core::outputs::Outputs;
use remotemedia_core::packet::Packet;

use super::kind::takes_port;
use super::{Member, release_object};
use crate::cpython::call::LoopCall;
use crate::cpython::emission::Emission;
use crate::cpython::error::node_error;
use crate::cpython::pending::{block_for, block_on};
use crate::cpython::session::{PySession, glue};
use crate::cpython::signals::Hearing;
use crate::cpython::threads::Place;
use crate::cpython::to_python::NodeInput;
use crate::cpython::types::{Given, given};

/// A node's Python side.
pub(super) struct Body {
    object: Py<PyAny>,
    process: Py<PyAny>,
    /// The context that every call into the node runs in, and its `run`.
    context: Py<PyAny>,
    run: Py<PyAny>,
    session: Arc<PySession>,
    place: Place,
    /// The order of calls on the event loop, once one was needed.
    calls: Option<Py<PyAny>>,
    pub(super) emission: Arc<Emission>,
    to_native: bool,
    takes_port: bool,
    inputs: Vec<String>,
    release: Option<Py<PyAny>>,
    /// Whether the session still counts on the node's cleanup.
    is_member: bool,
}

impl Body {
    pub(super) fn new(
        py: Python<'_>,
        mut member: Member,
        process: Py<PyAny>,
        session: &Arc<PySession>,
    ) -> PyResult<Self> {
        let context = session.context(py)?;
        session.join();
        Ok(Self {
            object: member.object.clone_ref(py),
            is_member: true,
            takes_port: takes_port(process.bind(py)),
            process,
            run: context.getattr(py, "run")?,
            context,
            session: Arc::clone(session),
            place: session.place(),
            calls: None,
            emission: Arc::new(Emission::default()),
            to_native: member.to_native,
            inputs: Vec::new(),
            release: member.release.take(),
        })
    }

    /// Learns the names of the node's ports.
    pub(super) fn place(&mut self, cx: &NodeContext) {
        self.emission = Arc::new(Emission::new(self.to_native, cx.outputs.clone()));
        self.inputs.clone_from(&cx.inputs);
    }

    /// The packet's value for the node.
    pub(super) fn input<'py>(&self, py: Python<'py>, packet: Packet) -> NodeResult<NodeInput<'py>> {
        self.emission.begin(packet.pts);
        NodeInput::new(py, packet).map_err(|error| self.error(py, error))
    }

    /// Calls `process` with a value.
    pub(super) fn process<'py>(
        &self,
        py: Python<'py>,
        input: &Bound<'py, PyAny>,
        port: usize,
    ) -> NodeResult<Bound<'py, PyAny>> {
        let result = match self.keywords(py, port) {
            Ok(None) => self.place.call(py, || call_with_two(self.run.bind(py), self.process.bind(py), input)),
            Ok(keywords) => self.place.call(py, || self.run.bind(py).call((&self.process, input), keywords.as_ref())),
            Err(error) => Err(error),
        };
        result.map_err(|error| self.error(py, error))
    }

    /// Calls `process` without a value.
    pub(super) fn process_nothing<'py>(&self, py: Python<'py>) -> NodeResult<Bound<'py, PyAny>> {
        self.run(py, self.process.bind(py)).map_err(|error| self.error(py, error))
    }

    /// `process` as a function of the value alone.
    pub(super) fn process_on<'py>(&self, py: Python<'py>, port: usize) -> PyResult<Bound<'py, PyAny>> {
        let process = self.process.bind(py).clone();
        match self.keywords(py, port)? {
            None => Ok(process),
            keywords => py.import("functools")?.getattr("partial")?.call((process,), keywords.as_ref()),
        }
    }

    /// Calls an optional method without arguments; `None` where the node has no such method.
    pub(super) fn hook<'py>(&self, py: Python<'py>, name: &str) -> NodeResult<Option<Bound<'py, PyAny>>> {
        let _hearing = Hearing::now(py);
        let call = || match self.method(py, name)? {
            Some(method) => self.run(py, &method).map(Some),
            None => Ok(None),
        };
        call().map_err(|error| self.error(py, error))
    }

    /// As [`hook`](Self::hook), then waits for what the method returned if that is a coroutine.
    pub(super) fn finished_hook(&self, name: &str) -> NodeResult {
        Python::attach(|py| match self.hook(py, name)? {
            Some(result) if given(&result) == Given::Coroutine => self.wait(py, result).map(drop),
            _ => Ok(()),
        })
    }

    /// Begins to call `cleanup` on the event loop, after the node's calls before it; `None` where there is nothing to
    /// wait for.
    pub(super) fn begin_cleanup(&mut self, py: Python<'_>) -> NodeResult<Option<LoopCall>> {
        if self.session.lost_its_loop(py) {
            self.calls = None;
        }
        let mut begin = || match self.method(py, "cleanup")? {
            Some(method) => self.call_glue(py, "invoke", (method,)).map(Some),
            None => Ok(None),
        };
        begin().map_err(|error| node_error(py, error))
    }

    /// Calls `cleanup` of a synchronous node and lets go of the object.
    pub(super) fn clean_up(&mut self) -> NodeResult {
        let done = self.finished_hook("cleanup");
        self.release();
        done
    }

    /// Emits what a synchronous call gave: a value, or everything that a coroutine or generator gives.
    pub(super) fn emit(&self, py: Python<'_>, result: Bound<'_, PyAny>, out: &mut Outputs<'_>) -> NodeResult {
        match given(&result) {
            Given::Value => self.emit_value(result, out),
            Given::Coroutine => {
                let value = self.wait(py, result)?;
                self.emit_value(value, out)
            }
            Given::Generator => {
                let mut turn = 0;
                while let Some(value) = self.next(py, &result)? {
                    self.emit_value(value, out)?;
                    turn = (turn + 1) % TURN;
                    if turn == 0 {
                        give_way(py).map_err(|error| self.error(py, error))?;
                    }
                }
                Ok(())
            }
            Given::AsyncGenerator => {
                while let Some(value) = self.next_async(py, &result)? {
                    self.emit_value(value, out)?;
                }
                Ok(())
            }
        }
    }

    /// Emits one value; `None` is none.
    pub(super) fn emit_value(&self, value: Bound<'_, PyAny>, out: &mut Outputs<'_>) -> NodeResult {
        match self.emission.packet(value)? {
            Some((port, packet)) => out.emit_to(port, packet),
            None => Ok(()),
        }
    }

    /// The next item of a generator, `None` at its end.
    pub(super) fn next<'py>(
        &self,
        py: Python<'py>,
        generator: &Bound<'py, PyAny>,
    ) -> NodeResult<Option<Bound<'py, PyAny>>> {
        let next = generator.getattr(pyo3::intern!(py, "__next__"));
        match next.and_then(|next| self.run(py, &next)) {
            Ok(item) => Ok(Some(item)),
            Err(error) if error.is_instance_of::<PyStopIteration>(py) => Ok(None),
            Err(error) => Err(self.error(py, error)),
        }
    }

    fn next_async<'py>(&self, py: Python<'py>, generator: &Bound<'py, PyAny>) -> NodeResult<Option<Bound<'py, PyAny>>> {
        let coroutine = glue(py).and_then(|glue| glue.getattr("next_of")?.call1((generator,)));
        let item = self.wait(py, coroutine.map_err(|error| self.error(py, error))?)?;
        if item.is_none() { Ok(None) } else { item.get_item(0).map(Some).map_err(|error| self.error(py, error)) }
    }

    /// Waits, detached, for a coroutine of a synchronous node, which runs on the event loop.
    fn wait<'py>(&self, py: Python<'py>, coroutine: Bound<'py, PyAny>) -> NodeResult<Bound<'py, PyAny>> {
        let wait = || {
            if self.session.is_loop_thread(py) {
                coroutine.call_method0("close")?;
                let message = "the event loop cannot wait for itself: end the session by `await` or `async with`";
                return Err(PyRuntimeError::new_err(message));
            }
            let mut call = self.call(py, "result_of", (coroutine,))?;
            let waited = block_on(py, &mut call);
            if waited.is_err() {
                // The node's context is taken until the call is over.
                call.cancel();
                block_for(py, Pin::new(&mut call), PATIENCE);
            }
            waited?
        };
        wait().map(|result| result.into_bound(py)).map_err(|error| self.error(py, error))
    }

    /// Lets a function of the event loop's own part run there, after the node's calls before it if it keeps an order.
    fn call<'py>(&self, py: Python<'py>, function: &str, arguments: impl Arguments<'py>) -> PyResult<LoopCall> {
        let function = glue(py)?.getattr(function)?;
        let arguments = arguments.into_pyobject(py).map_err(Into::into)?;
        match &self.calls {
            Some(calls) => LoopCall::start(py, calls, function, arguments),
            None => LoopCall::start(py, &self.session.calls(py, &self.context)?, function, arguments),
        }
    }

    /// As [`call`](Self::call); from then on the node's calls keep an order.
    pub(super) fn call_glue<'py>(
        &mut self,
        py: Python<'py>,
        function: &str,
        arguments: impl Arguments<'py>,
    ) -> PyResult<LoopCall> {
        if self.calls.is_none() {
            self.calls = Some(self.session.calls(py, &self.context)?);
        }
        self.call(py, function, arguments)
    }

    /// The exception as a node error; one that asks the whole program to stop is noted for the caller.
    pub(super) fn error(&self, py: Python<'_>, exception: PyErr) -> NodeError {
        self.session.note(py, &exception);
        node_error(py, exception)
    }

    /// Tells the node that everything before this moment was discarded.
    pub(super) fn interrupt(&self) {
        Python::attach(|py| {
            let tell = || -> PyResult<()> {
                let Some(method) = self.method(py, "interrupt")? else { return Ok(()) };
                if let Some(calls) = &self.calls {
                    return calls.bind(py).call_method1("notify", (method,)).map(drop);
                }
                let result = self.run(py, &method)?;
                if given(&result) == Given::Coroutine {
                    self.call(py, "result_of", (result,))?.let_go();
                }
                Ok(())
            };
            if let Err(error) = tell() {
                error.write_unraisable(py, Some(self.object.bind(py)));
            }
        });
    }

    /// Calls a function without arguments in the node's context.
    fn run<'py>(&self, py: Python<'py>, function: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.place.call(py, || self.run.bind(py).call1((function,)))
    }

    fn method<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.object.bind(py).getattr_opt(name)?.filter(PyAnyMethods::is_callable))
    }

    /// Lets go of the object, which another session may then have, and of the event loop. Before the session is over,
    /// and once.
    pub(super) fn release(&mut self) {
        if let Some(release) = self.release.take() {
            release_object(&release);
        }
        if std::mem::take(&mut self.is_member) {
            self.session.leave();
        }
    }

    fn keywords<'py>(&self, py: Python<'py>, port: usize) -> PyResult<Option<Bound<'py, PyDict>>> {
        if !self.takes_port {
            return Ok(None);
        }
        let keywords = PyDict::new(py);
        keywords.set_item("port", self.inputs.get(port))?;
        Ok(Some(keywords))
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.release();
    }
}

/// Lets another thread have the interpreter if one has waited for its turn.
///
/// The interpreter looks for such threads where a Python function begins, and not while a generator does nothing but
/// delegate. Letting go of it here would not do: a thread that is told so finds it taken again, and begins its wait anew.
fn give_way(py: Python<'_>) -> PyResult<()> {
    static NOTHING: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let nothing = NOTHING.get_or_try_init(py, || py.eval(c"lambda: None", None, None).map(Bound::unbind))?;
    nothing.bind(py).call0().map(drop)
}

/// After how many items of a generator other threads have their turn in the interpreter.
const TURN: u32 = 64;

/// How long a wait that a signal ended waits for its coroutine to end.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a function is called with.
pub(super) trait Arguments<'py>:
    IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>, Error: Into<PyErr>>
{
}

impl<'py, T> Arguments<'py> for T where
    T: IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>, Error: Into<PyErr>>
{
}

/// `function(first, second)` without a tuple of arguments, once per item.
fn call_with_two<'py>(
    function: &Bound<'py, PyAny>,
    first: &Bound<'py, PyAny>,
    second: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let end = std::ptr::null_mut::<ffi::PyObject>();
    // SAFETY: function and arguments are alive, the arguments end with a null pointer, and what comes back is a new
    // reference, or null with the exception set.
    unsafe {
        let result = ffi::PyObject_CallFunctionObjArgs(function.as_ptr(), first.as_ptr(), second.as_ptr(), end);
        Bound::from_owned_ptr_or_err(function.py(), result)
    }
}
