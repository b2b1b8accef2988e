//! The packet: one envelope for every payload, with its time, order and metadata.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::error::PayloadError;
use crate::payload::Payload;
use crate::time::{Span, Timestamp};

/// A value on its way through a graph. Cloning copies no payload bytes.
#[derive(Clone, Debug)]
pub struct Packet {
    /// The value.
    pub payload: Payload,
    /// When the value is to be presented, on the stream's own clock.
    pub pts: Option<Timestamp>,
    /// How long the value lasts.
    pub duration: Option<Span>,
    /// The number of the item in its stream: as its sender set it, else counted from 1 for each input and each source.
    pub seq: Option<u64>,
    /// Which of several streams that share an edge the packet belongs to.
    pub stream: u32,
    /// Whether the packet survives an interrupt.
    pub uninterruptible: bool,
    /// Free metadata.
    pub attributes: Option<Arc<Map<String, Value>>>,
    pub(crate) epoch: u64,
}

impl Packet {
    /// A packet with a payload and nothing else known.
    pub fn new(payload: impl Into<Payload>) -> Self {
        Self {
            payload: payload.into(),
            pts: None,
            duration: None,
            seq: None,
            stream: 0,
            uninterruptible: false,
            attributes: None,
            epoch: 0,
        }
    }

    /// The same packet, presented at `pts`.
    #[must_use]
    pub fn at(mut self, pts: Timestamp) -> Self {
        self.pts = Some(pts);
        self
    }

    /// The same packet, lasting `duration`.
    #[must_use]
    pub fn lasting(mut self, duration: Span) -> Self {
        self.duration = Some(duration);
        self
    }

    /// The same packet, surviving interrupts.
    #[must_use]
    pub fn uninterruptible(mut self) -> Self {
        self.uninterruptible = true;
        self
    }

    /// The same packet with the attribute `key` set.
    #[must_use]
    pub fn with_attribute(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        let attributes = self.attributes.get_or_insert_default();
        Arc::make_mut(attributes).insert(key.into(), value.into());
        self
    }

    /// The attribute `key`, if it is set.
    pub fn attribute(&self, key: &str) -> Option<&Value> {
        self.attributes.as_ref()?.get(key)
    }

    /// When the value ends: its presentation time and duration added.
    pub fn end(&self) -> Option<Timestamp> {
        Some(self.pts? + self.duration?)
    }

    /// Whether an interrupt made the packet worthless: it is older than `epoch` and does not survive interrupts.
    pub(crate) fn is_stale(&self, epoch: u64) -> bool {
        self.epoch < epoch && !self.uninterruptible
    }

    /// The same envelope around another payload.
    #[must_use]
    pub fn with_payload(self, payload: impl Into<Payload>) -> Self {
        Self { payload: payload.into(), ..self }
    }

    /// The payload as a block of audio.
    ///
    /// # Errors
    /// If the packet carries something else; the error names what came.
    pub fn into_audio(self) -> Result<crate::audio::Audio, PayloadError> {
        self.payload.into_audio()
    }

    /// The payload as text.
    ///
    /// # Errors
    /// If the packet carries something else; the error names what came.
    pub fn into_text(self) -> Result<Arc<str>, PayloadError> {
        self.payload.into_text()
    }

    /// The payload as a tensor.
    ///
    /// # Errors
    /// If the packet carries something else; the error names what came.
    pub fn into_tensor(self) -> Result<crate::tensor::Tensor, PayloadError> {
        self.payload.into_tensor()
    }

    /// The payload as a JSON value.
    ///
    /// # Errors
    /// If the packet carries media or bytes.
    pub fn into_json(self) -> Result<Value, PayloadError> {
        self.payload.into_json()
    }
}

impl<T: Into<Payload>> From<T> for Packet {
    fn from(payload: T) -> Self {
        Self::new(payload)
    }
}

impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pts {
            Some(pts) => write!(f, "[{pts}] {}", self.payload),
            None => write!(f, "{}", self.payload),
        }
    }
}
