//! Reads the header of a WAV file: RIFF, and RF64 for files beyond 4 GiB.

use std::fmt;
use std::io::{self, Read};

use remotemedia_core::audio::Audio;

/// What the header says of the samples that follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) coding: Coding,
    pub(crate) rate: u32,
    pub(crate) channels: u16,
    /// How many bytes of samples follow.
    pub(crate) data: DataSize,
}

/// How many bytes of samples a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DataSize {
    /// So many.
    Exactly(u64),
    /// So many or fewer: what wrote the file could not know, as when it wrote into a pipe.
    AtMost(u64),
}

/// How one sample is written, little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    U8,
    S16,
    S24,
    S32,
    F32,
    F64,
}

/// Why there is no [`Header`].
#[derive(Debug)]
pub(crate) enum HeaderError {
    /// The file is no WAV file, or one that holds neither PCM nor float.
    Other,
    /// The file ends within the header, before the named thing.
    Truncated { before: &'static str },
    /// The header contradicts itself or names what cannot be.
    Invalid(String),
    /// The file cannot be read.
    Io(io::Error),
}

impl Header {
    /// Reads up to the first sample.
    ///
    /// # Errors
    /// If the file is of another kind, cut short, damaged or unreadable.
    pub(crate) fn read(input: &mut impl Read) -> Result<Self, HeaderError> {
        let mut riff = [0; 12];
        let found = read_up_to(input, &mut riff)?;
        if !matches!(&riff[..4], b"RIFF" | b"RF64") || found == 12 && &riff[8..] != b"WAVE" {
            return Err(HeaderError::Other);
        }
        if found < 12 {
            return Err(HeaderError::Truncated { before: "its kind" });
        }
        let unfinished = riff[4..8] == [0; 4];
        let (mut format, mut long_data) = (None, None);
        loop {
            let (id, size) = chunk(input, format.is_some())?;
            match &id {
                b"fmt " => format = Some(Format::read(input, size)?),
                b"ds64" => long_data = Some(read_ds64(input, size)?),
                b"data" => {
                    let format = format.ok_or_else(|| {
                        HeaderError::Invalid("the WAV header has no fmt chunk before its data".into())
                    })?;
                    return format.header(DataSize::new(size, long_data, unfinished));
                }
                _ => skip(input, u64::from(size) + u64::from(size % 2))?,
            }
        }
    }

    /// The size of one sample of every channel.
    pub(crate) fn frame_bytes(&self) -> usize {
        self.coding.bytes() * usize::from(self.channels)
    }
}

impl DataSize {
    /// What the size in the data chunk means, with the one in the ds64 chunk, in a file that may have been left
    /// `unfinished`.
    fn new(size: u32, long: Option<u64>, unfinished: bool) -> Self {
        match (size, long) {
            (u32::MAX, Some(long)) => Self::Exactly(long),
            (u32::MAX, None) => Self::AtMost(u64::MAX),
            (0, _) if unfinished => Self::AtMost(u64::MAX),
            (UNKNOWN_FROM.., _) => Self::AtMost(size.into()),
            (size, _) => Self::Exactly(size.into()),
        }
    }

    /// The most there can be.
    pub(crate) fn bytes(self) -> u64 {
        match self {
            Self::Exactly(bytes) | Self::AtMost(bytes) => bytes,
        }
    }
}

impl Coding {
    fn new(tag: u16, bytes: u16) -> Option<Self> {
        match (tag, bytes) {
            (PCM, 1) => Some(Self::U8),
            (PCM, 2) => Some(Self::S16),
            (PCM, 3) => Some(Self::S24),
            (PCM, 4) => Some(Self::S32),
            (FLOAT, 4) => Some(Self::F32),
            (FLOAT, 8) => Some(Self::F64),
            _ => None,
        }
    }

    fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::S16 => 2,
            Self::S24 => 3,
            Self::S32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }
}

/// The fmt chunk.
struct Format {
    tag: u16,
    channels: u16,
    rate: u32,
    frame_bytes: u16,
    bits: u16,
}

