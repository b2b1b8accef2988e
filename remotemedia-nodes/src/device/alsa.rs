//! Sound devices on Linux, through ALSA's library, which is loaded when the first device is opened.

use std::ffi::{CStr, CString, c_char, c_int, c_long, c_uint, c_ulong, c_void};
use std::ptr::{self, NonNull};
use std::sync::OnceLock;

use libloading::Library;
use remotemedia_core::audio::{Audio, Layout, SampleFormat};
use remotemedia_core::buffer::Buffer;
use remotemedia_core::error::{NodeError, NodeResult};

use crate::audio::convert::convert;

/// Which way the sound goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Out of the computer.
    Playback = 0,
    /// Into the computer.
    Capture = 1,
}

/// An open sound device.
pub(crate) struct Pcm {
    alsa: &'static Alsa,
    handle: NonNull<c_void>,
    name: String,
    direction: Direction,
    format: SampleFormat,
    rate: u32,
    channels: u16,
}

// SAFETY: an ALSA handle belongs to no thread; it must not be used by two at once, which `&mut self` sees to.
unsafe impl Send for Pcm {}

impl Pcm {
    /// Opens the device `name`, which converts to `rate` and `channels` if the hardware has others.
    ///
    /// # Errors
    /// If ALSA is not installed, or it has no such device, or the device is busy or cannot do what is asked.
    pub(crate) fn open(name: &str, direction: Direction, rate: u32, channels: u16) -> NodeResult<Self> {
        let alsa = Alsa::load().map_err(|error| missing(name, error))?;
        let c_name = CString::new(name)?;
        let mut handle = ptr::null_mut();
        // SAFETY: the name ends in a zero byte and the handle is written before it is read.
        let code = unsafe { (alsa.open)(&mut handle, c_name.as_ptr(), direction as c_int, 0) };
        let opened = alsa.check(code).map(|_| NonNull::new(handle));
        let Ok(Some(handle)) = opened else {
            let why = opened.err().unwrap_or_default();
            return Err(NodeError::new(format!("sound device \"{name}\" cannot be opened: {why}")));
        };
        let mut pcm =
            Self { alsa, handle, name: name.to_owned(), direction, format: SampleFormat::F32, rate, channels };
        pcm.set_up()?;
        pcm.start()?;
        Ok(pcm)
    }

