//! Writes WAV files block by block.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use remotemedia_core::audio::{Audio, Layout, SampleFormat};
use remotemedia_core::error::{NodeError, NodeResult};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audio::convert::convert;

/// The format of the samples in a WAV file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WavFormat {
    /// Unsigned 8-bit.
    U8,
    /// Signed 16-bit.
    #[default]
    S16,
    /// Signed 24-bit.
    S24,
    /// Signed 32-bit.
    S32,
    /// Floating point.
    F32,
    /// Double-precision floating point.
    F64,
}

/// A WAV file that is being written.
///
/// Until [`finish`](Self::finish) the header says that the length is not known, so that what was written can be read
/// even if the process dies.
pub(crate) struct WavWriter {
    path: PathBuf,
    file: File,
    format: WavFormat,
    /// Rate and channels of the blocks, once the first has come.
    shape: Option<(u32, u16)>,
    data_bytes: u64,
    finished: bool,
}

impl WavFormat {
    fn bits(self) -> u16 {
        match self {
            Self::U8 => 8,
            Self::S16 => 16,
            Self::S24 => 24,
            Self::S32 | Self::F32 => 32,
            Self::F64 => 64,
        }
    }

    fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }

    fn in_packets(self) -> SampleFormat {
        match self {
            Self::U8 => SampleFormat::U8,
            Self::S16 => SampleFormat::S16,
            Self::S24 | Self::S32 => SampleFormat::S32,
            Self::F32 => SampleFormat::F32,
            Self::F64 => SampleFormat::F64,
        }
    }
}

impl WavWriter {
    /// Creates the file at `path`, or empties it.
    ///
    /// # Errors
    /// If the file cannot be created.
    pub(crate) fn create(path: &Path, format: WavFormat) -> NodeResult<Self> {
        let file = File::create(path).map_err(|error| {
            NodeError::new(format!("{} cannot be created: {error}", path.display())).with_source(error)
        })?;
        Ok(Self { path: path.to_owned(), file, format, shape: None, data_bytes: 0, finished: false })
    }

    /// Adds a block.
    ///
    /// # Errors
    /// If its rate or channels differ from those of the first block, or the disk is full, or the file too long.
    pub(crate) fn write(&mut self, audio: Audio) -> NodeResult {
        let shape = (audio.rate(), audio.channels());
        match self.shape {
            Some(first) if first != shape => {
                return Err(NodeError::new(format!(
                    "audio at {} Hz with {} channels, expected {} Hz and {} channels as in the packets before",
                    shape.0, shape.1, first.0, first.1
                )));
            }
            Some(_) => {}
            None => {
                self.shape = Some(shape);
                self.io(|writer| writer.write_header(UNKNOWN_BYTES))?;
            }
        }
        let block = convert(audio, self.format.in_packets(), Layout::Interleaved)?;
        let bytes = block.buffer().as_bytes();
        if self.format == WavFormat::S24 { self.append(&upper_three_bytes(bytes)) } else { self.append(bytes) }
    }

    /// Writes what the header has to say of the whole. Nothing can be added afterwards; a second call does nothing.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(crate) fn finish(&mut self) -> NodeResult {
        if std::mem::replace(&mut self.finished, true) {
            return Ok(());
        }
        self.io(|writer| {
            // Chunks have even sizes.
            writer.file.write_all(&[0][..(writer.data_bytes % 2) as usize])?;
            writer.file.seek(SeekFrom::Start(0))?;
            writer.write_header(writer.data_bytes as u32)
        })
    }

    fn append(&mut self, bytes: &[u8]) -> NodeResult {
        if self.data_bytes + bytes.len() as u64 > MAX_DATA_BYTES {
            return Err(NodeError::new(format!("{}: a WAV file holds no more than 4 GiB", self.path.display())));
        }
        self.io(|writer| writer.file.write_all(bytes))?;
        self.data_bytes += bytes.len() as u64;
        Ok(())
    }

    fn write_header(&mut self, data_bytes: u32) -> io::Result<()> {
        let (rate, channels) = self.shape.unwrap_or(EMPTY_SHAPE);
        let header = header(self.format, rate, channels, data_bytes);
        self.file.write_all(&header)
    }

    fn io(&mut self, work: impl FnOnce(&mut Self) -> io::Result<()>) -> NodeResult {
        work(self).map_err(|error| {
            NodeError::new(format!("{} cannot be written: {error}", self.path.display())).with_source(error)
        })
    }
}

/// All that stands before the samples.
fn header(format: WavFormat, rate: u32, channels: u16, data_bytes: u32) -> Vec<u8> {
    let format_chunk = format_chunk(format, rate, channels);
    let frame_bytes = u32::from(format.bits() / 8) * u32::from(channels);
    let mut rest = b"WAVE".to_vec();
    put_chunk(&mut rest, b"fmt ", &format_chunk);
    if format.is_float() {
        put_chunk(&mut rest, b"fact", &(data_bytes / frame_bytes).to_le_bytes());
    }
    rest.extend(b"data");
    rest.extend(data_bytes.to_le_bytes());

    let riff_bytes =
        if data_bytes == UNKNOWN_BYTES { UNKNOWN_BYTES } else { rest.len() as u32 + data_bytes.next_multiple_of(2) };
    [b"RIFF", &riff_bytes.to_le_bytes()[..], &rest].concat()
}

fn format_chunk(format: WavFormat, rate: u32, channels: u16) -> Vec<u8> {
    let frame_bytes = format.bits() / 8 * channels;
    let tag: u16 = if format.is_float() { 3 } else { 1 };
    // More than two channels need the extensible form; it is avoided otherwise, since many readers lack it.
    let extensible = channels > 2;
    let mut chunk = Vec::new();
    chunk.extend(if extensible { 0xfffe } else { tag }.to_le_bytes());
    chunk.extend(channels.to_le_bytes());
    chunk.extend(rate.to_le_bytes());
    chunk.extend(rate.saturating_mul(frame_bytes.into()).to_le_bytes());
    chunk.extend(frame_bytes.to_le_bytes());
    chunk.extend(format.bits().to_le_bytes());
    if extensible {
        chunk.extend(22u16.to_le_bytes());
        chunk.extend(format.bits().to_le_bytes());
        chunk.extend(speakers(channels).to_le_bytes());
        chunk.extend(tag.to_le_bytes());
        chunk.extend(b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71");
    } else if format.is_float() {
        chunk.extend(0u16.to_le_bytes());
    }
    chunk
}

/// The mask of the usual speakers for so many channels; none for numbers that have no usual speakers.
fn speakers(channels: u16) -> u32 {
    match channels {
        3 => 0x7,
        4 => 0x33,
        5 => 0x37,
        6 => 0x3f,
        7 => 0x70f,
        8 => 0x63f,
        _ => 0,
    }
}

fn put_chunk(bytes: &mut Vec<u8>, id: &[u8; 4], content: &[u8]) {
    bytes.extend(id);
    bytes.extend((content.len() as u32).to_le_bytes());
    bytes.extend(content);
}

fn upper_three_bytes(samples: &[u8]) -> Vec<u8> {
    samples.as_chunks::<4>().0.iter().flat_map(|[_, low, middle, high]| [*low, *middle, *high]).collect()
}

/// The size that says it is not known.
const UNKNOWN_BYTES: u32 = u32::MAX;

/// Sizes have 32 bits and count part of the header too.
const MAX_DATA_BYTES: u64 = u32::MAX as u64 - 1024;

/// What an empty file says it holds.
const EMPTY_SHAPE: (u32, u16) = (48_000, 1);
