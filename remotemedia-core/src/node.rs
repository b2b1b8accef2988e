//! The node contract: what every node, native or hosted, promises to the executor.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::driver::Driver;
use crate::error::NodeResult;
use crate::outputs::{AsyncOutputs, Outputs};
use crate::packet::Packet;

/// A boxed future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a node is told about its place when it is initialised.
#[derive(Clone, Debug)]
pub struct NodeContext {
    /// The pipeline's name.
    pub pipeline: Arc<str>,
    /// The node's id within the pipeline.
    pub node: Arc<str>,
    /// A number for the session, unique within the process.
    pub session: u64,
    /// The names of the node's input ports, in the order of their indices.
    pub inputs: Vec<String>,
    /// The names of the node's output ports, in the order of their indices.
    pub outputs: Vec<String>,
    /// The session's clock and timers.
    pub driver: Arc<dyn Driver>,
}

/// Whether a node that makes items by itself has more of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Call [`Node::resume`] again once there is room.
    More,
    /// Nothing more comes from this input; for a source, nothing more at all.
    Done,
}

/// A node that works on the thread that calls it.
///
/// The executor calls `initialize` once, then `process` for each packet, then `flush` at the end of the stream, and
/// `cleanup` always and last for every node whose `initialize` was called, also after errors, cancel and drop.
/// Calls never overlap.
pub trait Node: Send {
    /// Prepares the node: loads models, opens files.
    ///
    /// # Errors
    /// Ends the session before the first packet.
    fn initialize(&mut self, cx: &NodeContext) -> NodeResult {
        let _ = cx;
        Ok(())
    }

    /// Takes one packet and emits none, one or many. [`Outputs::input_port`] tells on which port it came.
    ///
    /// # Errors
    /// Go to the node's failure policy.
    fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult;

    /// Goes on with making items: for sources, and after [`Outputs::resume_later`]. Emits a few, then returns.
    ///
    /// # Errors
    /// Go to the node's failure policy.
    fn resume(&mut self, out: &mut Outputs<'_>) -> NodeResult<Flow> {
        let _ = out;
        Ok(Flow::Done)
    }

    /// Emits what is left at the end of the stream.
    ///
    /// # Errors
    /// Go to the node's failure policy.
    fn flush(&mut self, out: &mut Outputs<'_>) -> NodeResult {
        let _ = out;
        Ok(())
    }

    /// Hears that everything before this moment was discarded, before it sees the next packet.
    fn interrupt(&mut self) {}

    /// Releases what the node holds.
    ///
    /// # Errors
    /// Become the session's error if it has none yet.
    fn cleanup(&mut self) -> NodeResult {
        Ok(())
    }
}

/// A node that waits without holding a thread: network, timers, an event loop of its own.
///
/// The same life as [`Node`]. The future of `process` is dropped when the session is interrupted or cancelled.
pub trait AsyncNode: Send {
    /// Prepares the node.
    ///
    /// # Errors
    /// Ends the session before the first packet.
    fn initialize<'a>(&'a mut self, cx: &'a NodeContext, out: &'a AsyncOutputs) -> BoxFuture<'a, NodeResult> {
        let _ = (cx, out);
        Box::pin(async { Ok(()) })
    }

    /// Takes one packet. A node that answers later keeps a clone of `out`, emits when it is ready, and waits for the
    /// rest in [`flush`](Self::flush).
    ///
    /// # Errors
    /// Go to the node's failure policy.
    fn process<'a>(&'a mut self, packet: Packet, out: &'a AsyncOutputs) -> BoxFuture<'a, NodeResult>;

    /// Emits what is left at the end of the stream.
    ///
    /// # Errors
    /// Go to the node's failure policy.
    fn flush<'a>(&'a mut self, out: &'a AsyncOutputs) -> BoxFuture<'a, NodeResult> {
        let _ = out;
        Box::pin(async { Ok(()) })
    }

    /// Hears that everything before this moment was discarded, before it sees the next packet.
    fn interrupt(&mut self) {}

    /// Releases what the node holds.
    ///
    /// # Errors
    /// Become the session's error if it has none yet.
    fn cleanup(&mut self) -> BoxFuture<'_, NodeResult> {
        Box::pin(async { Ok(()) })
    }
}

/// A node of either kind, as a factory makes it.
pub enum AnyNode {
    /// Works on the calling thread.
    Sync(Box<dyn Node>),
    /// Waits without a thread.
    Async(Box<dyn AsyncNode>),
}

impl AnyNode {
    /// Boxes an [`AsyncNode`].
    pub fn from_async(node: impl AsyncNode + 'static) -> Self {
        Self::Async(Box::new(node))
    }
}

impl<N: Node + 'static> From<N> for AnyNode {
    fn from(node: N) -> Self {
        Self::Sync(Box::new(node))
    }
}
