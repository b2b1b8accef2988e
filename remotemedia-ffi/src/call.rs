//! Calls into nodes of the host: where they emit, and how they finish.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread, ThreadId};
use std::time::{Duration, Instant};

use remotemedia::error::NodeResult;
use remotemedia::node::NodeContext;
use remotemedia::outputs::{AsyncOutputs, Outputs};

use crate::callback::may_wait;
use crate::error::rm_error_t;
use crate::guard::{Fault, guard};
use crate::handle::{self, objects};
use crate::packet::rm_packet_t;
use crate::status::{
    RM_STATUS_CLOSED, RM_STATUS_INVALID_ARGUMENT, RM_STATUS_OK, RM_STATUS_TIMEOUT, RM_STATUS_WOULD_BLOCK, rm_status_t,
};
use crate::text::rm_str_t;

/// A node of the host in one session: where it emits and how it finishes. Lent to its callbacks until they return; one
/// that finishes later retains it.
pub struct rm_node_t {
    pub(crate) calls: Arc<Call>,
    /// The call that the handle was lent for, if that may finish later: it says nothing in the name of the next one.
    pub(crate) number: Option<u64>,
    /// Who is woken when there may be room for what found none.
    waker: OnceLock<Waker>,
}

objects!(rm_node_t: "node");

impl rm_node_t {
    /// The node for callbacks of call `number`, or of any.
    pub(crate) fn new(calls: &Arc<Call>, number: Option<u64>) -> Self {
        Self { calls: Arc::clone(calls), number, waker: OnceLock::new() }
    }

    /// Has the host woken from now on, if nobody was before.
    pub(crate) fn wake_with(&self, waker: Waker) -> Result<(), Fault> {
        if self.number.is_none() {
            return Err(Fault::argument("only a call of a node that finishes later has a waker"));
        }
        self.waker.set(waker).map_err(|_| Fault::argument("the call has a waker already"))
    }

    fn emit(&self, port: Option<&str>, packet: &rm_packet_t, timeout_ns: i64) -> Result<rm_status_t, Fault> {
        let later = |out: &AsyncOutputs, port| match timeout_ns {
            0 => try_emit(out, port, packet, self.waker.get().unwrap_or(Waker::noop())),
            _ => emit_later(out, port, packet, timeout_ns),
        };
        self.calls.emit(self.number, self.calls.port(port)?, packet, later)
    }
}

/// The calls into a node of the host, one after the other.
#[derive(Default)]
pub(crate) struct Call(Mutex<Progress>);

#[derive(Default)]
struct Progress {
    /// The number of the last call that may finish later.
    number: u64,
    outputs: Vec<String>,
    inputs: Vec<String>,
    target: Target,
    reason: Option<String>,
    finished: Option<rm_status_t>,
    waker: Option<Waker>,
}

/// Where emitted packets go.
#[derive(Default)]
enum Target {
    /// No call is under way.
    #[default]
    Nowhere,
    /// To the outputs of the call that the node is in, on the thread that it runs on.
    Direct(*mut Outputs<'static>, ThreadId),
    /// To the outputs of a node that finishes later.
    Later(AsyncOutputs),
}

// SAFETY: the pointer is used only on the thread beside it, and is gone when the call is over.
unsafe impl Send for Target {}

impl Call {
    /// Learns the names of the node's ports.
    pub(crate) fn place(&self, cx: &NodeContext) {
        let mut progress = self.lock();
        progress.inputs.clone_from(&cx.inputs);
        progress.outputs.clone_from(&cx.outputs);
    }

    /// Makes a call that emits into `out`.
    pub(crate) fn during(&self, out: &mut Outputs<'_>, call: impl FnOnce() -> rm_status_t) -> rm_status_t {
        self.lock().target = Target::Direct(std::ptr::from_mut(out).cast(), thread::current().id());
        let status = call();
        self.end();
        status
    }

    /// Begins a call that emits into `out` until it is finished; gives its number.
    pub(crate) fn begin(&self, out: &AsyncOutputs) -> u64 {
        let mut progress = self.lock();
        progress.number += 1;
        progress.target = Target::Later(out.of_call());
        progress.finished = None;
        progress.reason = None;
        progress.number
    }

    /// Ends the call: what is emitted from now on is refused.
    pub(crate) fn end(&self) {
        self.lock().target = Target::Nowhere;
    }

