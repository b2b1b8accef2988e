//! The segmenter: turns speech probabilities, frame by frame, into utterances.

/// When speech begins and ends. Lengths are in samples.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// The probability from which on a frame is speech.
    pub(super) threshold: f32,
    /// Shorter utterances are dropped.
    pub(super) min_speech: u64,
    /// Shorter pauses do not end an utterance.
    pub(super) min_silence: u64,
    /// What an utterance gets on either side; at most `min_silence`.
    pub(super) padding: u64,
    /// Longer utterances are cut at their least likely frame.
    pub(super) max_utterance: u64,
}

/// A stretch of speech, in samples since the start.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Utterance {
    pub(super) start: u64,
    pub(super) end: u64,
    /// The mean probability of its frames.
    pub(super) mean: f32,
    /// The highest probability of its frames.
    pub(super) max: f32,
    /// Whether it was cut for its length, so that the next one goes on where it ends.
    pub(super) continues: bool,
}

/// Finds utterances in a stream of probabilities.
#[derive(Debug)]
pub(super) struct Segmenter {
    settings: Settings,
    /// Samples seen.
    position: u64,
    /// Where the last utterance ended; the next one begins no earlier.
    last_end: u64,
    open: Option<Open>,
}

/// An utterance that has not ended.
#[derive(Debug)]
struct Open {
    /// Where its audio begins, padding included.
    begin: u64,
    /// Where its speech begins.
    start: u64,
    /// Where the pause that may end it began.
    quiet_since: Option<u64>,
    /// Whether it goes on where a cut was made.
    continued: bool,
    frames: Vec<Frame>,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    end: u64,
    probability: f32,
}

impl Segmenter {
    pub(super) fn new(settings: Settings) -> Self {
        Self { settings, position: 0, last_end: 0, open: None }
    }

    /// Whether the last frame lies within an utterance.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Where the next frame begins, in samples.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// The first sample that an utterance yet to come can hold.
    pub(super) fn needed_from(&self) -> u64 {
        let begin = self.open.as_ref().map_or(self.position.saturating_sub(self.settings.padding), |open| open.begin);
        begin.max(self.last_end)
    }

    /// Takes the next frame of `len` samples; gives the utterance that it ends.
    pub(super) fn push(&mut self, probability: f32, len: u64) -> Option<Utterance> {
        let start = self.position;
        self.position += len;
        let speech = probability >= self.settings.threshold;
        if speech && self.open.is_none() {
            self.open = Some(self.open_at(start));
        }
        let open = self.open.as_mut()?;
        open.frames.push(Frame { end: self.position, probability });
        if speech {
            open.quiet_since = None;
        } else if probability < quiet_below(self.settings.threshold) {
            open.quiet_since.get_or_insert(start);
        }
        let pause = open.quiet_since.map_or(0, |since| self.position - since);
        if pause >= self.settings.min_silence.max(1) {
            return self.close();
        }
        if self.position - open.begin >= self.settings.max_utterance {
            return self.cut();
        }
        None
    }

    /// Gives the utterance that is still open, at the end of the stream.
    pub(super) fn finish(&mut self) -> Option<Utterance> {
        self.close()
    }

    /// Forgets the open utterance and goes on at sample `position`.
    pub(super) fn reset_to(&mut self, position: u64) {
        self.open = None;
        self.position = position;
        self.last_end = position;
    }

    fn open_at(&self, start: u64) -> Open {
        let begin = start.saturating_sub(self.settings.padding).max(self.last_end);
        Open { begin, start, quiet_since: None, continued: false, frames: Vec::new() }
    }

    fn close(&mut self) -> Option<Utterance> {
        let open = self.open.take()?;
        let is_speech = |frame: &&Frame| frame.probability >= self.settings.threshold;
        let speech_end = open.frames.iter().rfind(is_speech)?.end;
        if !open.continued && speech_end - open.start < self.settings.min_speech {
            return None;
        }
        let end = (speech_end + self.settings.padding).min(self.position);
        self.last_end = end;
        Some(utterance(open.begin, speech_end, end, &open.frames))
    }

    /// Ends the open utterance at the least likely frame of its second half, and goes on with the rest.
    fn cut(&mut self) -> Option<Utterance> {
        let mut open = self.open.take()?;
        let half = open.frames.len() / 2;
        let quietest = (half..open.frames.len())
            .min_by(|&a, &b| open.frames[a].probability.total_cmp(&open.frames[b].probability))?;
        let rest = open.frames.split_off(quietest + 1);
        let end = open.frames[quietest].end;
        self.last_end = end;
        self.open = Some(Open {
            begin: end,
            start: end,
            quiet_since: open.quiet_since.map(|since| since.max(end)),
            continued: true,
            frames: rest,
        });
        Some(Utterance { continues: true, ..utterance(open.begin, end, end, &open.frames) })
    }
}

