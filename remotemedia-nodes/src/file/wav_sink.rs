//! WavSink: writes audio to a WAV file.

use std::path::{Path, PathBuf};

use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use super::wav_writer::{WavFormat, WavWriter};
use crate::audio::take_audio;

/// What WavSink is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WavSinkParams {
    /// The file to write; one that is there already is replaced.
    path: PathBuf,
    /// The format of the samples in the file.
    #[serde(default)]
    format: WavFormat,
}

/// What a MediaWriterNode, the earlier package's writer, is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MediaWriterParams {
    /// The WAV file to write; one that is there already is replaced.
    output_path: PathBuf,
}

/// Writes audio to a WAV file as it comes, and gives nothing. Times are not looked at: packets follow each other.
///
/// The file is created when the session starts and complete when it ends, also after errors and when it is cancelled:
/// then it holds what came until then. Without any packets it is an empty WAV file. All packets must have the rate and
/// channels of the first. Samples beyond full scale stop at full scale, but in float files.
pub struct WavSink {
    path: PathBuf,
    format: WavFormat,
    writer: Option<WavWriter>,
}

impl WavSink {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("WavSink")
            .summary("Writes audio to a WAV file")
            .inputs(&[("in", PayloadKind::Audio)])
            .lane(Lane::Blocking)
            .sink()
    }

    /// A node that does what `params` say.
    ///
    /// # Errors
    /// If the path names another kind of file.
    pub fn new(params: WavSinkParams) -> NodeResult<Self> {
        Self::to_path(params.path, params.format)
    }

    /// What the registry knows about the earlier package's writer.
    pub(crate) fn earlier_spec() -> NodeSpec {
        NodeSpec { node_type: "MediaWriterNode".to_owned(), ..Self::spec() }
    }

    /// The earlier package's writer.
    pub(crate) fn earlier(params: MediaWriterParams) -> NodeResult<Self> {
        Self::to_path(params.output_path, WavFormat::S16)
    }

    fn to_path(path: PathBuf, format: WavFormat) -> NodeResult<Self> {
        check_extension(&path)?;
        Ok(Self { path, format, writer: None })
    }
}

impl Node for WavSink {
    fn initialize(&mut self, _cx: &NodeContext) -> NodeResult {
        self.writer = Some(WavWriter::create(&self.path, self.format)?);
        Ok(())
    }

    fn process(&mut self, mut packet: Packet, _out: &mut Outputs<'_>) -> NodeResult {
        let audio = take_audio(&mut packet)?;
        match &mut self.writer {
            Some(writer) => writer.write(audio),
            None => Err(NodeError::new(format!("{} is not open: initialize comes first", self.path.display()))),
        }
    }

    fn flush(&mut self, _out: &mut Outputs<'_>) -> NodeResult {
        self.cleanup()
    }

    fn cleanup(&mut self) -> NodeResult {
        self.writer.take().map_or(Ok(()), |mut writer| writer.finish())
    }
}

/// Refuses names of other kinds of file, which would hold WAV all the same.
pub(crate) fn check_extension(path: &Path) -> NodeResult {
    match path.extension() {
        Some(extension) if !extension.eq_ignore_ascii_case("wav") && !extension.eq_ignore_ascii_case("wave") => {
            Err(NodeError::new(format!("{} cannot be written: only WAV files can, named .wav", path.display())))
        }
        _ => Ok(()),
    }
}
