//! VoiceActivity: finds speech by a neural network.

use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use super::cache;
use super::history::History;
use super::segmenter::{Segmenter, Settings, Utterance};
use super::silero::{self, Silero};

/// What [`VoiceActivity`] is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct VoiceActivityParams {
    /// The file with the Silero network, in the working directory or in its folder `models`.
    #[schemars(extend("format" = "model-file"))]
    model: String,
    /// The probability of speech from which on a frame counts as speech, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    threshold: f32,
    /// Shorter utterances are dropped, in milliseconds.
    min_speech_ms: u32,
    /// Shorter pauses do not end an utterance, in milliseconds.
    min_silence_ms: u32,
    /// How much of the audio before and after the speech belongs to the utterance, in milliseconds; at most
    /// `min_silence_ms`.
    padding_ms: u32,
    /// Longer utterances are cut where speech is least likely, in milliseconds, at least 1000.
    #[schemars(range(min = 1000))]
    max_utterance_ms: u32,
    /// What comes out: each utterance as one packet, or the audio as it came with the probability of speech.
    output: Output,
}

/// What [`VoiceActivity`] gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Output {
    /// One packet per utterance, with its time and duration and the attributes `probability_mean` and
    /// `probability_max`; `continues` where it was cut for its length.
    Utterances,
    /// Every packet as it came, with the attributes `probability` (the highest of the frames that ended in it) and
    /// `speech` (whether it ends within an utterance).
    Frames,
}

impl Default for VoiceActivityParams {
    fn default() -> Self {
        Self {
            model: "silero_vad_openvino_16k.onnx".to_owned(),
            threshold: 0.5,
            min_speech_ms: 250,
            min_silence_ms: 300,
            padding_ms: 30,
            max_utterance_ms: 30_000,
            output: Output::Utterances,
        }
    }
}

/// Finds speech in 16 kHz audio of one channel, whatever the size of its packets.
///
/// The optional port `probability` gives the probability of speech for each frame of 32 ms. Where the times of the
/// input jump by more than 40 ms, the utterance before is brought to its end first.
pub struct VoiceActivity {
    params: VoiceActivityParams,
    network: Option<Silero>,
    segmenter: Segmenter,
    history: History,
    /// The probability of the latest frame.
    latest: f32,
    utterances: u64,
    stream: u32,
}

impl VoiceActivity {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("VoiceActivity")
            .summary("Finds speech by a neural network (Silero): one packet per utterance, or a probability per packet")
            .ports(PayloadKind::Audio, PayloadKind::Audio)
            .optional_output("probability", PayloadKind::Number)
            .lane(Lane::Blocking)
    }

    /// A node that does what `params` say.
    ///
    /// # Errors
    /// If a parameter is out of range.
    pub fn new(params: VoiceActivityParams) -> NodeResult<Self> {
        check(&params)?;
        let samples = |ms: u32| u64::from(ms) * u64::from(silero::RATE) / 1000;
        let segmenter = Segmenter::new(Settings {
            threshold: params.threshold,
            min_speech: samples(params.min_speech_ms),
            min_silence: samples(params.min_silence_ms),
            padding: samples(params.padding_ms),
            max_utterance: samples(params.max_utterance_ms),
        });
        let history = History::default();
        Ok(Self { params, network: None, segmenter, history, latest: 0.0, utterances: 0, stream: 0 })
    }

    /// Puts every frame that `samples` complete through the network; gives the highest probability.
    fn hear(&mut self, mut samples: &[f32], out: &mut Outputs<'_>) -> NodeResult<Option<f32>> {
        let mut highest: Option<f32> = None;
        while let Some(probability) = network(&mut self.network)?.push(&mut samples)? {
            self.take_frame(probability, silero::FRAME, out)?;
            highest = Some(highest.map_or(probability, |highest| highest.max(probability)));
        }
        Ok(highest)
    }

    fn take_frame(&mut self, probability: f32, len: usize, out: &mut Outputs<'_>) -> NodeResult {
        self.latest = probability;
        let len = len as u64;
        let number = Packet::new(rounded(probability)).lasting(Span::of_samples(len, silero::RATE));
        out.emit_to(1, number.at(self.history.time_of(self.segmenter.position())))?;
        match self.segmenter.push(probability, len) {
            Some(utterance) => self.give(utterance, out),
            None => Ok(()),
        }
    }

    fn give(&mut self, utterance: Utterance, out: &mut Outputs<'_>) -> NodeResult {
        if self.params.output == Output::Frames {
            return Ok(());
        }
        let Some((audio, pts)) = self.history.cut(utterance.start..utterance.end)? else { return Ok(()) };
        self.utterances += 1;
        let duration = audio.duration();
        let mut packet = Packet::new(audio)
            .at(pts)
            .lasting(duration)
            .with_attribute("probability_mean", rounded(utterance.mean))
            .with_attribute("probability_max", rounded(utterance.max));
        if utterance.continues {
            packet = packet.with_attribute("continues", true);
        }
        packet.seq = Some(self.utterances);
        packet.stream = self.stream;
        out.emit(packet)
    }

    /// Brings the stretch of audio so far to its end.
    fn finish(&mut self, out: &mut Outputs<'_>) -> NodeResult {
        if let Some((probability, came)) = network(&mut self.network)?.finish()? {
            self.take_frame(probability, came, out)?;
        }
        if let Some(utterance) = self.segmenter.finish() {
            self.give(utterance, out)?;
        }
        self.forget();
        Ok(())
    }

    fn forget(&mut self) {
        if let Some(network) = &mut self.network {
            network.reset();
        }
        self.segmenter.reset_to(self.history.end());
        self.history.clear();
        self.latest = 0.0;
    }
}

