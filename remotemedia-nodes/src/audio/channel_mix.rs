//! ChannelMix: changes the number of channels.

use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use super::mixer::Mixer;
use super::{check_channels, take_audio};

/// What ChannelMix is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelMixParams {
    /// How many channels come out, 1 to 256; one per row of `matrix` where that is given.
    #[schemars(range(min = 1, max = 256))]
    channels: Option<u16>,
    /// The gains, a row per output channel with one gain per input channel. Without it: one channel goes to all; all
    /// go to one as their mean; 5.1 and 7.1 go to stereo by the ITU weights; surplus inputs fold onto the outputs in
    /// turn, and surplus outputs are silent.
    matrix: Option<Vec<Vec<f32>>>,
}

/// Changes the number of channels of each packet. Audio that has the right number already passes untouched.
pub struct ChannelMix {
    channels: u16,
    matrix: Option<Mixer>,
    standard: Option<Mixer>,
}

impl ChannelMix {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("ChannelMix")
            .summary("Changes the number of audio channels")
            .ports(PayloadKind::Audio, PayloadKind::Audio)
    }

    /// A node that does what `params` say.
    ///
    /// # Errors
    /// If neither the channel count nor a matrix is given, or they do not fit each other.
    pub fn new(params: ChannelMixParams) -> NodeResult<Self> {
        let matrix = params.matrix.as_deref().map(Mixer::from_rows).transpose()?;
        let rows = params.matrix.as_ref().map(|rows| rows.len() as u64);
        let channels = match (params.channels, rows) {
            (Some(channels), Some(rows)) if u64::from(channels) != rows => {
                return Err(NodeError::new(format!(
                    "matrix has {rows} rows, expected one for each of the {channels} channels"
                )));
            }
            (Some(channels), _) => channels,
            (None, Some(rows)) => u16::try_from(rows).unwrap_or(u16::MAX),
            (None, None) => return Err(NodeError::new("params: channels or matrix is required")),
        };
        check_channels(channels)?;
        Ok(Self { channels, matrix, standard: None })
    }

    fn mixer(&mut self, inputs: u16) -> NodeResult<&Mixer> {
        if let Some(matrix) = &self.matrix {
            if matrix.inputs() != usize::from(inputs) {
                return Err(NodeError::new(format!(
                    "audio of {inputs} channels, expected {} as in the matrix",
                    matrix.inputs()
                )));
            }
            return Ok(matrix);
        }
        let outputs = self.channels;
        let fits = self.standard.as_ref().is_some_and(|mixer| mixer.inputs() == usize::from(inputs));
        if !fits {
            self.standard = None;
        }
        Ok(self.standard.get_or_insert_with(|| Mixer::standard(inputs, outputs)))
    }
}

impl Node for ChannelMix {
    fn process(&mut self, mut packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let audio = take_audio(&mut packet)?;
        if self.matrix.is_none() && audio.channels() == self.channels {
            return out.emit(packet.with_payload(audio));
        }
        let samples = self.mixer(audio.channels())?.apply(&audio.to_f32());
        out.emit(packet.with_payload(Audio::from_f32(audio.rate(), self.channels, samples)?))
    }
}
