//! Nodes that the host defines by a table of callbacks.

use std::cell::RefCell;
use std::ffi::c_void;
use std::sync::Arc;

use remotemedia::Packet;
use remotemedia::error::{NodeError, NodeResult};
use remotemedia::node::{AnyNode, AsyncNode, BoxFuture, Node, NodeContext};
use remotemedia::outputs::{AsyncOutputs, Outputs};
use remotemedia::spec::{Lane, NodeSpec};
use serde_json::{Map, Value};

use crate::call::{Call, rm_node_t};
use crate::callback::{HostData, inside, rm_destroy_fn};
use crate::error::{first_line, rm_error_t};
use crate::guard::{Fault, guard};
use crate::handle::{self, Lent};
use crate::packet::rm_packet_t;
use crate::runtime::rm_runtime_t;
use crate::status::{self, RM_STATUS_OK, RM_STATUS_PENDING, rm_status_t};
use crate::table;
use crate::text::rm_str_t;

/// Cheap: a few microseconds, never waits. May run on the thread of the session's caller.
pub const RM_LANE_NATIVE: i32 = 0;
/// Heavy or waiting: runs on a thread of its own while it works.
pub const RM_LANE_BLOCKING: i32 = 1;
/// Finishes later: `process` and `flush` may return `RM_STATUS_PENDING` and call `rm_node_finish` when they are done.
pub const RM_LANE_ASYNC: i32 = 2;

/// Makes the state of one node in one session from its parameters, a JSON object.
pub type rm_node_create_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, params: rm_str_t, state: *mut *mut c_void) -> rm_status_t>;
/// Takes a packet, lent until the call returns, and emits any number of packets through `node`.
pub type rm_node_process_fn =
    Option<unsafe extern "C" fn(state: *mut c_void, node: *mut rm_node_t, packet: *const rm_packet_t) -> rm_status_t>;
/// Does one step of a node's life; may emit packets through `node` in `flush`.
pub type rm_node_step_fn = Option<unsafe extern "C" fn(state: *mut c_void, node: *mut rm_node_t) -> rm_status_t>;
/// Hears that everything before this moment was discarded.
pub type rm_node_interrupt_fn = Option<unsafe extern "C" fn(state: *mut c_void)>;
/// A node type of the host. Begin with `RM_NODE_TYPE_INIT`. Calls into one node never overlap; calls into several do.
///
/// A callback returns `RM_STATUS_OK` or a negative status; `rm_node_fail`, or `rm_node_refuse` in `create`, says why in
/// words. Only `process` and `flush` in `RM_LANE_ASYNC` may also return `RM_STATUS_PENDING`. Any other status is an
/// error of the node: look at what `rm_node_emit` returned before you pass it on.
///
/// `create` is called once per session, then `initialize`, `process` for each packet, `flush` at the end of the stream,
/// `cleanup` always, and last `release`. All but `process` may be null.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rm_node_type_t {
    /// `sizeof(rm_node_type_t)`.
    pub struct_size: u32,
    /// On what kind of thread it runs: `RM_LANE_…`.
    pub lane: i32,
    /// The name that manifests use.
    pub name: rm_str_t,
    /// Makes the state; without it, the state is `user_data`.
    pub create: rm_node_create_fn,
    /// Prepares the node.
    pub initialize: rm_node_step_fn,
    /// Takes a packet.
    pub process: rm_node_process_fn,
    /// Emits what is left at the end of the stream.
    pub flush: rm_node_step_fn,
    /// Hears of an interrupt before the next packet.
    pub interrupt: rm_node_interrupt_fn,
    /// Releases what the node holds.
    pub cleanup: rm_node_step_fn,
    /// Lets go of the state that `create` made.
    pub release: rm_destroy_fn,
    /// What `create` is called with.
    pub user_data: *mut c_void,
    /// Lets go of `user_data`, when the runtime and all its pipelines and sessions are gone, or when the type is
    /// refused.
    pub destroy: rm_destroy_fn,
}

table::tables! { rm_node_type_t: destroy; }