impl Format {
    fn read(input: &mut impl Read, size: u32) -> Result<Self, HeaderError> {
        let mut bytes = [0; 40];
        let kept = (size as usize).min(bytes.len());
        if kept < 16 {
            return Err(HeaderError::Invalid(format!("the WAV fmt chunk has {size} bytes, expected at least 16")));
        }
        fill(input, &mut bytes[..kept], "the end of its fmt chunk")?;
        skip(input, u64::from(size) - kept as u64 + u64::from(size % 2))?;
        let word = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let tag = match word(0) {
            // What the samples are stands in the first two bytes of the extension's GUID.
            EXTENSIBLE if kept >= 26 => word(24),
            tag => tag,
        };
        let rate = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
        Ok(Self { tag, channels: word(2), rate, frame_bytes: word(12), bits: word(14) })
    }

    fn header(self, data: DataSize) -> Result<Header, HeaderError> {
        if !matches!(self.tag, PCM | FLOAT) {
            return Err(HeaderError::Other);
        }
        let invalid = |what: String| Err(HeaderError::Invalid(format!("the WAV header says {what}")));
        if !(1..=Audio::MAX_CHANNELS).contains(&self.channels) {
            return invalid(format!("{} channels, expected 1 to {}", self.channels, Audio::MAX_CHANNELS));
        }
        if self.rate == 0 {
            return invalid("0 Hz, expected at least 1".into());
        }
        // Samples of odd widths, such as 12 or 20 bits, stand in the upper bits of whole bytes.
        let coding = Coding::new(self.tag, self.frame_bytes / self.channels);
        let Some(coding) =
            coding.filter(|coding| coding.bytes() * usize::from(self.channels) == usize::from(self.frame_bytes))
        else {
            let kind = if self.tag == FLOAT { "float" } else { "PCM" };
            return invalid(format!(
                "{}-bit {kind} in frames of {} bytes for {} channels, expected PCM of 8, 16, 24 or 32 bits or \
                 float of 32 or 64 bits",
                self.bits, self.frame_bytes, self.channels
            ));
        };
        Ok(Header { coding, rate: self.rate, channels: self.channels, data })
    }
}

impl From<io::Error> for HeaderError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other => f.write_str("not a WAV file of PCM or float samples"),
            Self::Truncated { before } => write!(f, "the WAV header ends before {before}"),
            Self::Invalid(what) => f.write_str(what),
            Self::Io(error) => write!(f, "cannot be read: {error}"),
        }
    }
}

/// The id and size of the next chunk.
fn chunk(input: &mut impl Read, format_known: bool) -> Result<([u8; 4], u32), HeaderError> {
    let before = if format_known { "its data" } else { "its fmt chunk" };
    let (mut id, mut size) = ([0; 4], [0; 4]);
    fill(input, &mut id, before)?;
    fill(input, &mut size, before)?;
    Ok((id, u32::from_le_bytes(size)))
}

/// The size of the data in an RF64 file.
fn read_ds64(input: &mut impl Read, size: u32) -> Result<u64, HeaderError> {
    let mut bytes = [0; 16];
    fill(input, &mut bytes, "the end of its ds64 chunk")?;
    skip(input, u64::from(size.saturating_sub(16)) + u64::from(size % 2))?;
    Ok(bytes[8..].iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

fn fill(input: &mut impl Read, bytes: &mut [u8], before: &'static str) -> Result<(), HeaderError> {
    let expected = bytes.len();
    if read_up_to(input, bytes)? < expected { Err(HeaderError::Truncated { before }) } else { Ok(()) }
}

/// Reads until `bytes` are full or the input ends, and says how many were read.
fn read_up_to(input: &mut impl Read, bytes: &mut [u8]) -> io::Result<usize> {
    let mut found = 0;
    while found < bytes.len() {
        match input.read(&mut bytes[found..]) {
            Ok(0) => break,
            Ok(count) => found += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

fn skip(input: &mut impl Read, bytes: u64) -> io::Result<()> {
    io::copy(&mut input.take(bytes), &mut io::sink()).map(drop)
}

const PCM: u16 = 1;
const FLOAT: u16 = 3;
const EXTENSIBLE: u16 = 0xfffe;

/// From here on a 32-bit size is one that was not known: sox and ffmpeg put 2 or 4 GiB less a header.
const UNKNOWN_FROM: u32 = 0x7fff_0000;
