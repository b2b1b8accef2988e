//! Converts a continuous stretch of audio to another rate and number of channels.

use remotemedia_core::audio::Audio;
use remotemedia_core::error::NodeResult;

use super::mixer::Mixer;
use super::quality::Quality;
use super::resampler::Resampler;

/// Makes the mixer from one number of channels to another.
pub(crate) type Mix = fn(u16, u16) -> Mixer;

/// A resampler between two mixers, each where it is needed.
pub(crate) struct Converter {
    rate: u32,
    channels: u16,
    /// Channels are dropped before resampling and added after it, whichever is less work.
    before: Option<Mixer>,
    resampler: Option<Resampler>,
    after: Option<Mixer>,
}

impl Converter {
    /// Converts audio like `like` to `rate` frames per second of `channels` channels, which `mix` makes.
    ///
    /// # Errors
    /// If the rates are too far apart.
    pub(crate) fn new(like: &Audio, rate: u32, channels: u16, quality: Quality, mix: Mix) -> NodeResult<Self> {
        let narrowest = like.channels().min(channels);
        let resampler =
            (like.rate() != rate).then(|| Resampler::new(like.rate(), rate, narrowest, quality)).transpose()?;
        Ok(Self {
            rate,
            channels,
            before: (like.channels() > narrowest).then(|| mix(like.channels(), narrowest)),
            resampler,
            after: (channels > narrowest).then(|| mix(narrowest, channels)),
        })
    }

    /// Takes a block and gives the frames that are complete by now, possibly none.
    ///
    /// # Errors
    /// None that a block like the first can cause.
    pub(crate) fn push(&mut self, audio: &Audio) -> NodeResult<Audio> {
        let samples = self.push_samples(audio);
        self.pack(samples)
    }

    /// Gives what is left at the end of the stretch, possibly nothing, and starts anew.
    ///
    /// # Errors
    /// None that a block like the first can cause.
    pub(crate) fn finish(&mut self) -> NodeResult<Audio> {
        let tail = self.resampler.as_mut().map(Resampler::finish).unwrap_or_default();
        self.pack(tail)
    }

    /// Converts a block that stands alone, its length rounded up to a whole frame, and starts anew.
    ///
    /// # Errors
    /// None that a block like the first can cause.
    pub(crate) fn convert_alone(&mut self, audio: &Audio) -> NodeResult<Audio> {
        let mut samples = self.push_samples(audio);
        samples.extend(self.resampler.as_mut().map(Resampler::finish_rounded_up).unwrap_or_default());
        self.pack(samples)
    }

    fn push_samples(&mut self, audio: &Audio) -> Vec<f32> {
        let mut samples = audio.to_f32();
        if let Some(mixer) = &self.before {
            samples = mixer.apply(&samples).into();
        }
        match &mut self.resampler {
            Some(resampler) => resampler.push(&samples),
            None => samples.into_owned(),
        }
    }

    fn pack(&self, samples: Vec<f32>) -> NodeResult<Audio> {
        let samples = match &self.after {
            Some(mixer) => mixer.apply(&samples),
            None => samples,
        };
        Ok(Audio::from_f32(self.rate, self.channels, samples)?)
    }
}
