//! Validation of JSON against the part of JSON Schema that `docs/openapi.json` uses.

use serde_json::Value;
use tickcast_protocol::RoomName;

/// The pattern of room names, the only pattern in `docs/openapi.json`.
const ROOM_NAME: &str = "^[a-zA-Z0-9_-]{1,32}$";

/// Whether a value matches a schema of the document.
pub(super) fn matches(document: &Value, schema: &Value, value: &Value) -> bool {
    let fields = schema.as_object().expect("a schema is an object");
    fields.iter().all(|(keyword, rule)| match keyword.as_str() {
        "description" => true,
        "$ref" => matches(document, resolve(document, rule), value),
        "allOf" => rule.as_array().expect("an array").iter().all(|schema| matches(document, schema, value)),
        "oneOf" => {
            let schemas = rule.as_array().expect("an array").iter();
            schemas.filter(|schema| matches(document, schema, value)).count() == 1
        }
        "type" => has_type(rule.as_str().expect("a type is a string"), value),
        "minimum" => value.as_i64().is_none_or(|number| number >= rule.as_i64().expect("a number")),
        "maximum" => value.as_i64().is_none_or(|number| number <= rule.as_i64().expect("a number")),
        "minLength" => value.as_str().is_none_or(|text| text.len() as u64 >= rule.as_u64().expect("a number")),
        "pattern" => {
            assert_eq!(rule, ROOM_NAME);
            value.as_str().is_none_or(|text| text.parse::<RoomName>().is_ok())
        }
        "items" => value.as_array().is_none_or(|items| items.iter().all(|item| matches(document, rule, item))),
        "required" => {
            let names = rule.as_array().expect("an array");
            names.iter().all(|name| value.get(name.as_str().expect("a name is a string")).is_some())
        }
        "properties" => value.as_object().is_none_or(|properties| {
            let known = properties.iter().filter_map(|(name, value)| Some((rule.get(name)?, value)));
            known.into_iter().all(|(schema, value)| matches(document, schema, value))
        }),
        "additionalProperties" => {
            assert_eq!(rule, false);
            value
                .as_object()
                .is_none_or(|properties| properties.keys().all(|name| fields["properties"].get(name).is_some()))
        }
        other => panic!("the keyword {other} is not supported"),
    })
}

fn resolve<'d>(document: &'d Value, reference: &Value) -> &'d Value {
    let pointer = reference.as_str().and_then(|text| text.strip_prefix('#')).expect("a reference within the document");
    document.pointer(pointer).unwrap_or_else(|| panic!("{reference} refers to nothing"))
}

fn has_type(name: &str, value: &Value) -> bool {
    match name {
        "array" => value.is_array(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "object" => value.is_object(),
        "string" => value.is_string(),
        other => panic!("the type {other} is not supported"),
    }
}
