//! Bundles: several packets as the value of one, none of them copied.

use std::any::Any;
use std::sync::Arc;

use remotemedia_core::audio::Audio;
use remotemedia_core::buffer::Buffer;
use remotemedia_core::error::PayloadError;
use remotemedia_core::host::HostObject;
use remotemedia_core::packet::Packet;
use remotemedia_core::payload::Payload;
use remotemedia_core::tensor::Tensor;
use serde_json::{Map, Value};

/// Several packets as the value of one.
///
/// Nodes of this crate take them apart without a copy. Others see the neutral form: a list of the values, or an object
/// with the values by name; audio of one format as one block, one after the other; tensors of one type and shape as one
/// tensor with a new first dimension.
#[derive(Clone, Debug)]
pub struct Bundle {
    packets: Vec<Packet>,
    names: Option<Arc<[String]>>,
}

impl Bundle {
    /// A list of packets.
    pub fn list(packets: Vec<Packet>) -> Self {
        Self { packets, names: None }
    }

    /// Packets by name.
    ///
    /// # Panics
    /// If there is not one name for each packet.
    pub fn named(packets: Vec<Packet>, names: Arc<[String]>) -> Self {
        assert_eq!(packets.len(), names.len(), "a bundle has one name for each packet");
        Self { packets, names: Some(names) }
    }

    /// The bundle in a payload, if that is what it holds.
    pub fn of(payload: &Payload) -> Option<Arc<Self>> {
        let Payload::Host(object) = payload else { return None };
        Arc::clone(object).into_any().downcast().ok()
    }

    /// The packets.
    pub fn packets(&self) -> &[Packet] {
        &self.packets
    }

    /// The packets, to be taken apart.
    pub fn into_packets(self) -> Vec<Packet> {
        self.packets
    }

    /// The names of the packets, if they have any.
    pub fn names(&self) -> Option<&[String]> {
        self.names.as_deref()
    }

    fn json(&self) -> Result<Value, PayloadError> {
        let values = self.packets.iter().map(|packet| packet.payload.clone().into_json());
        match &self.names {
            None => values.collect::<Result<Vec<_>, _>>().map(Value::Array),
            Some(names) => {
                let members = names.iter().cloned().zip(values).map(|(name, value)| Ok((name, value?)));
                members.collect::<Result<Map<_, _>, PayloadError>>().map(Value::Object)
            }
        }
    }

    fn kinds(&self) -> String {
        let kinds: Vec<String> = self.packets.iter().map(|packet| packet.payload.describe()).collect();
        kinds.join(", ")
    }
}

impl HostObject for Bundle {
    fn host(&self) -> &'static str {
        "native"
    }

    fn type_name(&self) -> String {
        format!("bundle of {}", self.packets.len())
    }

    fn to_payload(&self) -> Result<Payload, PayloadError> {
        let payloads: Vec<Payload> =
            self.packets.iter().map(|packet| packet.payload.clone().neutral()).collect::<Result<_, _>>()?;
        let joined = match payloads.first() {
            Some(Payload::Audio(_)) if self.names.is_none() => join_audio(&payloads)?,
            Some(Payload::Tensor(_)) if self.names.is_none() => stack_tensors(&payloads)?,
            _ => self.json().ok().map(Payload::from),
        };
        joined.ok_or_else(|| PayloadError::new(format!("a bundle of {} has no other form", self.kinds())))
    }

    fn parts(&self) -> Option<(&[Packet], Option<&[String]>)> {
        Some((self.packets(), self.names()))
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl From<Bundle> for Payload {
    fn from(bundle: Bundle) -> Self {
        Self::Host(Arc::new(bundle))
    }
}

fn join_audio(payloads: &[Payload]) -> Result<Option<Payload>, PayloadError> {
    let mut samples = Vec::new();
    let mut format = None;
    for payload in payloads {
        let Payload::Audio(audio) = payload else { return Ok(None) };
        if *format.get_or_insert((audio.rate(), audio.channels())) != (audio.rate(), audio.channels()) {
            return Ok(None);
        }
        samples.extend_from_slice(&audio.to_f32());
    }
    let (rate, channels) = format.unwrap_or((1, 1));
    Ok(Some(Audio::from_f32(rate, channels, samples)?.into()))
}

fn stack_tensors(payloads: &[Payload]) -> Result<Option<Payload>, PayloadError> {
    let mut bytes = Vec::new();
    let mut like: Option<&Tensor> = None;
    for payload in payloads {
        let Payload::Tensor(tensor) = payload else { return Ok(None) };
        let first = like.get_or_insert(tensor);
        if (first.dtype(), first.shape()) != (tensor.dtype(), tensor.shape()) {
            return Ok(None);
        }
        bytes.extend_from_slice(tensor.to_contiguous().as_bytes());
    }
    let Some(like) = like else { return Ok(None) };
    let shape = [&[payloads.len()], like.shape()].concat();
    Ok(Some(Tensor::new(like.dtype(), shape, Buffer::from(bytes))?.into()))
}
