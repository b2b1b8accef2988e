//! Conditions: what a value must be to pass.

use remotemedia_core::error::{NodeError, NodeResult};
use remotemedia_core::payload::Payload;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// Conditions, all of which must hold.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
pub(super) struct Conditions {
    /// The value is a number greater than this.
    pub(super) above: Option<f64>,
    /// The value is a number, at least this.
    pub(super) at_least: Option<f64>,
    /// The value is a number less than this.
    pub(super) below: Option<f64>,
    /// The value is a number, at most this.
    pub(super) at_most: Option<f64>,
    /// The value equals this one; numbers are compared by their size.
    #[serde(default, deserialize_with = "present")]
    pub(super) equals: Option<Value>,
    /// The value equals one of these.
    pub(super) one_of: Option<Vec<Value>>,
    /// The value is a text with this text in it, or a list with this text among its items.
    pub(super) contains: Option<String>,
    /// The value is there, or is not there.
    pub(super) exists: Option<bool>,
}

/// A value that is looked at, without a copy.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject<'a> {
    /// There is no value.
    Missing,
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    Json(&'a Value),
    /// Media or bytes.
    Other(&'a Payload),
}

impl Conditions {
    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        let numbers = [self.above, self.at_least, self.below, self.at_most];
        numbers.iter().all(Option::is_none)
            && self.equals.is_none()
            && self.one_of.is_none()
            && self.contains.is_none()
            && self.exists.is_none()
    }

    /// Whether `subject` passes. What is missing passes nothing but `exists: false`.
    ///
    /// # Errors
    /// If a number or a text is asked for and the subject is something else.
    pub(super) fn hold(&self, subject: Subject<'_>) -> NodeResult<bool> {
        if matches!(subject, Subject::Missing) {
            return Ok(self.exists == Some(false));
        }
        if self.exists == Some(false) {
            return Ok(false);
        }
        let equal = self.equals.as_ref().is_none_or(|value| subject.equals(value));
        let one = self.one_of.as_ref().is_none_or(|values| values.iter().any(|value| subject.equals(value)));
        let contained = self.contains.as_ref().map_or(Ok(true), |text| subject.contains(text))?;
        Ok(equal && one && contained && self.in_range(subject)?)
    }

    fn in_range(&self, subject: Subject<'_>) -> NodeResult<bool> {
        if self.above.or(self.at_least).or(self.below).or(self.at_most).is_none() {
            return Ok(true);
        }
        let number = subject.number().ok_or_else(|| subject.misfit("a number"))?;
        Ok(self.above.is_none_or(|limit| number > limit)
            && self.at_least.is_none_or(|limit| number >= limit)
            && self.below.is_none_or(|limit| number < limit)
            && self.at_most.is_none_or(|limit| number <= limit))
    }
}

impl<'a> Subject<'a> {
    /// The value in a payload at a JSON pointer; the empty pointer means the whole value.
    pub(super) fn in_payload(payload: &'a Payload, pointer: &str) -> Self {
        match payload {
            Payload::Json(value) => Self::in_json(value, pointer),
            _ if !pointer.is_empty() => Self::Missing,
            Payload::Null => Self::Null,
            Payload::Bool(truth) => Self::Bool(*truth),
            Payload::Int(number) => Self::Int(*number),
            Payload::Float(number) => Self::Float(*number),
            Payload::Text(text) => Self::Text(text),
            other => Self::Other(other),
        }
    }

    /// The value in JSON at a pointer.
    pub(super) fn in_json(value: &'a Value, pointer: &str) -> Self {
        match value.pointer(pointer) {
            None => Self::Missing,
            Some(Value::Null) => Self::Null,
            Some(Value::Bool(truth)) => Self::Bool(*truth),
            Some(Value::String(text)) => Self::Text(text),
            Some(Value::Number(number)) => match (number.as_i64(), number.as_f64()) {
                (Some(number), _) => Self::Int(number),
                (None, number) => Self::Float(number.unwrap_or(f64::NAN)),
            },
            Some(other) => Self::Json(other),
        }
    }

    fn number(self) -> Option<f64> {
        match self {
            Self::Int(number) => Some(number as f64),
            Self::Float(number) => Some(number),
            _ => None,
        }
    }

    fn equals(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Null, Value::Null) => true,
            (Self::Bool(found), Value::Bool(expected)) => found == *expected,
            (Self::Int(found), Value::Number(expected)) if expected.is_i64() => expected.as_i64() == Some(found),
            (_, Value::Number(expected)) => self.number().is_some_and(|found| expected.as_f64() == Some(found)),
            (Self::Text(found), Value::String(expected)) => found == expected,
            (Self::Json(found), expected) => found == expected,
            _ => false,
        }
    }

    fn contains(self, text: &str) -> NodeResult<bool> {
        match self {
            Self::Text(found) => Ok(found.contains(text)),
            Self::Json(Value::Array(items)) => Ok(items.iter().any(|item| item.as_str() == Some(text))),
            _ => Err(self.misfit("text or a list")),
        }
    }

    fn misfit(self, expected: &str) -> NodeError {
        let found = match self {
            Self::Missing => "nothing".to_owned(),
            Self::Null => "null".to_owned(),
            Self::Bool(truth) => truth.to_string(),
            Self::Int(number) => number.to_string(),
            Self::Float(number) => format!("{number:?}"),
            Self::Text(_) => "text".to_owned(),
            Self::Json(Value::Array(_)) => "a list".to_owned(),
            Self::Json(_) => "an object".to_owned(),
            Self::Other(payload) => payload.describe(),
        };
        NodeError::new(format!("expected {expected}, found {found}"))
    }
}

/// Reads a value that is there, `null` included.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
