//! Mixes interleaved samples from one number of channels to another.

use remotemedia_core::error::{NodeError, NodeResult};

/// A matrix of gains: what each output channel takes of each input channel.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mixer {
    inputs: usize,
    outputs: usize,
    /// Row after row, a row per output channel.
    gains: Vec<f32>,
}

impl Mixer {
    /// The usual mix from `inputs` to `outputs` channels.
    ///
    /// One channel goes to all; all go to one as their mean; 5.1 and 7.1 (in WAV order) go to stereo by the ITU
    /// weights without the low-frequency channel; otherwise surplus inputs join the outputs in turn as a mean, and
    /// surplus outputs are silent.
    pub(crate) fn standard(inputs: u16, outputs: u16) -> Self {
        let (inputs, outputs) = (usize::from(inputs), usize::from(outputs));
        let gains = match (inputs, outputs) {
            (6, 2) => surround_to_stereo(&SURROUND_5_1),
            (8, 2) => surround_to_stereo(&SURROUND_7_1),
            (1, _) => vec![1.0; outputs],
            _ => fold(inputs, outputs),
        };
        Self { inputs, outputs, gains }
    }

    /// As [`standard`](Self::standard), but surplus inputs are dropped unless a single channel comes out.
    pub(crate) fn truncating(inputs: u16, outputs: u16) -> Self {
        if outputs == 1 || outputs >= inputs {
            return Self::standard(inputs, outputs);
        }
        let (inputs, outputs) = (usize::from(inputs), usize::from(outputs));
        let gains = (0..inputs * outputs).map(|n| f32::from(u8::from(n / inputs == n % inputs))).collect();
        Self { inputs, outputs, gains }
    }

    /// The mix by `rows`, a row of one gain per input channel for each output channel.
    ///
    /// # Errors
    /// If there are no rows, or they differ in length.
    pub(crate) fn from_rows(rows: &[Vec<f32>]) -> NodeResult<Self> {
        let inputs = rows.first().map_or(0, Vec::len);
        if inputs == 0 {
            return Err(NodeError::new("matrix is empty, expected a row of gains for each output channel"));
        }
        if let Some((index, row)) = rows.iter().enumerate().find(|(_, row)| row.len() != inputs) {
            return Err(NodeError::new(format!(
                "matrix row {index} has {} gains, expected {inputs} as in row 0",
                row.len()
            )));
        }
        Ok(Self { inputs, outputs: rows.len(), gains: rows.concat() })
    }

    /// The number of channels that come in.
    pub(crate) fn inputs(&self) -> usize {
        self.inputs
    }

    /// The mixed samples.
    pub(crate) fn apply(&self, samples: &[f32]) -> Vec<f32> {
        match (self.inputs, self.outputs) {
            (1, 2) if self.gains == [1.0, 1.0] => samples.iter().flat_map(|s| [*s, *s]).collect(),
            (2, 1) => {
                let (left, right) = (self.gains[0], self.gains[1]);
                samples.as_chunks::<2>().0.iter().map(|[l, r]| l * left + r * right).collect()
            }
            _ => samples.chunks_exact(self.inputs).flat_map(|frame| self.frame(frame)).collect(),
        }
    }

    fn frame<'a>(&'a self, frame: &'a [f32]) -> impl Iterator<Item = f32> + 'a {
        self.gains.chunks_exact(self.inputs).map(move |row| row.iter().zip(frame).map(|(gain, s)| gain * s).sum())
    }
}

/// Each output takes the mean of the inputs that fall to it when they are dealt out in turn.
fn fold(inputs: usize, outputs: usize) -> Vec<f32> {
    let mut gains = vec![0.0; inputs * outputs];
    for input in 0..inputs {
        let output = input % outputs;
        let shared = (inputs - output).div_ceil(outputs);
        gains[output * inputs + input] = 1.0 / shared as f32;
    }
    gains
}

/// Scales `pairs`, the gains of each input in the left and the right output, so that full scale stays full scale.
fn surround_to_stereo(pairs: &[(f32, f32)]) -> Vec<f32> {
    let full: f32 = pairs.iter().map(|(left, _)| left).sum();
    let left = pairs.iter().map(|(left, _)| left / full);
    left.chain(pairs.iter().map(|(_, right)| right / full)).collect()
}

const HALF_POWER: f32 = std::f32::consts::FRAC_1_SQRT_2;

/// Front left, front right, centre, low frequency, back left, back right.
const SURROUND_5_1: [(f32, f32); 6] =
    [(1.0, 0.0), (0.0, 1.0), (HALF_POWER, HALF_POWER), (0.0, 0.0), (HALF_POWER, 0.0), (0.0, HALF_POWER)];

/// As 5.1, then side left and side right.
const SURROUND_7_1: [(f32, f32); 8] = [
    (1.0, 0.0),
    (0.0, 1.0),
    (HALF_POWER, HALF_POWER),
    (0.0, 0.0),
    (HALF_POWER, 0.0),
    (0.0, HALF_POWER),
    (HALF_POWER, 0.0),
    (0.0, HALF_POWER),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_channel_goes_to_all_and_all_go_to_one_as_their_mean() {
        assert_eq!(Mixer::standard(1, 2).apply(&[0.5, -0.5]), [0.5, 0.5, -0.5, -0.5]);
        assert_eq!(Mixer::standard(1, 3).apply(&[0.5]), [0.5, 0.5, 0.5]);
        assert_eq!(Mixer::standard(2, 1).apply(&[1.0, 0.0, 0.5, 0.5]), [0.5, 0.5]);
        assert_eq!(Mixer::standard(4, 1).apply(&[1.0, 0.0, 0.0, 1.0]), [0.5]);
    }

    #[test]
    fn surplus_inputs_fold_and_surplus_outputs_are_silent() {
        assert_eq!(Mixer::standard(4, 2).apply(&[1.0, 0.0, 0.5, 0.25]), [0.75, 0.125]);
        assert_eq!(Mixer::standard(2, 4).apply(&[1.0, 0.5]), [1.0, 0.5, 0.0, 0.0]);
    }

    #[test]
    fn surround_at_full_scale_stays_at_full_scale_and_drops_the_low_frequency_channel() {
        for inputs in [6, 8] {
            let mixer = Mixer::standard(inputs, 2);
            let loud = mixer.apply(&vec![1.0; inputs.into()]);
            assert!(loud.iter().all(|s| (s - 1.0).abs() < 1e-6), "{loud:?}");
            let mut rumble = vec![0.0; inputs.into()];
            rumble[3] = 1.0;
            assert_eq!(mixer.apply(&rumble), [0.0, 0.0]);
        }
    }

    #[test]
    fn truncating_keeps_the_first_channels() {
        assert_eq!(Mixer::truncating(6, 2).apply(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), [1.0, 2.0]);
        assert_eq!(Mixer::truncating(2, 1).apply(&[1.0, 2.0]), [1.5]);
    }

    #[test]
    fn uneven_rows_are_refused() {
        let error = Mixer::from_rows(&[vec![1.0, 0.0], vec![1.0]]).unwrap_err();
        assert_eq!(error.to_string(), "matrix row 1 has 1 gains, expected 2 as in row 0");
    }
}