    /// Records `frames` frames, waiting for them.
    ///
    /// # Errors
    /// If the device fails or is unplugged.
    pub(crate) fn read(&mut self, frames: usize) -> NodeResult<Audio> {
        let mut samples = vec![0u64; (frames * self.frame_bytes()).div_ceil(size_of::<u64>())];
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut samples);
        let read = loop {
            // SAFETY: `bytes` has room for `frames` frames of the format that was set up.
            let count =
                unsafe { (self.alsa.readi)(self.handle.as_ptr(), bytes.as_mut_ptr().cast(), frames as c_ulong) };
            if count >= 0 {
                break count as usize;
            }
            self.recover(count, "sound was lost: packets were not taken in time")?;
        };
        let data = Buffer::from(samples).slice(0..read * self.frame_bytes());
        Ok(Audio::new(self.format, Layout::Interleaved, self.rate, self.channels, data)?)
    }

    /// Plays a block, waiting until the device has taken it.
    ///
    /// # Errors
    /// If the device fails or is unplugged.
    pub(crate) fn write(&mut self, audio: Audio) -> NodeResult {
        let block = convert(audio, self.format, Layout::Interleaved)?;
        let mut bytes = block.buffer().as_bytes();
        while !bytes.is_empty() {
            let frames = bytes.len() / self.frame_bytes();
            // SAFETY: `bytes` holds `frames` frames of the format that was set up.
            let count = unsafe { (self.alsa.writei)(self.handle.as_ptr(), bytes.as_ptr().cast(), frames as c_ulong) };
            if count < 0 {
                self.recover(count, "sound was interrupted: packets did not come in time")?;
            } else {
                bytes = &bytes[count as usize * self.frame_bytes()..];
            }
        }
        Ok(())
    }

    /// Waits until everything that was written is heard.
    ///
    /// # Errors
    /// If the device fails.
    pub(crate) fn drain(&mut self) -> NodeResult {
        // SAFETY: the handle is open.
        let code = unsafe { (self.alsa.drain)(self.handle.as_ptr()) };
        self.alsa.check(code).map(drop).map_err(|why| self.failed(&why))
    }

    /// Silences what was written and is not yet heard.
    ///
    /// # Errors
    /// If the device fails.
    pub(crate) fn discard(&mut self) -> NodeResult {
        // SAFETY: the handle is open.
        let dropped = unsafe { (self.alsa.drop)(self.handle.as_ptr()) };
        // SAFETY: the handle is open.
        let prepared = unsafe { (self.alsa.prepare)(self.handle.as_ptr()) };
        self.alsa.check(dropped.min(prepared)).map(drop).map_err(|why| self.failed(&why))
    }

    /// Agrees with the device on a format: the first that it takes.
    fn set_up(&mut self) -> NodeResult {
        let mut why = String::new();
        for (format, code) in FORMATS {
            // SAFETY: the handle is open.
            let result = unsafe {
                (self.alsa.set_params)(
                    self.handle.as_ptr(),
                    code,
                    ACCESS_INTERLEAVED,
                    self.channels.into(),
                    self.rate,
                    1,
                    LATENCY_US,
                )
            };
            match self.alsa.check(result) {
                Ok(_) => {
                    self.format = format;
                    return Ok(());
                }
                Err(error) => why = error,
            }
        }
        Err(NodeError::new(format!(
            "sound device \"{}\" cannot do {} Hz with {} channels: {why}",
            self.name, self.rate, self.channels
        )))
    }

    /// Starts to record. Playback starts by itself once there is enough to play, but recording would wait for a read of
    /// the whole buffer.
    fn start(&mut self) -> NodeResult {
        if self.direction == Direction::Playback {
            return Ok(());
        }
        // SAFETY: the handle is open.
        let code = unsafe { (self.alsa.start)(self.handle.as_ptr()) };
        self.alsa.check(code).map(drop).map_err(|why| self.failed(&why))
    }

    /// Goes on after a stream ran dry or over, which `what` describes.
    fn recover(&mut self, code: c_long, what: &str) -> NodeResult {
        let code = code as c_int;
        // SAFETY: the handle is open.
        let recovered = unsafe { (self.alsa.recover)(self.handle.as_ptr(), code, 1) };
        self.alsa.check(recovered).map_err(|why| self.failed(&why))?;
        tracing::warn!(device = self.name, "{what}");
        self.start()
    }

    fn failed(&self, why: &str) -> NodeError {
        NodeError::new(format!("sound device \"{}\" failed: {why}", self.name))
    }

    fn frame_bytes(&self) -> usize {
        self.format.size() * usize::from(self.channels)
    }
}

impl Drop for Pcm {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and nothing uses it afterwards.
        unsafe { (self.alsa.close)(self.handle.as_ptr()) };
    }
}

/// The functions of ALSA's library that are used, and the library that keeps them in place.
struct Alsa {
    open: unsafe extern "C" fn(*mut *mut c_void, *const c_char, c_int, c_int) -> c_int,
    set_params: unsafe extern "C" fn(*mut c_void, c_int, c_int, c_uint, c_uint, c_int, c_uint) -> c_int,
    readi: unsafe extern "C" fn(*mut c_void, *mut c_void, c_ulong) -> c_long,
    writei: unsafe extern "C" fn(*mut c_void, *const c_void, c_ulong) -> c_long,
    recover: unsafe extern "C" fn(*mut c_void, c_int, c_int) -> c_int,
    start: unsafe extern "C" fn(*mut c_void) -> c_int,
    drain: unsafe extern "C" fn(*mut c_void) -> c_int,
    drop: unsafe extern "C" fn(*mut c_void) -> c_int,
    prepare: unsafe extern "C" fn(*mut c_void) -> c_int,
    close: unsafe extern "C" fn(*mut c_void) -> c_int,
    strerror: unsafe extern "C" fn(c_int) -> *const c_char,
    _library: Library,
}

