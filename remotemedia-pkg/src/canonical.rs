//! Canonical JSON: one text for one value.
//!
//! The form is that of RFC 8785: no spaces, the keys of each object in the order of their UTF-16 code units, the shortest
//! escapes. Numbers differ in one point. RFC 8785 knows doubles only, so `2.0` would become `2`, and whole numbers
//! beyond 2^53 would lose digits; in a pipeline these are different values. Numbers are therefore written as they are
//! kept, in the shortest text that gives the same number again. Documents without such numbers are RFC 8785 exactly.

use serde::Serialize;
use serde_json::{Map, Value};

/// The canonical text of `value`.
pub(crate) fn to_vec(value: &impl Serialize) -> Vec<u8> {
    let value = serde_json::to_value(value).expect("documents have no keys but text");
    serde_json::to_vec(&sorted(value)).expect("a JSON value can be written")
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(entries) => {
            let mut entries: Vec<(String, Value)> = entries.into_iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            entries.into_iter().map(|(key, value)| (key, sorted(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(elements) => elements.into_iter().map(sorted).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_by_utf_16_code_units() {
        let value = json!({"\u{10000}": 1, "\u{ff61}": 2, "b": {"z": [], "a": null}});
        assert_eq!(
            String::from_utf8(to_vec(&value)).unwrap(),
            "{\"b\":{\"a\":null,\"z\":[]},\"\u{10000}\":1,\"\u{ff61}\":2}"
        );
    }

    #[test]
    fn numbers_keep_their_kind_and_all_their_digits() {
        let text = br#"[2.0,2,18446744073709551615,1e+300,0.1,-0.0]"#;
        let value: Value = serde_json::from_slice(text).unwrap();
        assert_eq!(to_vec(&value), br#"[2.0,2,18446744073709551615,1e+300,0.1,-0.0]"#);
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..8)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn values_without_fractions_are_written_as_rfc_8785_writes_them(value in value()) {
            prop_assert_eq!(to_vec(&value), serde_json_canonicalizer::to_vec(&value).unwrap());
        }
    }
}
