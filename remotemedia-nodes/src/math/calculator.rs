//! Calculator: works out what each packet asks for, or applies one operation to each.

use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::elementwise;
use super::number::Number;
use super::operation::Operation;
use crate::python;

/// What [`Calculator`] is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct CalculatorParams {
    /// What to do with each number, and with each number of lists, tensors and audio; needs `operand`.
    operation: Option<Operation>,
    /// The second number of `operation`.
    operand: Option<serde_json::Number>,
    /// Anything else is kept and given back as `node_config` with each result.
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// Works out what each packet asks for.
///
/// A packet `{"operation": "add", "args": [1, 2]}` gives the same with `result`, `processed_by` and `node_config`; one
/// that cannot be worked out gives `error` instead of a result. With the parameters `operation` and `operand`, anything
/// but such an object is calculated with as by Multiply and Add.
pub struct Calculator {
    fixed: Option<(Operation, Number)>,
    config: Map<String, Value>,
    name: String,
}

impl Calculator {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("Calculator")
            .alias("CalculatorNode")
            .summary("Works out what each packet asks for, or applies one operation to each number")
    }

    /// A node that does what `params` say.
    ///
    /// # Errors
    /// If one of `operation` and `operand` is given without the other, or the operand is a zero to divide by.
    pub fn new(params: CalculatorParams) -> NodeResult<Self> {
        let fixed = match (params.operation, &params.operand) {
            (Some(operation), Some(operand)) => Some((operation, Number::from(operand))),
            (None, None) => None,
            (Some(_), None) => return Err(NodeError::new("params: operation is given without operand")),
            (None, Some(_)) => return Err(NodeError::new("params: operand is given without operation")),
        };
        if fixed.is_some_and(|(operation, operand)| operation.divides() && operand.is_zero()) {
            return Err(NodeError::new("params: operand is 0, expected a number that can be divided by"));
        }
        Ok(Self { fixed, config: config(&params), name: String::new() })
    }

    fn answer(&self, question: Value) -> Value {
        let Value::Object(asked) = &question else { return self.refusal("Input must be a dictionary", question) };
        let (Some(operation), Some(args)) = (asked.get("operation"), asked.get("args")) else {
            return self.refusal("Input must contain 'operation' and 'args' keys", question);
        };
        match work_out(operation, args) {
            Ok(result) => json!({
                "operation": operation,
                "args": args,
                "result": result,
                "processed_by": self.processed_by(),
                "node_config": self.config,
            }),
            Err(error) => json!({
                "error": error,
                "operation": operation,
                "args": args,
                "processed_by": self.processed_by(),
            }),
        }
    }

    fn refusal(&self, error: &str, input: Value) -> Value {
        json!({ "error": error, "input": input, "processed_by": self.processed_by() })
    }

    fn processed_by(&self) -> String {
        format!("CalculatorNode[{}]", self.name)
    }
}

impl Node for Calculator {
    fn initialize(&mut self, cx: &NodeContext) -> NodeResult {
        python::node_name(cx).clone_into(&mut self.name);
        Ok(())
    }

    fn process(&mut self, mut packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let payload = std::mem::replace(&mut packet.payload, Payload::Null).neutral()?;
        let is_question = matches!(&payload, Payload::Json(value) if value.is_object());
        let result = match self.fixed {
            Some((operation, operand)) if !is_question => elementwise::apply(operation, operand, payload)?,
            _ => self.answer(payload.into_json()?).into(),
        };
        out.emit(packet.with_payload(result))
    }
}

/// The parameters as they were given.
fn config(params: &CalculatorParams) -> Map<String, Value> {
    let mut config = Map::new();
    if let Some(operation) = params.operation {
        config.insert("operation".to_owned(), Value::from(operation.name()));
    }
    if let Some(operand) = &params.operand {
        config.insert("operand".to_owned(), Value::Number(operand.clone()));
    }
    config.extend(params.others.clone());
    config
}

/// What `operation` gives for the first two of `args`, with the messages that Python code checking them so would raise.
fn work_out(operation: &Value, args: &Value) -> Result<Value, String> {
    let args = match args {
        Value::Array(args) => args,
        other => return Err(format!("object of type '{}' has no len()", python::type_name(other))),
    };
    let name = python::string(operation);
    let [a, b, ..] = args.as_slice() else {
        return Err(format!("Operation '{name}' requires at least 2 arguments"));
    };
    let known = operation.as_str().and_then(Operation::of_name);
    let operation = known.ok_or_else(|| format!("Unknown operation: {name}"))?;
    let by_zero = operation.divides() && Number::of_json(b).is_some_and(Number::is_zero);
    match operation {
        Operation::Divide if by_zero => return Err("Division by zero".to_owned()),
        Operation::Modulo if by_zero => return Err("Modulo by zero".to_owned()),
        _ => {}
    }
    let (Some(first), Some(second)) = (Number::of_json(a), Number::of_json(b)) else {
        return Err(misfit(operation, a, b));
    };
    let result = operation.apply(first, second)?;
    result.to_json().ok_or_else(|| format!("{first} {operation} {second} is {result}, which json cannot hold"))
}

/// Why `operation` cannot be applied to `a` and `b`.
fn misfit(operation: Operation, a: &Value, b: &Value) -> String {
    if a.is_number() && b.is_number() {
        return format!("{a} {operation} {b} needs numbers within 64 bits");
    }
    let operator = operation.python_name();
    format!("unsupported operand type(s) for {operator}: '{}' and '{}'", python::type_name(a), python::type_name(b))
}
