//! Guesses which known name a misspelt one was meant to be.

use crate::manifest::limits::MAX_ID_BYTES;

/// A question that names the candidate closest to `name`, if one is close; to be put behind a message.
pub(crate) fn hint<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    if name.len() > MAX_ID_BYTES {
        return String::new();
    }
    let wanted = name.to_lowercase();
    let closest = candidates
        .into_iter()
        .map(|candidate| (likeness(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness >= LEAST_LIKENESS)
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    closest.map(|(_, candidate)| format!("; did you mean \"{candidate}\"?")).unwrap_or_default()
}

/// As [`hint`], closed so that a list of what there is can follow.
pub(crate) fn hint_before_list<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let hint = hint(name, candidates);
    if hint.is_empty() { "; ".to_owned() } else { format!("{hint} ") }
}

/// From 0, nothing in common, to 1, the same.
fn likeness(a: &str, b: &str) -> f64 {
    strsim::normalized_damerau_levenshtein(a, b)
}

const LEAST_LIKENESS: f64 = 0.6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_guessed_and_another_word_is_not() {
        let known = ["VoiceActivity", "Resample", "Gain"];
        assert_eq!(hint("VoiceActivty", known), "; did you mean \"VoiceActivity\"?");
        assert_eq!(hint("resampel", known), "; did you mean \"Resample\"?");
        assert_eq!(hint("Whisper", known), "");
        assert_eq!(hint("", []), "");
    }
}
