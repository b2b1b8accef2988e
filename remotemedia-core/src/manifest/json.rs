//! Reads JSON text into a value: bounded depth and size, no key twice.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Result};
use crate::manifest::Path;
use crate::manifest::limits::{MAX_JSON_DEPTH, MAX_JSON_VALUES, MAX_TEXT_BYTES};

/// The value that `text` holds; `at` says where in other manifests it stands.
pub(super) fn read(text: &str, at: Path<'_>) -> Result<Value> {
    bounded(text).map_err(|message| {
        Error::new(ErrorKind::Manifest, if at.is_outermost() { message } else { format!("{at}: {message}") })
    })
}

fn bounded(text: &str) -> Result<Value, String> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(format!("the manifest is {} bytes long, at most {MAX_TEXT_BYTES} are read", text.len()));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_ascii().is_empty() {
        return Err("the manifest is empty, expected a JSON object".to_owned());
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let values = Cell::new(0);
    let value = Bounded { depth: 0, values: &values }.deserialize(&mut reader).map_err(describe)?;
    reader.end().map_err(describe)?;
    Ok(value)
}

fn describe(error: serde_json::Error) -> String {
    match error.classify() {
        Category::Eof => format!("the JSON is cut off: {error}"),
        Category::Data => error.to_string(),
        Category::Syntax | Category::Io => format!("not valid JSON: {error}"),
    }
}

/// Reads one value that stands inside `depth` objects and arrays.
#[derive(Clone, Copy)]
struct Bounded<'a> {
    depth: usize,
    values: &'a Cell<usize>,
}

impl Bounded<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == MAX_JSON_DEPTH {
            return Err(E::custom(format_args!("objects and arrays nest deeper than {MAX_JSON_DEPTH} levels")));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        self.values.set(self.values.get() + 1);
        if self.values.get() > MAX_JSON_VALUES {
            return Err(D::Error::custom(format_args!("the manifest holds more than {MAX_JSON_VALUES} values")));
        }
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let inside = self.deeper()?;
        let mut array = Vec::new();
        while let Some(element) = elements.next_element_seed(inside)? {
            array.push(element);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inside = self.deeper()?;
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(format_args!("key {key:?} stands twice in one object")));
            }
            let value = entries.next_value_seed(inside)?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}