/// The probability below which a frame may begin a pause: lower than the threshold, so that speech does not flutter.
fn quiet_below(threshold: f32) -> f32 {
    (threshold - 0.15).max(0.01)
}

fn utterance(start: u64, speech_end: u64, end: u64, frames: &[Frame]) -> Utterance {
    let spoken = frames.iter().filter(|frame| frame.end <= speech_end).map(|frame| frame.probability);
    let (count, sum, max) =
        spoken.fold((0u32, 0.0, 0.0f32), |(count, sum, max), p| (count + 1, sum + f64::from(p), max.max(p)));
    let mean = if count == 0 { 0.0 } else { (sum / f64::from(count)) as f32 };
    Utterance { start, end, mean, max, continues: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One frame of 10 samples per probability.
    fn segment(settings: Settings, probabilities: &[f32]) -> Vec<Utterance> {
        let mut segmenter = Segmenter::new(settings);
        let mut found: Vec<_> = probabilities.iter().filter_map(|&p| segmenter.push(p, 10)).collect();
        found.extend(segmenter.finish());
        found
    }

    fn settings() -> Settings {
        Settings { threshold: 0.5, min_speech: 20, min_silence: 30, padding: 10, max_utterance: 1000 }
    }

    fn spans(found: &[Utterance]) -> Vec<(u64, u64)> {
        found.iter().map(|utterance| (utterance.start, utterance.end)).collect()
    }

    #[test]
    fn a_pause_ends_an_utterance_and_padding_surrounds_it() {
        let found = segment(settings(), &[0.0, 0.0, 0.9, 0.7, 0.8, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(spans(&found), [(10, 60)]);
        assert!((found[0].mean - 0.8).abs() < 1e-6);
        assert_eq!(found[0].max, 0.9);
    }

    #[test]
    fn a_shorter_pause_does_not_end_it() {
        let found = segment(settings(), &[0.9, 0.9, 0.0, 0.0, 0.9, 0.9, 0.0, 0.0, 0.0]);
        assert_eq!(spans(&found), [(0, 70)]);
    }

    #[test]
    fn a_probability_just_below_the_threshold_begins_no_pause() {
        let found = segment(settings(), &[0.9, 0.9, 0.4, 0.4, 0.4, 0.4, 0.9, 0.0, 0.0, 0.0]);
        assert_eq!(spans(&found), [(0, 80)]);
    }

    #[test]
    fn a_click_is_no_utterance() {
        assert_eq!(segment(settings(), &[0.0, 0.9, 0.0, 0.0, 0.0, 0.0]), []);
    }

    #[test]
    fn padded_utterances_do_not_overlap() {
        let settings = Settings { padding: 30, ..settings() };
        let found = segment(settings, &[0.9, 0.9, 0.0, 0.0, 0.0, 0.9, 0.9, 0.0, 0.0, 0.0]);
        assert_eq!(spans(&found), [(0, 50), (50, 100)]);
    }

    #[test]
    fn speech_at_the_end_of_the_stream_is_given() {
        assert_eq!(spans(&segment(settings(), &[0.0, 0.9, 0.9, 0.9])), [(0, 40)]);
    }

    #[test]
    fn a_long_utterance_is_cut_where_speech_is_least_likely_and_nothing_is_lost() {
        let settings = Settings { max_utterance: 80, ..settings() };
        let found = segment(settings, &[0.9, 0.9, 0.9, 0.9, 0.9, 0.6, 0.9, 0.9, 0.9, 0.9, 0.0, 0.0, 0.0]);
        assert_eq!(spans(&found), [(0, 60), (60, 110)]);
        assert!(found[0].continues && !found[1].continues);
    }

    #[test]
    fn what_remains_after_a_cut_is_dropped_if_it_holds_no_speech() {
        let settings = Settings { max_utterance: 50, ..settings() };
        let found = segment(settings, &[0.9, 0.9, 0.9, 0.1, 0.2, 0.0]);
        assert_eq!(spans(&found), [(0, 40)]);
    }

    #[test]
    fn no_sample_that_is_needed_is_given_up() {
        let mut segmenter = Segmenter::new(settings());
        for probability in [0.0, 0.0, 0.9, 0.9, 0.9, 0.0, 0.0, 0.0, 0.0, 0.9, 0.9, 0.9, 0.0, 0.0, 0.0] {
            let needed_from = segmenter.needed_from();
            if let Some(utterance) = segmenter.push(probability, 10) {
                assert!(utterance.start >= needed_from, "{utterance:?} needs more than {needed_from}");
            }
        }
        assert_eq!(segmenter.last_end, 130);
    }

    #[test]
    fn a_reset_forgets_the_open_utterance() {
        let mut segmenter = Segmenter::new(settings());
        segmenter.push(0.9, 10);
        segmenter.push(0.9, 10);
        segmenter.reset_to(25);
        assert!(!segmenter.is_open());
        assert_eq!((segmenter.position(), segmenter.needed_from()), (25, 25));
        assert_eq!(segmenter.finish(), None);
    }
}
