//! Reads the JSON Schema of a node type's parameters: what each is called, takes, and is unless given.

use serde_json::Value;

/// One parameter.
#[derive(Debug, PartialEq)]
pub(crate) struct Param {
    /// Its name.
    pub(crate) name: String,
    /// What it takes, in a few words.
    pub(crate) takes: String,
    /// Whether it must be given.
    pub(crate) required: bool,
    /// What it is unless given, as JSON.
    pub(crate) default: Option<String>,
    /// What it is for.
    pub(crate) doc: String,
}

/// The parameters that `schema` describes, in its order.
pub(crate) fn params(schema: &Value) -> Vec<Param> {
    let required = |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|n| n == name));
    let properties = schema["properties"].as_object().into_iter().flatten();
    let param = |(name, property): (&String, &Value)| Param {
        name: name.clone(),
        takes: takes(property, schema, 0),
        required: required(name),
        default: property.get("default").filter(|default| !default.is_null()).map(Value::to_string),
        doc: property["description"].as_str().unwrap_or_default().replace('\n', " "),
    };
    properties.map(param).collect()
}

/// What a value that fits `schema` is, in a few words; `root` holds the definitions that it may refer to.
fn takes(schema: &Value, root: &Value, depth: usize) -> String {
    if depth > MAX_DEPTH {
        return "any".to_owned();
    }
    let inner = |schema: &Value| takes(schema, root, depth + 1);
    if let Some(reference) = schema["$ref"].as_str() {
        return reference.strip_prefix('#').and_then(|path| root.pointer(path)).map_or("any".to_owned(), inner);
    }
    if let Some(value) = schema.get("const") {
        return value.to_string();
    }
    if let Some(values) = schema["enum"].as_array() {
        return join(values.iter().map(Value::to_string));
    }
    if let Some(choices) = ["anyOf", "oneOf"].iter().find_map(|key| schema[*key].as_array()) {
        return join(choices.iter().map(inner));
    }
    match &schema["type"] {
        Value::String(kind) if kind == "array" => match &schema["items"] {
            Value::Null => "list".to_owned(),
            items => format!("list of {}", inner(items)),
        },
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => join(kinds.iter().filter_map(|kind| kind.as_str().map(str::to_owned))),
        _ => "any".to_owned(),
    }
}

/// The alternatives without repetition, and without null, which stands for a parameter that is not given.
fn join(choices: impl Iterator<Item = String>) -> String {
    let mut kept: Vec<String> = Vec::new();
    for choice in choices.filter(|choice| choice != "null") {
        if !kept.contains(&choice) {
            kept.push(choice);
        }
    }
    if kept.is_empty() { "null".to_owned() } else { kept.join(" | ") }
}

/// How far references are followed.
const MAX_DEPTH: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parameters_tell_what_they_take() {
        let schema = json!({
            "$defs": {"Quality": {"oneOf": [{"const": "low"}, {"const": "high"}]}},
            "required": ["rate"],
            "properties": {
                "rate": {"type": "integer", "description": "The rate,\nin hertz."},
                "quality": {"$ref": "#/$defs/Quality", "default": "high"},
                "gains": {"type": ["array", "null"], "items": {"type": "number"}},
                "names": {"type": "array", "items": {"type": "string"}, "default": null},
                "limit": {"anyOf": [{"type": "number"}, {"type": "null"}]}
            }
        });
        let found = params(&schema);
        let takes: Vec<(&str, &str)> = found.iter().map(|param| (&*param.name, &*param.takes)).collect();
        let expected = [
            ("rate", "integer"),
            ("quality", r#""low" | "high""#),
            ("gains", "array"),
            ("names", "list of string"),
            ("limit", "number"),
        ];
        assert_eq!(takes, expected);
        assert_eq!((found[0].required, found[0].doc.as_str()), (true, "The rate, in hertz."));
        assert_eq!((found[1].required, found[1].default.as_deref()), (false, Some(r#""high""#)));
        assert_eq!(found[3].default, None);
    }

    #[test]
    fn references_that_go_round_come_to_an_end() {
        let schema = json!({"properties": {"x": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"$ref": "#/$defs/a"}}});
        assert_eq!(params(&schema)[0].takes, "any");
    }

    #[test]
    fn a_type_without_parameters_has_none() {
        assert_eq!(params(&Value::Bool(true)), []);
    }
}
