//! Numbers as Python knows them: whole ones and floating-point ones, which do not turn into each other by themselves.

use std::fmt;

use remotemedia_core::payload::Payload;
use serde_json::Value;

/// A whole number of 64 bits or a floating-point number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
}

impl Number {
    /// The number that a JSON value is; truth values are 0 and 1. `None` for whole numbers beyond 64 bits too.
    pub(super) fn of_json(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(truth) => Some(Self::Int(i64::from(*truth))),
            Value::Number(number) if number.is_f64() => number.as_f64().map(Self::Float),
            Value::Number(number) => number.as_i64().map(Self::Int),
            _ => None,
        }
    }

    /// The JSON value, unless it is infinite or NaN.
    pub(super) fn to_json(self) -> Option<Value> {
        match self {
            Self::Int(number) => Some(Value::from(number)),
            Self::Float(number) => serde_json::Number::from_f64(number).map(Value::Number),
        }
    }

    pub(super) fn to_f64(self) -> f64 {
        match self {
            Self::Int(number) => number as f64,
            Self::Float(number) => number,
        }
    }

    pub(super) fn is_zero(self) -> bool {
        self.to_f64() == 0.0
    }
}

impl From<Number> for Payload {
    fn from(number: Number) -> Self {
        match number {
            Number::Int(number) => Self::Int(number),
            Number::Float(number) => Self::Float(number),
        }
    }
}

impl From<&serde_json::Number> for Number {
    fn from(number: &serde_json::Number) -> Self {
        number.as_i64().map_or_else(|| Self::Float(number.as_f64().unwrap_or(f64::NAN)), Self::Int)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number:?}"),
        }
    }
}