/// Adds a node type of the host to the runtime; pipelines that are opened from then on may name it. Its name is one
/// that `rm_runtime_set_pipeline` would take. Its ports are `in` and `out`, and any others that connections name. Any
/// thread. Since 0.1, experimental.
///
/// # Safety
/// `runtime` is held, `node_type` readable; its callbacks and data may be used on any thread until `destroy` is called;
/// `error` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_runtime_set_node(
    runtime: *const rm_runtime_t,
    node_type: *const rm_node_type_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let host = Arc::new(HostType::new(&unsafe { table::read(node_type, "node_type")? }));
        // SAFETY: as the caller promises.
        let (runtime, name) = unsafe { (handle::borrow(runtime, "runtime")?, host.table.name.need("name")?) };
        if host.table.process.is_none() {
            return Err(Fault::argument(format!("process of node type \"{name}\" is null")));
        }
        let spec = host.spec(name)?;
        // Refused, it is let go of by the host's own code, which may call the runtime: not while the node types are
        // locked.
        let _outlives_the_lock = Arc::clone(&host);
        let create = Arc::new(move |params: &Map<String, Value>| host.create(params));
        runtime.0.change_registry(name, |registry| registry.insert(spec, create))?;
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// Says why `create` refuses its parameters; it then returns a negative status. The first line is the error's message;
/// if there are more, all of them are its cause. Inside `create` only, on its own thread. Since 0.1, experimental.
///
/// # Safety
/// `message` is readable; `error` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_node_refuse(message: rm_str_t, error: *mut *mut rm_error_t) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let message = unsafe { message.need("message")? };
        REFUSAL.with_borrow_mut(|refusal| match refusal {
            Some(reason) => {
                *reason = Some(message.to_owned());
                Ok(RM_STATUS_OK)
            }
            None => Err(Fault::argument("no node is being created on this thread")),
        })
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

thread_local! {
    /// Why the node that the thread is creating is refused; `None` while it creates none.
    static REFUSAL: RefCell<Option<Option<String>>> = const { RefCell::new(None) };
}

/// Makes a call that creates a node; gives its status, and why it refuses.
fn creating(call: impl FnOnce() -> rm_status_t) -> (rm_status_t, Option<String>) {
    // A callback may open a session of its own, and so create nodes meanwhile.
    let outer = REFUSAL.replace(Some(None));
    let status = call();
    (status, REFUSAL.replace(outer).flatten())
}

/// A node type of the host.
struct HostType {
    table: rm_node_type_t,
    data: HostData,
}

// SAFETY: the host promises that its callbacks and data may be used on any thread.
unsafe impl Send for HostType {}
// SAFETY: as above.
unsafe impl Sync for HostType {}

impl HostType {
    fn new(table: &rm_node_type_t) -> Self {
        Self { table: *table, data: HostData { data: table.user_data, destroy: table.destroy } }
    }

    fn spec(&self, name: &str) -> Result<NodeSpec, Fault> {
        let lane = match self.table.lane {
            RM_LANE_NATIVE => Lane::Native,
            RM_LANE_BLOCKING => Lane::Blocking,
            RM_LANE_ASYNC => Lane::Async,
            other => return Err(Fault::argument(format!("lane is {other}, expected 0 to 2"))),
        };
        let any = remotemedia::PayloadKind::Any;
        Ok(NodeSpec::new(name).backend("host").lane(lane).extra_inputs(any).extra_outputs(any))
    }

    fn create(self: &Arc<Self>, params: &Map<String, Value>) -> NodeResult<AnyNode> {
        let mut state = self.data.data;
        if let Some(create) = self.table.create {
            let params = Value::Object(params.clone()).to_string();
            // SAFETY: the host promises what its table says.
            let call = || inside(|| unsafe { create(self.data.data, rm_str_t::lend(&params), &raw mut state) });
            let (status, reason) = creating(call);
            done("create", status, reason)?;
        }
        let call = Arc::new(Call::default());
        let handle = Lent::new(rm_node_t::new(&call, None));
        let node = HostNode { host: Arc::clone(self), state: State(state), call, handle };
        Ok(if self.table.lane == RM_LANE_ASYNC { AnyNode::from_async(node) } else { node.into() })
    }
}

#[derive(Clone, Copy)]
struct State(*mut c_void);

// SAFETY: the host promises that a node's state may be used on any thread; calls never overlap.
unsafe impl Send for State {}
// SAFETY: as above.
unsafe impl Sync for State {}

/// A node of the host in one session.
struct HostNode {
    host: Arc<HostType>,
    state: State,
    call: Arc<Call>,
    /// The node as the host sees it in calls that cannot finish later.
    handle: Lent<rm_node_t>,
}

impl HostNode {
    /// Calls one step, if the host has it; gives its status.
    fn step(&self, step: rm_node_step_fn, node: &Lent<rm_node_t>) -> rm_status_t {
        // SAFETY: the host promises what its table says; the node is lent until the step returns.
        step.map_or(RM_STATUS_OK, |step| inside(|| unsafe { step(self.state.0, node.handle()) }))
    }

    fn process(&self, packet: Packet, node: &Lent<rm_node_t>) -> rm_status_t {
        let packet = Lent::new(rm_packet_t::for_host(packet, None));
        // SAFETY: as for a step; the packet is lent until the call returns.
        let process = |process: unsafe extern "C" fn(_, _, _) -> _| unsafe {
            process(self.state.0, node.handle(), packet.handle().cast_const())
        };
        self.host.table.process.map_or(RM_STATUS_OK, |call| inside(|| process(call)))
    }

