//! The energy of short frames of audio.

use remotemedia_core::audio::Audio;

/// The RMS amplitude of each whole frame of `frame_ms` milliseconds, over the mean of all channels.
pub(crate) fn frame_energies(audio: &Audio, frame_ms: u32) -> Vec<f64> {
    let channels = usize::from(audio.channels());
    let frame = (u64::from(audio.rate()) * u64::from(frame_ms) / 1000).max(1) as usize;
    audio.to_f32().chunks_exact(frame * channels).map(|samples| rms(samples, channels)).collect()
}

fn rms(samples: &[f32], channels: usize) -> f64 {
    let frames = samples.chunks_exact(channels);
    let count = frames.len() as f64;
    let squares: f64 =
        frames.map(|frame| (frame.iter().copied().map(f64::from).sum::<f64>() / channels as f64).powi(2)).sum();
    (squares / count).sqrt()
}
