//! Reads WAV files of PCM and floating-point samples.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use remotemedia_core::audio::{Audio, Layout, SampleFormat};
use remotemedia_core::buffer::Buffer;
use remotemedia_core::error::{NodeError, NodeResult};
use remotemedia_core::time::Span;

use super::input::Input;
use super::open;
use super::riff::{Coding, DataSize, Header, HeaderError};

/// An open WAV file, standing somewhere in its samples.
pub(crate) struct WavReader {
    path: PathBuf,
    input: BufReader<File>,
    header: Header,
    native: bool,
    /// Bytes of samples that were read, and that are still to be read.
    read: u64,
    left: u64,
    /// Whether the file ended before its header promised, which is still to be said.
    short: bool,
}

impl WavReader {
    /// Opens the file at `path`, or gives `None` if it is no WAV file, or one of a compressed kind. With `native` the
    /// samples keep the file's own format, 24-bit ones in 32 bits.
    ///
    /// # Errors
    /// If the file cannot be read, or its header is damaged.
    pub(crate) fn open(path: &Path, native: bool) -> NodeResult<Option<Self>> {
        let mut input = BufReader::new(open(path)?);
        match Header::read(&mut input) {
            Ok(header) => {
                let left = header.data.bytes();
                Ok(Some(Self { path: path.to_owned(), input, header, native, read: 0, left, short: false }))
            }
            Err(HeaderError::Other) => Ok(None),
            Err(error) => Err(NodeError::new(format!("{}: {error}", path.display()))),
        }
    }

    fn read_bytes(&mut self, count: u64) -> NodeResult<Vec<u8>> {
        let mut bytes = Vec::with_capacity(count as usize);
        let read = (&mut self.input).take(count).read_to_end(&mut bytes);
        read.map_err(|error| {
            self.left = 0;
            let after = self.span(self.read);
            NodeError::new(format!("{} cannot be read after {after}: {error}", self.path.display())).with_source(error)
        })?;
        Ok(bytes)
    }

    fn end(&mut self) -> NodeResult<Option<Audio>> {
        if !std::mem::take(&mut self.short) {
            return Ok(None);
        }
        Err(NodeError::new(format!(
            "{}: the file ends after {}, its header promises {}",
            self.path.display(),
            self.span(self.read),
            self.span(self.header.data.bytes())
        )))
    }

    fn decode(&self, bytes: &[u8]) -> NodeResult<Audio> {
        let (format, data) = match (self.header.coding, self.native) {
            (Coding::U8, true) => (SampleFormat::U8, Buffer::from(bytes.to_vec())),
            (Coding::S16, true) => (SampleFormat::S16, map(bytes, i16::from_le_bytes)),
            (Coding::S24, true) => (SampleFormat::S32, map(bytes, s24)),
            (Coding::S32, true) => (SampleFormat::S32, map(bytes, i32::from_le_bytes)),
            (Coding::F64, true) => (SampleFormat::F64, map(bytes, f64::from_le_bytes)),
            (Coding::U8, false) => (SampleFormat::F32, map(bytes, |[byte]| (f32::from(byte) - 128.0) / 128.0)),
            (Coding::S16, false) => {
                (SampleFormat::F32, map(bytes, |bytes| f32::from(i16::from_le_bytes(bytes)) / 32_768.0))
            }
            (Coding::S24, false) => (SampleFormat::F32, map(bytes, |bytes| wide(s24(bytes)))),
            (Coding::S32, false) => (SampleFormat::F32, map(bytes, |bytes| wide(i32::from_le_bytes(bytes)))),
            (Coding::F32, _) => (SampleFormat::F32, map(bytes, f32::from_le_bytes)),
            (Coding::F64, false) => (SampleFormat::F32, map(bytes, |bytes| f64::from_le_bytes(bytes) as f32)),
        };
        Ok(Audio::new(format, Layout::Interleaved, self.header.rate, self.header.channels, data)?)
    }

    fn span(&self, bytes: u64) -> Span {
        Span::of_samples(bytes / self.header.frame_bytes() as u64, self.header.rate)
    }
}

impl Input for WavReader {
    // What the file holds is given before it is said that the header promised more.
    fn next_block(&mut self) -> NodeResult<Option<Audio>> {
        let frame = self.header.frame_bytes() as u64;
        let wanted = (BLOCK_BYTES / frame).clamp(1, (self.left / frame).max(1)) * frame;
        if self.left < wanted {
            return self.end();
        }
        let bytes = self.read_bytes(wanted)?;
        self.read += bytes.len() as u64;
        self.left -= wanted;
        if (bytes.len() as u64) < wanted {
            self.short = matches!(self.header.data, DataSize::Exactly(_));
            self.left = 0;
        }
        let whole = bytes.len() - bytes.len() % frame as usize;
        if whole == 0 { self.end() } else { self.decode(&bytes[..whole]).map(Some) }
    }
}

fn map<const N: usize, T: bytemuck::Pod + Send + Sync>(bytes: &[u8], convert: impl Fn([u8; N]) -> T) -> Buffer {
    Buffer::from(bytes.as_chunks::<N>().0.iter().map(|bytes| convert(*bytes)).collect::<Vec<T>>())
}

/// A 24-bit sample in the upper bits of 32.
fn s24([low, middle, high]: [u8; 3]) -> i32 {
    i32::from_le_bytes([0, low, middle, high])
}

fn wide(sample: i32) -> f32 {
    (f64::from(sample) / 2_147_483_648.0) as f32
}

/// How much is read at a time.
const BLOCK_BYTES: u64 = 64 * 1024;
