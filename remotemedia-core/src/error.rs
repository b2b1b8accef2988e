//! Errors: what failed, where in the pipeline, on which item, and why.

use std::error::Error as StdError;
use std::fmt;

use crate::payload::{Payload, PayloadKind};

type Source = Box<dyn StdError + Send + Sync + 'static>;

/// A value is not what its reader needs.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{message}")]
pub struct PayloadError {
    message: String,
}

impl PayloadError {
    /// An error with a message that says what was found and what was expected.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    /// `found` came where `expected` was needed.
    pub fn kind(expected: PayloadKind, found: &Payload) -> Self {
        Self::new(format!("expected {expected}, found {}", found.describe()))
    }
}

/// What a node reports when it cannot do its work. The executor adds the place and the item.
#[derive(Debug)]
pub struct NodeError {
    message: String,
    source: Option<Source>,
}

/// The result of a node's work.
pub type NodeResult<T = ()> = Result<T, NodeError>;

impl NodeError {
    /// An error with a one-line message: what was found, what was expected.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: None }
    }

    /// The same error with what caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What happened, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What caused it, if the node said so.
    pub fn cause(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.source.as_deref()
    }
}

impl fmt::Display for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Any error of the standard kind can be raised from a node with `?`.
impl<E: StdError + Send + Sync + 'static> From<E> for NodeError {
    fn from(error: E) -> Self {
        Self { message: error.to_string(), source: Some(Box::new(error)) }
    }
}

/// The stable kinds of [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The manifest is not valid.
    Manifest,
    /// The manifest is valid but its graph is not: unknown node, cycle, ports that do not fit.
    Graph,
    /// A node reported an error.
    Node,
    /// A node panicked.
    Panic,
    /// A call took longer than its time limit.
    Timeout,
    /// The session was cancelled.
    Cancelled,
    /// The caller asked for what there is not: an unknown port, a name that is taken, a setting that cannot be.
    Usage,
    /// The input was finished before.
    Closed,
    /// Nothing can happen any more although outputs are still awaited.
    Stalled,
}

impl ErrorKind {
    /// The number of the kind, by which hosts in every language know it. Never changes; `remotemedia.h` has the table.
    pub const fn status(self) -> i32 {
        match self {
            Self::Usage => -1,
            Self::Cancelled => -5,
            Self::Closed => -6,
            Self::Stalled => -9,
            Self::Manifest => -100,
            Self::Graph => -200,
            Self::Node => -300,
            Self::Panic => -301,
            Self::Timeout => -302,
        }
    }
}

/// The one error of this crate: a kind, a message, the place, and the cause.
#[derive(Clone, Debug)]
pub struct Error(Box<Detail>);

#[derive(Clone, Debug)]
struct Detail {
    kind: ErrorKind,
    message: String,
    pipeline: Option<String>,
    node: Option<String>,
    port: Option<String>,
    item: Option<u64>,
    source: Option<std::sync::Arc<dyn StdError + Send + Sync + 'static>>,
}

/// The result of this crate's fallible operations.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind` with a one-line message: lower case, no full stop, what was found and what was expected.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self(Box::new(Detail { kind, message, pipeline: None, node: None, port: None, item: None, source: None }))
    }

    /// What a node reported.
    pub fn from_node(error: NodeError) -> Self {
        let mut made = Self::new(ErrorKind::Node, error.message);
        made.0.source = error.source.map(Into::into);
        made
    }

    /// The same error, placed in `pipeline` and `node`.
    #[must_use]
    pub fn in_node(mut self, pipeline: &str, node: &str) -> Self {
        self.0.pipeline = Some(pipeline.to_owned());
        self.0.node = Some(node.to_owned());
        self
    }

    /// The same error, about the port called `port`: the one of the node that the item came on, or the one of the
    /// session that was asked for.
    #[must_use]
    pub fn at_port(mut self, port: Option<&str>) -> Self {
        self.0.port = port.map(str::to_owned);
        self
    }

    /// The same error, raised by the item numbered `item` (counted from 1) of the node's input.
    #[must_use]
    pub fn at_item(mut self, item: Option<u64>) -> Self {
        self.0.item = item;
        self
    }

    /// What kind of error this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What happened, without the place.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The pipeline in which it happened.
    pub fn pipeline(&self) -> Option<&str> {
        self.0.pipeline.as_deref()
    }

    /// The node in which it happened.
    pub fn node(&self) -> Option<&str> {
        self.0.node.as_deref()
    }

    /// The port that it is about: the one of the node that the item came on, or the one of the session that was asked
    /// for.
    pub fn port(&self) -> Option<&str> {
        self.0.port.as_deref()
    }

    /// The number of the node's input item that raised it, counted from 1.
    pub fn item(&self) -> Option<u64> {
        self.0.item
    }

    /// What caused it.
    pub fn cause(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.0.source.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(node) = &self.0.node {
            match &self.0.pipeline {
                Some(pipeline) => write!(f, "{pipeline}/{node}: ")?,
                None => write!(f, "{node}: ")?,
            }
        }
        if let Some(item) = self.0.item {
            write!(f, "item {item}: ")?;
        }
        f.write_str(&self.0.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
