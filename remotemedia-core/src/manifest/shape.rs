//! The shape of a manifest: which fields it must have and of which JSON type each is.

use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Result};
use crate::manifest::limits::{MAX_CONNECTIONS, MAX_NODES};
use crate::manifest::{Path, check, hint_before_list};

/// Finds what stops `value` from being read as a manifest: first its version, then all missing fields together, then
/// the first wrong type.
pub(super) fn check(value: &Value, at: Path<'_>) -> Result<()> {
    let Value::Object(fields) = value else {
        return Err(wrong(at, "object", value));
    };
    if let Some(Value::String(version)) = fields.get("version") {
        check::version(version, at)?;
    }
    let mut findings = Findings::default();
    findings.manifest(fields, at)?;
    findings.into_result()
}

/// The JSON types that fields have.
#[derive(Clone, Copy)]
enum Expected {
    Text,
    Object,
    Array,
    Bool,
    Number,
    /// A whole number from 0 to this.
    Whole(u64),
    OneOf(&'static [&'static str]),
}

#[derive(Default)]
struct Findings {
    missing: Vec<String>,
    more_missing: usize,
    wrong: Option<Error>,
}

impl Findings {
    fn manifest(&mut self, fields: &Map<String, Value>, at: Path<'_>) -> Result<()> {
        self.require(fields, at, "a manifest", &["version", "metadata", "nodes", "connections"]);
        self.required(fields, at, "version", Expected::Text);
        self.optional(fields, at, "runtime_target", Expected::Text);
        if let Some(Value::Object(metadata)) = self.required(fields, at, "metadata", Expected::Object) {
            self.metadata(metadata, at.field("metadata"));
        }
        if let Some(Value::Array(nodes)) = self.required(fields, at, "nodes", Expected::Array) {
            check::count(nodes.len(), MAX_NODES, at.field("nodes"), "nodes")?;
            self.each(nodes, at.field("nodes"), Self::node);
        }
        if let Some(Value::Array(connections)) = self.required(fields, at, "connections", Expected::Array) {
            check::count(connections.len(), MAX_CONNECTIONS, at.field("connections"), "connections")?;
            self.each(connections, at.field("connections"), Self::connection);
        }
        Ok(())
    }

    fn metadata(&mut self, fields: &Map<String, Value>, at: Path<'_>) {
        self.require(fields, at, "metadata", &["name"]);
        self.required(fields, at, "name", Expected::Text);
        self.optional(fields, at, "description", Expected::Text);
        self.optional(fields, at, "created_at", Expected::Text);
    }

    fn node(&mut self, fields: &Map<String, Value>, at: Path<'_>) {
        self.require(fields, at, "a node", &["id", "node_type"]);
        self.required(fields, at, "id", Expected::Text);
        self.required(fields, at, "node_type", Expected::Text);
        self.optional(fields, at, "params", Expected::Object);
        self.optional(fields, at, "host", Expected::Text);
        self.optional(fields, at, "timeout_ms", Expected::Whole(u64::MAX));
        if let Some(Value::Object(needs)) = self.optional(fields, at, "capabilities", Expected::Object) {
            self.capabilities(needs, at.field("capabilities"));
        }
        if let Some(on_error) = fields.get("on_error") {
            self.on_error(on_error, at.field("on_error"));
        }
    }

    fn capabilities(&mut self, fields: &Map<String, Value>, at: Path<'_>) {
        const KINDS: Expected = Expected::OneOf(&["cuda", "rocm", "metal", "vulkan", "any"]);
        self.optional(fields, at, "memory_gb", Expected::Number);
        if let Some(Value::Object(gpu)) = self.optional(fields, at, "gpu", Expected::Object) {
            let at = at.field("gpu");
            self.require(gpu, at, "gpu", &["type"]);
            self.required(gpu, at, "type", KINDS);
            self.optional(gpu, at, "min_memory_gb", Expected::Number);
            self.required(gpu, at, "required", Expected::Bool);
        }
        if let Some(Value::Object(cpu)) = self.optional(fields, at, "cpu", Expected::Object) {
            let at = at.field("cpu");
            self.optional(cpu, at, "cores", Expected::Whole(u32::MAX.into()));
            self.optional(cpu, at, "arch", Expected::Text);
        }
    }

    fn on_error(&mut self, value: &Value, at: Path<'_>) {
        const EXPECTED: &str = r#""fail", "skip", {"retry": {"attempts": …}} or {"fallback": "node"}"#;
        let choice = match value {
            Value::Null => return,
            Value::String(word) if word == "fail" || word == "skip" => return,
            Value::Object(choice) if choice.len() == 1 => choice,
            _ => return self.wrong(at, EXPECTED, value),
        };
        match (choice.get("retry"), choice.get("fallback")) {
            (Some(Value::Object(retry)), _) => {
                let at = at.field("retry");
                self.require(retry, at, "retry", &["attempts"]);
                self.required(retry, at, "attempts", Expected::Whole(u32::MAX.into()));
                self.required(retry, at, "backoff_ms", Expected::Whole(u64::MAX));
                self.only(retry, at, &["attempts", "backoff_ms"]);
            }
            (Some(retry), _) => self.wrong(at.field("retry"), "object", retry),
            (_, Some(Value::String(_))) => {}
            (_, Some(fallback)) => self.wrong(at.field("fallback"), "string", fallback),
            (None, None) => self.wrong(at, EXPECTED, value),
        }
    }

