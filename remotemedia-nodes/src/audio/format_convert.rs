//! FormatConvert: changes the sample format and the memory layout.

use remotemedia_core::audio::{Layout, SampleFormat};
use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::convert::convert;
use super::{RuntimeHint, take_audio};

/// What FormatConvert is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormatConvertParams {
    /// The format of the samples that come out.
    format: TargetFormat,
    /// How the channels lie in memory; as they came where it is not given.
    layout: Option<TargetLayout>,
}

/// What a FormatConverterNode, the earlier package's format conversion, is told.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FormatConverterNodeParams {
    /// The format of the samples that come out.
    target_format: EarlierFormat,
    /// Taken for the sake of earlier manifests; it changes nothing.
    runtime_hint: RuntimeHint,
}

/// A sample format, by the earlier package's name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EarlierFormat {
    /// Floating point, full scale at ±1.
    #[default]
    F32,
    /// Signed 16-bit.
    I16,
    /// Signed 32-bit.
    I32,
}

/// A sample format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TargetFormat {
    /// Unsigned 8-bit, silence at 128.
    U8,
    /// Signed 16-bit.
    S16,
    /// Signed 32-bit.
    S32,
    /// Floating point, full scale at ±1.
    F32,
    /// Double-precision floating point, full scale at ±1.
    F64,
}

/// How the channels of a block lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TargetLayout {
    /// One frame after the other: left, right, left, right.
    Interleaved,
    /// One channel after the other.
    Planar,
}

/// Changes the sample format and the memory layout. Integers round to the nearest value and stop at full scale; audio
/// that is right already passes untouched.
pub struct FormatConvert {
    format: SampleFormat,
    layout: Option<Layout>,
}

impl FormatConvert {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("FormatConvert")
            .summary("Changes the sample format and memory layout of audio")
            .ports(PayloadKind::Audio, PayloadKind::Audio)
    }

    /// A node that does what `params` say.
    ///
    /// # Errors
    /// None; for the registry.
    pub fn new(params: FormatConvertParams) -> NodeResult<Self> {
        Ok(Self { format: params.format.into(), layout: params.layout.map(Into::into) })
    }

    /// What the registry knows about the earlier package's format conversion.
    pub(crate) fn earlier_spec() -> NodeSpec {
        NodeSpec { node_type: "FormatConverterNode".to_owned(), ..Self::spec() }
    }

    /// The earlier package's format conversion.
    pub(crate) fn earlier(params: FormatConverterNodeParams) -> NodeResult<Self> {
        let format = match params.target_format {
            EarlierFormat::F32 => SampleFormat::F32,
            EarlierFormat::I16 => SampleFormat::S16,
            EarlierFormat::I32 => SampleFormat::S32,
        };
        Ok(Self { format, layout: None })
    }
}

impl From<TargetFormat> for SampleFormat {
    fn from(format: TargetFormat) -> Self {
        match format {
            TargetFormat::U8 => Self::U8,
            TargetFormat::S16 => Self::S16,
            TargetFormat::S32 => Self::S32,
            TargetFormat::F32 => Self::F32,
            TargetFormat::F64 => Self::F64,
        }
    }
}

impl From<TargetLayout> for Layout {
    fn from(layout: TargetLayout) -> Self {
        match layout {
            TargetLayout::Interleaved => Self::Interleaved,
            TargetLayout::Planar => Self::Planar,
        }
    }
}

impl Node for FormatConvert {
    fn process(&mut self, mut packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let audio = take_audio(&mut packet)?;
        let layout = self.layout.unwrap_or(audio.layout());
        out.emit(packet.with_payload(convert(audio, self.format, layout)?))
    }
}