impl Alsa {
    /// The library, loaded once; a library that was missing is looked for again.
    fn load() -> Result<&'static Self, libloading::Error> {
        static LOADED: OnceLock<Alsa> = OnceLock::new();
        match LOADED.get() {
            Some(loaded) => Ok(loaded),
            None => {
                let library = Self::from_library(LIBRARY)?;
                Ok(LOADED.get_or_init(|| library))
            }
        }
    }

    fn from_library(name: &str) -> Result<Self, libloading::Error> {
        // SAFETY: ALSA's library runs nothing of consequence when it is loaded.
        let library = unsafe { Library::new(name) }?;
        // SAFETY: the types are those that alsa/pcm.h and alsa/error.h declare, and the functions stay in place as long
        // as the library, which is kept beside them.
        unsafe {
            Ok(Self {
                open: *library.get(b"snd_pcm_open\0")?,
                set_params: *library.get(b"snd_pcm_set_params\0")?,
                readi: *library.get(b"snd_pcm_readi\0")?,
                writei: *library.get(b"snd_pcm_writei\0")?,
                recover: *library.get(b"snd_pcm_recover\0")?,
                start: *library.get(b"snd_pcm_start\0")?,
                drain: *library.get(b"snd_pcm_drain\0")?,
                drop: *library.get(b"snd_pcm_drop\0")?,
                prepare: *library.get(b"snd_pcm_prepare\0")?,
                close: *library.get(b"snd_pcm_close\0")?,
                strerror: *library.get(b"snd_strerror\0")?,
                _library: library,
            })
        }
    }

    /// What a function returned, or ALSA's words for the error it means.
    fn check(&self, code: c_int) -> Result<c_int, String> {
        if code >= 0 {
            return Ok(code);
        }
        // SAFETY: every number has a text, which stays in place.
        let text = unsafe { CStr::from_ptr((self.strerror)(code)) };
        Err(text.to_string_lossy().into_owned())
    }
}

/// The library's name, if it can be loaded.
///
/// # Errors
/// If it is not there.
pub(crate) fn library() -> NodeResult<&'static str> {
    Alsa::load().map_err(|error| NodeError::new(absent()).with_source(error))?;
    Ok(LIBRARY)
}

fn missing(device: &str, error: libloading::Error) -> NodeError {
    NodeError::new(format!("sound device \"{device}\" cannot be opened: {}", absent())).with_source(error)
}

fn absent() -> String {
    format!(
        "{LIBRARY} is not there; install it (Debian: libasound2, Ubuntu: libasound2t64, Fedora: alsa-lib), or use a \
         file: or test: device"
    )
}

/// The library's name for programs that were built against any version of its present interface.
const LIBRARY: &str = "libasound.so.2";

/// `SND_PCM_ACCESS_RW_INTERLEAVED`.
const ACCESS_INTERLEAVED: c_int = 3;

/// The formats to try, with ALSA's numbers for their little-endian forms.
const FORMATS: [(SampleFormat, c_int); 4] =
    [(SampleFormat::F32, 14), (SampleFormat::S16, 2), (SampleFormat::S32, 10), (SampleFormat::U8, 1)];

/// How much sound the device holds at most, in microseconds.
const LATENCY_US: c_uint = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_is_missing_is_an_error_that_says_what_to_install() {
        let error = Alsa::from_library("libno-such-sound.so.9").err().unwrap();
        assert_eq!(
            missing("default", error).to_string(),
            "sound device \"default\" cannot be opened: libasound.so.2 is not there; install it (Debian: libasound2, \
             Ubuntu: libasound2t64, Fedora: alsa-lib), or use a file: or test: device"
        );
    }

    #[test]
    fn a_library_without_the_functions_is_an_error_and_no_crash() {
        assert!(Alsa::from_library("libc.so.6").is_err());
    }
}