    /// The status that the host finishes the call with. Also who stops waiting for it ends the call.
    pub(crate) async fn finished(&self) -> rm_status_t {
        let _over = Over(self);
        poll_fn(|cx| {
            let mut progress = self.lock();
            match progress.finished.take() {
                Some(status) => Poll::Ready(status),
                None => {
                    progress.waker = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// The status that the host has finished the call with, if it did.
    pub(crate) fn take_finished(&self) -> Option<rm_status_t> {
        self.lock().finished.take()
    }

    /// Why the node failed, in the host's words.
    pub(crate) fn take_reason(&self) -> Option<String> {
        self.lock().reason.take()
    }

    /// What is under way, for whoever speaks in the name of call `number`, or of any.
    fn under_way(&self, number: Option<u64>) -> Result<MutexGuard<'_, Progress>, Fault> {
        let progress = self.lock();
        if number.is_some_and(|number| number != progress.number) {
            return Err(Fault::new(RM_STATUS_CLOSED, "the call is over, and the node is in a later one"));
        }
        Ok(progress)
    }

    fn input(&self, number: Option<u64>) -> Result<String, Fault> {
        let progress = self.under_way(number)?;
        let port = match &progress.target {
            Target::Nowhere => return Err(Fault::new(RM_STATUS_CLOSED, "no call into the node is under way")),
            Target::Direct(_, thread) if *thread != thread::current().id() => {
                return Err(Fault::argument("asked on another thread than the one that the node was called on"));
            }
            // SAFETY: the call that lent the outputs is under way on this thread.
            Target::Direct(out, _) => unsafe { &**out }.input_port(),
            Target::Later(out) => out.input_port(),
        };
        Ok(progress.inputs.get(port).cloned().unwrap_or_default())
    }

    fn port(&self, port: Option<&str>) -> Result<usize, Fault> {
        let Some(port) = port else { return Ok(0) };
        let progress = self.lock();
        let found = progress.outputs.iter().position(|name| name == port);
        found.ok_or_else(|| {
            let known = progress.outputs.join(", ");
            Fault::new(RM_STATUS_INVALID_ARGUMENT, format!("the node has no output \"{port}\", it has: {known}"))
        })
    }

    fn emit(
        &self,
        number: Option<u64>,
        port: usize,
        packet: &rm_packet_t,
        later: impl FnOnce(&AsyncOutputs, usize) -> Result<rm_status_t, Fault>,
    ) -> Result<rm_status_t, Fault> {
        let mut progress = self.under_way(number)?;
        match &progress.target {
            Target::Nowhere => Err(Fault::new(RM_STATUS_CLOSED, "no call into the node is under way")),
            Target::Direct(_, thread) if *thread != thread::current().id() => {
                Err(Fault::argument("emitted on another thread than the one that the node was called on"))
            }
            Target::Direct(out, thread) => {
                let (out, thread) = (*out, *thread);
                // Whoever is called behind this node cannot emit in its name.
                progress.target = Target::Nowhere;
                drop(progress);
                // SAFETY: the call that lent the outputs is under way on this thread, and nobody else has them now.
                let emitted = unsafe { &mut *out }.emit_to(port, packet.packet.clone());
                self.lock().target = Target::Direct(out, thread);
                told(emitted)
            }
            Target::Later(out) => {
                let out = out.clone();
                drop(progress);
                later(&out, port)
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        // Nothing panics while the lock is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends a call when it is dropped.
struct Over<'a>(&'a Call);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Emits on whatever thread if there is room; leaves `waker` to be woken when there may be some.
fn try_emit(out: &AsyncOutputs, port: usize, packet: &rm_packet_t, waker: &Waker) -> Result<rm_status_t, Fault> {
    let emit = pin!(out.emit_to(port, packet.packet.clone()));
    match emit.poll(&mut Context::from_waker(waker)) {
        Poll::Ready(emitted) => told(emitted),
        Poll::Pending => Ok(RM_STATUS_WOULD_BLOCK),
    }
}

/// Emits on whatever thread, waiting for room as long as the call goes on.
fn emit_later(out: &AsyncOutputs, port: usize, packet: &rm_packet_t, timeout_ns: i64) -> Result<rm_status_t, Fault> {
    may_wait("rm_node_emit")?;
    let mut emit = pin!(out.emit_to(port, packet.packet.clone()));
    let waker = Waker::from(Arc::new(Parked(thread::current())));
    let began = Instant::now();
    loop {
        if let Poll::Ready(emitted) = emit.as_mut().poll(&mut Context::from_waker(&waker)) {
            return told(emitted);
        }
        match u64::try_from(timeout_ns).map(|limit| Duration::from_nanos(limit).checked_sub(began.elapsed())) {
            Err(_) => thread::park(),
            Ok(Some(left)) => thread::park_timeout(left),
            Ok(None) => return Ok(RM_STATUS_TIMEOUT),
        }
    }
}

/// What became of an emission, for the host.
fn told(emitted: NodeResult) -> Result<rm_status_t, Fault> {
    emitted.map(|()| RM_STATUS_OK).map_err(|error| Fault::new(RM_STATUS_CLOSED, error.message()))
}

/// Wakes a thread that is parked.
struct Parked(Thread);

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Emits a packet on the output `port`, or on the first one if `port` is no text. A node that finishes later may wait
/// for room for `timeout_ns` nanoseconds: not at all for 0 (`RM_STATUS_WOULD_BLOCK`; see `rm_node_set_waker`), without
/// limit if negative; others never wait. When the stream has ended it gives `RM_STATUS_CLOSED`, which the callback
/// should return. A packet without a time takes time and metadata of the packet that is being worked on. Inside a
/// callback on its own thread; for nodes that finish later any thread. Since 0.1, experimental.
///
/// A node that finishes later may be 16 packets ahead of the queue behind it before there is no room. It may not wait
/// inside any callback, its own `process` and `flush` included: with another `timeout_ns` than 0 that gives
/// `RM_STATUS_REENTRANT`. It waits on threads of its own, or has itself woken.
///
/// # Safety
/// `node` and `packet` are held, `port` is readable; `error` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_node_emit(
    node: *const rm_node_t,
    port: rm_str_t,
    packet: *const rm_packet_t,
    timeout_ns: i64,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let (node, port, packet) =
            unsafe { (handle::borrow(node, "node")?, port.read("port")?, handle::borrow(packet, "packet")?) };
        node.emit(port, &packet, timeout_ns)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// Says why the call fails; the callback then returns a negative status, or finishes with one. The first line is the
/// error's message; if there are more, all of them are its cause. Any thread, also inside a callback. Since 0.1,
/// experimental.
///
/// # Safety
/// `node` is held, `message` readable; `error` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_node_fail(
    node: *const rm_node_t,
    message: rm_str_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let (node, message) = unsafe { (handle::borrow(node, "node")?, message.need("message")?) };
        node.calls.under_way(node.number)?.reason = Some(message.to_owned());
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// Finishes the call whose callback returned `RM_STATUS_PENDING`, with `RM_STATUS_OK` or a negative status; any other
/// is refused, and the call goes on. May come before the callback has returned. `RM_STATUS_CLOSED` if that call is over:
/// it was given up by an interrupt or the end of the session. Any thread. Since 0.1, experimental.
///
/// # Safety
/// `node` is held; `error` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_node_finish(
    node: *const rm_node_t,
    status: rm_status_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let call = || {
        let node = handle::borrow(node, "node")?;
        if status > RM_STATUS_OK {
            return Err(Fault::argument(format!("status is {status}, expected {RM_STATUS_OK} or a negative one")));
        }
        let waker = {
            let mut progress = node.calls.under_way(node.number)?;
            if !matches!(progress.target, Target::Later(_)) {
                return Err(Fault::new(RM_STATUS_CLOSED, "no call that finishes later is under way"));
            }
            if progress.finished.is_some() {
                return Err(Fault::new(RM_STATUS_CLOSED, "the call was finished already"));
            }
            progress.finished = Some(status);
            progress.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// The name of the input port that the packet in hand came on, as text of its own. Inside `process`. Since 0.1,
/// experimental.
///
/// # Safety
/// `node` is held; `out` and `error` may be written, and `error` may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_node_input(
    node: *const rm_node_t,
    out: *mut *mut rm_packet_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let (out, node) = unsafe { (handle::output(out)?, handle::borrow(node, "node")?) };
        *out = rm_packet_t::give(node.calls.input(node.number)?);
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// One more reference, for a node that finishes later. Any thread. Since 0.1, experimental.
///
/// # Safety
/// `node` is null or held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_node_retain(node: *const rm_node_t) -> *mut rm_node_t {
    handle::retain(node)
}

/// Takes one reference back. Null is ignored. Any thread. Since 0.1, experimental.
///
/// # Safety
/// `node` is null or a reference from `rm_node_retain` that is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_node_release(node: *mut rm_node_t) {
    handle::release(node);
}