    fn connection(&mut self, fields: &Map<String, Value>, at: Path<'_>) {
        const POLICIES: Expected = Expected::OneOf(&["block", "drop_oldest", "drop_newest", "latest"]);
        self.require(fields, at, "a connection", &["from", "to"]);
        self.required(fields, at, "from", Expected::Text);
        self.required(fields, at, "to", Expected::Text);
        self.optional(fields, at, "from_port", Expected::Text);
        self.optional(fields, at, "to_port", Expected::Text);
        self.optional(fields, at, "capacity", Expected::Whole(u64::MAX));
        self.optional(fields, at, "policy", POLICIES);
    }

    fn each(&mut self, elements: &[Value], at: Path<'_>, look: fn(&mut Self, &Map<String, Value>, Path<'_>)) {
        for (index, element) in elements.iter().enumerate() {
            match element {
                Value::Object(fields) => look(self, fields, at.index(index)),
                other => self.wrong(at.index(index), "object", other),
            }
        }
    }

    fn require(&mut self, fields: &Map<String, Value>, at: Path<'_>, what: &str, names: &[&str]) {
        let missing: Vec<&str> = names.iter().copied().filter(|name| !fields.contains_key(*name)).collect();
        if missing.is_empty() {
            return;
        }
        if self.missing.len() == SHOWN {
            self.more_missing += 1;
            return;
        }
        self.missing.push(format!("{at}: missing {} ({what} requires {})", missing.join(", "), names.join(", ")));
    }

    /// Refuses fields other than `known` where the manifest has no room to keep them.
    fn only(&mut self, fields: &Map<String, Value>, at: Path<'_>, known: &[&str]) {
        let Some(name) = fields.keys().find(|name| !known.contains(&name.as_str())) else { return };
        let hint = hint_before_list(name, known.iter().copied());
        let message = format!("{} is not known{hint}expected {}", at.field(name), known.join(", "));
        self.wrong.get_or_insert_with(|| Error::new(ErrorKind::Manifest, message));
    }

    /// The field `name` if it is there and as expected.
    fn required<'v>(
        &mut self,
        fields: &'v Map<String, Value>,
        at: Path<'_>,
        name: &str,
        expected: Expected,
    ) -> Option<&'v Value> {
        let value = fields.get(name)?;
        if expected.fits(value) {
            return Some(value);
        }
        self.wrong(at.field(name), &expected.describe(), value);
        None
    }

    /// As [`required`](Self::required), but `null` is the same as nothing.
    fn optional<'v>(
        &mut self,
        fields: &'v Map<String, Value>,
        at: Path<'_>,
        name: &str,
        expected: Expected,
    ) -> Option<&'v Value> {
        if fields.get(name)?.is_null() {
            return None;
        }
        self.required(fields, at, name, expected)
    }

    fn wrong(&mut self, at: Path<'_>, expected: &str, found: &Value) {
        self.wrong.get_or_insert_with(|| wrong(at, expected, found));
    }

    fn into_result(self) -> Result<()> {
        if self.missing.is_empty() {
            return self.wrong.map_or(Ok(()), Err);
        }
        let mut message = self.missing.join("; ");
        match self.more_missing {
            0 => {}
            1 => message.push_str("; and in 1 more place"),
            more => message.push_str(&format!("; and in {more} more places")),
        }
        Err(Error::new(ErrorKind::Manifest, message))
    }
}

impl Expected {
    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Object => value.is_object(),
            Self::Array => value.is_array(),
            Self::Bool => value.is_boolean(),
            Self::Number => value.is_number(),
            Self::Whole(most) => value.as_u64().is_some_and(|number| number <= most),
            Self::OneOf(words) => value.as_str().is_some_and(|word| words.contains(&word)),
        }
    }

    fn describe(self) -> String {
        match self {
            Self::Text => "string".to_owned(),
            Self::Object => "object".to_owned(),
            Self::Array => "array".to_owned(),
            Self::Bool => "boolean".to_owned(),
            Self::Number => "number".to_owned(),
            Self::Whole(u64::MAX) => "whole number".to_owned(),
            Self::Whole(most) => format!("whole number up to {most}"),
            Self::OneOf(words) => format!("one of \"{}\"", words.join("\", \"")),
        }
    }
}

fn wrong(at: Path<'_>, expected: &str, found: &Value) -> Error {
    Error::new(ErrorKind::Manifest, format!("{at}: expected {expected}, found {}", describe(found)))
}

/// The type of `value`, with the value itself where it is short.
fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => format!("boolean {value}"),
        Value::Number(number) => format!("number {number}"),
        Value::String(text) if text.len() <= 40 => format!("string {text:?}"),
        Value::String(_) => "string".to_owned(),
        Value::Array(_) => "array".to_owned(),
        Value::Object(_) => "object".to_owned(),
    }
}

/// How many places with missing fields a message shows.
const SHOWN: usize = 5;