    /// Begins a call that may finish later; gives what the host emits and finishes with.
    fn begin(&self, out: &AsyncOutputs) -> Lent<rm_node_t> {
        Lent::new(rm_node_t::new(&self.call, Some(self.call.begin(out))))
    }

    fn interrupted(&self) {
        if let Some(interrupt) = self.host.table.interrupt {
            // SAFETY: the host promises what its table says.
            inside(|| unsafe { interrupt(self.state.0) });
        }
    }

    /// Waits for the host to finish, if `callback` said by its status that it would do so later.
    async fn finished(&self, callback: &str, status: rm_status_t) -> NodeResult {
        let status = match status {
            RM_STATUS_PENDING => self.call.finished().await,
            // It may have been finished with an error all the same.
            RM_STATUS_OK => self.call.take_finished().unwrap_or(RM_STATUS_OK),
            status => status,
        };
        self.call.end();
        done(callback, status, self.call.take_reason())
    }
}

impl Drop for HostNode {
    fn drop(&mut self) {
        self.call.end();
        if let (Some(release), true) = (self.host.table.release, self.host.table.create.is_some()) {
            // SAFETY: called once for the state that `create` made, after the last call into the node.
            inside(|| unsafe { release(self.state.0) });
        }
    }
}

impl Node for HostNode {
    fn initialize(&mut self, cx: &NodeContext) -> NodeResult {
        self.call.place(cx);
        done("initialize", self.step(self.host.table.initialize, &self.handle), self.call.take_reason())
    }

    fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let status = self.call.during(out, || HostNode::process(self, packet, &self.handle));
        done("process", status, self.call.take_reason())
    }

    fn flush(&mut self, out: &mut Outputs<'_>) -> NodeResult {
        let status = self.call.during(out, || self.step(self.host.table.flush, &self.handle));
        done("flush", status, self.call.take_reason())
    }

    fn interrupt(&mut self) {
        self.interrupted();
    }

    fn cleanup(&mut self) -> NodeResult {
        done("cleanup", self.step(self.host.table.cleanup, &self.handle), self.call.take_reason())
    }
}

impl AsyncNode for HostNode {
    fn initialize<'a>(&'a mut self, cx: &'a NodeContext, _: &'a AsyncOutputs) -> BoxFuture<'a, NodeResult> {
        Box::pin(async move { Node::initialize(self, cx) })
    }

    fn process<'a>(&'a mut self, packet: Packet, out: &'a AsyncOutputs) -> BoxFuture<'a, NodeResult> {
        Box::pin(async move {
            let node = self.begin(out);
            self.finished("process", HostNode::process(self, packet, &node)).await
        })
    }

    fn flush<'a>(&'a mut self, out: &'a AsyncOutputs) -> BoxFuture<'a, NodeResult> {
        Box::pin(async move {
            let node = self.begin(out);
            self.finished("flush", self.step(self.host.table.flush, &node)).await
        })
    }

    fn interrupt(&mut self) {
        self.call.end();
        self.interrupted();
    }

    fn cleanup(&mut self) -> BoxFuture<'_, NodeResult> {
        self.call.end();
        Box::pin(async move { Node::cleanup(self) })
    }
}

/// What the status of `callback` means.
fn done(callback: &str, status: rm_status_t, reason: Option<String>) -> NodeResult {
    if status == RM_STATUS_OK {
        return Ok(());
    }
    if status > RM_STATUS_OK {
        return Err(misunderstood(callback, status, reason));
    }
    let without = || NodeError::new(format!("the node failed with status {status} and no reason"));
    Err(reason.as_deref().and_then(failure).unwrap_or_else(without))
}

/// The error of a node whose callback returned a status that says nothing there, such as that of an emission which
/// found no room. What the host said besides is its cause.
fn misunderstood(callback: &str, status: rm_status_t, reason: Option<String>) -> NodeError {
    let error = NodeError::new(format!(
        "{callback} returned {}, expected RM_STATUS_OK, a negative status, or RM_STATUS_PENDING from process or flush \
         in RM_LANE_ASYNC",
        status::name_of(status)
    ));
    match reason {
        Some(reason) => error.with_source(reason),
        None => error,
    }
}

/// A failure in the words of the host: the first line is the message, and all of them are the cause if there are more.
fn failure(words: &str) -> Option<NodeError> {
    let line = first_line(words)?;
    let error = NodeError::new(line);
    Some(if line == words.trim() { error } else { error.with_source(words) })
}