impl Node for VoiceActivity {
    fn initialize(&mut self, _cx: &NodeContext) -> NodeResult {
        self.network = Some(Silero::new(cache::open(&self.params.model, REMEDY)?)?);
        Ok(())
    }

    fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let audio = readable(packet.payload.clone().into_audio()?)?;
        if packet.pts.is_some_and(|pts| self.history.jumps_to(pts)) {
            self.finish(out)?;
        }
        self.stream = packet.stream;
        self.history.push(audio.clone(), packet.pts);
        let highest = self.hear(&audio.to_f32(), out)?;
        if self.params.output == Output::Utterances {
            self.history.forget_before(self.segmenter.needed_from());
            return Ok(());
        }
        self.history.forget_before(self.segmenter.position());
        let probability = highest.unwrap_or(self.latest);
        out.emit(
            packet
                .with_attribute("probability", rounded(probability))
                .with_attribute("speech", self.segmenter.is_open()),
        )
    }

    fn flush(&mut self, out: &mut Outputs<'_>) -> NodeResult {
        self.finish(out)
    }

    fn interrupt(&mut self) {
        self.forget();
    }

    fn cleanup(&mut self) -> NodeResult {
        self.network = None;
        self.forget();
        Ok(())
    }
}

fn network(network: &mut Option<Silero>) -> NodeResult<&mut Silero> {
    network.as_mut().ok_or_else(|| NodeError::new("the node is not initialised"))
}

fn check(params: &VoiceActivityParams) -> NodeResult {
    if !(0.0..=1.0).contains(&params.threshold) {
        return Err(NodeError::new(format!("params: threshold is {}, expected 0 to 1", params.threshold)));
    }
    if params.padding_ms > params.min_silence_ms {
        return Err(NodeError::new(format!(
            "params: padding_ms is {}, expected at most min_silence_ms, which is {}",
            params.padding_ms, params.min_silence_ms
        )));
    }
    if params.max_utterance_ms < 1000 {
        return Err(NodeError::new(format!(
            "params: max_utterance_ms is {}, expected at least 1000",
            params.max_utterance_ms
        )));
    }
    Ok(())
}

/// The audio as `f32`, shared where it is so already.
fn readable(audio: Audio) -> NodeResult<Audio> {
    if (audio.rate(), audio.channels()) != (silero::RATE, 1) {
        return Err(NodeError::new(format!(
            "audio at {} Hz with {}, expected {} Hz with 1 channel: put Resample({}, channels=1) before it",
            audio.rate(),
            match audio.channels() {
                1 => "1 channel".to_owned(),
                channels => format!("{channels} channels"),
            },
            silero::RATE,
            silero::RATE
        )));
    }
    if audio.as_f32().is_some() {
        Ok(audio)
    } else {
        Ok(Audio::from_f32(silero::RATE, 1, audio.to_f32().into_owned())?)
    }
}

/// A probability with four decimals, as people read it.
fn rounded(probability: f32) -> f64 {
    (f64::from(probability) * 1e4).round() / 1e4
}

const REMEDY: &str =
    "take it from silero_vad/data in the Python package silero-vad (pip download --no-deps silero-vad)";
