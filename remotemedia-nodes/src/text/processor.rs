//! TextProcessor: does to a text what each packet asks for.

use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::operation::Operation;
use crate::python::{self, string, type_name};

/// What [`TextProcessor`] is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct TextProcessorParams {
    /// Anything is kept and given back as `node_config` with each result.
    #[serde(flatten)]
    config: Map<String, Value>,
}

/// Does to a text what each packet asks for.
///
/// A packet `{"text": "Hello", "operations": ["uppercase", "word_count"]}` gives the `results` by operation, with
/// `original_text`, `operations`, `processed_by` and `node_config`; one that cannot be processed gives an `error`.
pub struct TextProcessor {
    config: Map<String, Value>,
    name: String,
}

impl TextProcessor {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("TextProcessor")
            .alias("TextProcessorNode")
            .summary("Does to a text what each packet asks for: case, words, counts")
            .ports(PayloadKind::Json, PayloadKind::Json)
    }

    /// A node that keeps `params` to give back.
    ///
    /// # Errors
    /// None.
    pub fn new(params: TextProcessorParams) -> NodeResult<Self> {
        Ok(Self { config: params.config, name: String::new() })
    }

    fn answer(&self, question: Value) -> Value {
        let Value::Object(asked) = &question else { return self.refusal("Input must be a dictionary", question) };
        let Some(text) = asked.get("text") else { return self.refusal("Input must contain 'text' key", question) };
        let operations = asked.get("operations").cloned().unwrap_or_else(|| json!(["uppercase"]));
        match results(text, &operations) {
            Ok(results) => json!({
                "original_text": text,
                "operations": operations,
                "results": results,
                "processed_by": self.processed_by(),
                "node_config": self.config,
            }),
            Err(error) => json!({
                "error": error,
                "text": text,
                "operations": operations,
                "processed_by": self.processed_by(),
            }),
        }
    }

    fn refusal(&self, error: &str, input: Value) -> Value {
        json!({ "error": error, "input": input, "processed_by": self.processed_by() })
    }

    fn processed_by(&self) -> String {
        format!("TextProcessorNode[{}]", self.name)
    }
}

impl Node for TextProcessor {
    fn initialize(&mut self, cx: &NodeContext) -> NodeResult {
        python::node_name(cx).clone_into(&mut self.name);
        Ok(())
    }

    fn process(&mut self, mut packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let question = std::mem::replace(&mut packet.payload, Payload::Null).into_json()?;
        let answer = self.answer(question);
        out.emit(packet.with_payload(answer))
    }
}

/// The result of each operation by its name, with the messages that Python would raise.
fn results(text: &Value, operations: &Value) -> Result<Map<String, Value>, String> {
    let mut results = Map::new();
    for operation in names(operations)? {
        match Known::of_name(&operation) {
            Some(known) => results.insert(operation, known.apply(text)?),
            None => results
                .insert(format!("unknown_operation_{operation}"), format!("Unknown operation: {operation}").into()),
        };
    }
    Ok(results)
}

/// What Python would iterate over.
fn names(operations: &Value) -> Result<Vec<String>, String> {
    match operations {
        Value::Array(items) => Ok(items.iter().map(string).collect()),
        Value::String(text) => Ok(text.chars().map(String::from).collect()),
        Value::Object(map) => Ok(map.keys().cloned().collect()),
        other => Err(format!("'{}' object is not iterable", type_name(other))),
    }
}

/// An operation that packets can ask for, and what Python calls for it.
struct Known {
    operation: Operation,
    method: &'static str,
}

impl Known {
    fn of_name(name: &str) -> Option<Self> {
        let (operation, method) = match name {
            "uppercase" => (Operation::Uppercase, "upper"),
            "lowercase" => (Operation::Lowercase, "lower"),
            "reverse" => (Operation::Reverse, ""),
            "word_count" => (Operation::WordCount, "split"),
            "char_count" => (Operation::CharCount, ""),
            "title_case" => (Operation::TitleCase, "title"),
            "remove_spaces" => (Operation::RemoveSpaces, "replace"),
            "first_word" => (Operation::FirstWord, "split"),
            "last_word" => (Operation::LastWord, "split"),
            _ => return None,
        };
        Some(Self { operation, method })
    }

    fn apply(&self, text: &Value) -> Result<Value, String> {
        let kind = type_name(text);
        match (self.operation, text) {
            (operation, Value::String(text)) => Ok(operation.apply(text)),
            (Operation::Reverse, Value::Array(items)) => Ok(items.iter().rev().cloned().collect()),
            (Operation::Reverse, Value::Object(_)) => Err("unhashable type: 'slice'".to_owned()),
            (Operation::Reverse, _) => Err(format!("'{kind}' object is not subscriptable")),
            (Operation::CharCount, Value::Array(items)) => Ok(items.len().into()),
            (Operation::CharCount, Value::Object(map)) => Ok(map.len().into()),
            (Operation::CharCount, _) => Err(format!("object of type '{kind}' has no len()")),
            _ => Err(format!("'{kind}' object has no attribute '{}'", self.method)),
        }
    }
}
