//! The operations on text.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::case::title;

/// An operation on text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// All letters large.
    Uppercase,
    /// All letters small.
    Lowercase,
    /// The first letter of each word large, the others small.
    TitleCase,
    /// The characters in reverse.
    Reverse,
    /// Without the spaces at both ends.
    Strip,
    /// Without any spaces.
    RemoveSpaces,
    /// The first word.
    FirstWord,
    /// The last word.
    LastWord,
    /// How many words there are.
    WordCount,
    /// How many characters there are.
    CharCount,
}

impl Operation {
    /// The text, or the number, that the operation makes of `text`.
    pub(super) fn apply(self, text: &str) -> Value {
        match self {
            Self::Uppercase => text.to_uppercase().into(),
            Self::Lowercase => text.to_lowercase().into(),
            Self::TitleCase => title(text).into(),
            Self::Reverse => text.chars().rev().collect::<String>().into(),
            Self::Strip => text.trim_matches(is_space).into(),
            Self::RemoveSpaces => text.replace(' ', "").into(),
            Self::FirstWord => words(text).next().unwrap_or_default().into(),
            Self::LastWord => words(text).next_back().unwrap_or_default().into(),
            Self::WordCount => words(text).count().into(),
            Self::CharCount => text.chars().count().into(),
        }
    }

    /// Whether it makes a number.
    pub(super) fn counts(self) -> bool {
        matches!(self, Self::WordCount | Self::CharCount)
    }
}

fn words(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

/// What Python splits words at: white space, and the separators of ASCII.
fn is_space(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{1c}'..='\u{1f}')
}
