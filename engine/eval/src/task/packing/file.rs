//! Cases of bin packing from JSON: one object, `{"name": {"capacity": 150, "items": [42, ...]}, ...}`, in the form in which
//! FunSearch publishes the OR-Library sets (`num_items` is also accepted). The order of the file is kept.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::scorer::bin_packing::PackingCase;
use crate::task::error::{TaskError, shorten, utf8};
use crate::task::limits::{CAPACITY_MAX, CASES_MAX, ITEMS_MAX, ITEMS_TOTAL_MAX};

/// Reads and checks all cases of a file, with their names.
pub(crate) fn parse(file: &str, bytes: &[u8]) -> Result<Vec<(String, PackingCase)>, TaskError> {
    let text = utf8(file, bytes)?;
    let cases: PackingFile = serde_json::from_str(text).map_err(|error| TaskError::json(file, &error))?;
    Ok(cases.0)
}

struct PackingFile(Vec<(String, PackingCase)>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCase {
    capacity: Value,
    items: Items,
    num_items: Option<u64>,
}

struct Items(Vec<u64>);

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Items;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of whole numbers, the item sizes in order of arrival")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Items, A::Error> {
                let mut items = Vec::new();
                while let Some(value) = list.next_element::<Value>()? {
                    let at = items.len();
                    if at as u64 == ITEMS_MAX {
                        return Err(Error::custom(format!(
                            "more than {ITEMS_MAX} items; use smaller instances"
                        )));
                    }
                    items.push(whole(&value).map_err(|found| {
                        A::Error::custom(format!(
                            "items[{at}]: expected a whole number, at least 1, found {found}"
                        ))
                    })?);
                }
                Ok(Items(items))
            }
        }
        deserializer.deserialize_seq(List)
    }
}

/// Returns a whole number of at least 1, or a description of what was there instead.
fn whole(value: &Value) -> Result<u64, String> {
    value.as_u64().filter(|number| *number >= 1).ok_or_else(|| shorten(&value.to_string()))
}

impl RawCase {
    fn check(self) -> Result<PackingCase, String> {
        let capacity = whole(&self.capacity)
            .and_then(|size| if size <= CAPACITY_MAX { Ok(size) } else { Err(size.to_string()) })
            .map_err(|found| {
                format!("capacity: expected a whole number, 1 to {CAPACITY_MAX}, found {found}")
            })?;
        let items = self.items.0;
        if items.is_empty() {
            return Err("items: expected at least one item, found an empty list".to_owned());
        }
        if let Some(count) = self.num_items
            && count != items.len() as u64
        {
            return Err(format!("num_items: expected {}, the length of items, found {count}", items.len()));
        }
        if let Some((at, item)) = items.iter().enumerate().find(|(_, item)| **item > capacity) {
            return Err(format!("items[{at}]: expected at most the capacity {capacity}, found {item}"));
        }
        Ok(PackingCase { capacity, items })
    }
}

impl<'de> Deserialize<'de> for PackingFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = PackingFile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object {\"name\": {\"capacity\": 150, \"items\": [42, ...]}, ...}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PackingFile, A::Error> {
                let (mut instances, mut names, mut total) = (Vec::new(), BTreeSet::new(), 0);
                while let Some(name) = map.next_key::<String>()? {
                    let shown = shorten(&name);
                    if instances.len() as u64 == CASES_MAX {
                        return Err(Error::custom(format!(
                            "more than {CASES_MAX} instances; use a smaller file"
                        )));
                    }
                    if !names.insert(name.clone()) {
                        return Err(Error::custom(format!("instance {shown:?} occurs twice")));
                    }
                    // A message that ends in its position keeps the position when it is wrapped.
                    let raw: RawCase = map
                        .next_value()
                        .map_err(|error| Error::custom(format!("instance {shown:?}: {error}")))?;
                    let instance = raw
                        .check()
                        .map_err(|problem| A::Error::custom(format!("instance {shown:?}: {problem}")))?;
                    total += instance.items.len() as u64;
                    if total > ITEMS_TOTAL_MAX {
                        return Err(Error::custom(format!(
                            "more than {ITEMS_TOTAL_MAX} items in all; use a smaller file"
                        )));
                    }
                    instances.push((name, instance));
                }
                Ok(PackingFile(instances))
            }
        }
        deserializer.deserialize_map(Map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_the_file_is_kept() {
        let text = br#"{"b": {"capacity": 10, "items": [1, 10]}, "a": {"items": [3], "num_items": 1, "capacity": 5}}"#;
        let instances = parse("x.json", text).unwrap();
        assert_eq!(instances[0], ("b".into(), PackingCase { capacity: 10, items: vec![1, 10] }));
        assert_eq!(instances[1], ("a".into(), PackingCase { capacity: 5, items: vec![3] }));
        assert_eq!(parse("x.json", &[b"\xef\xbb\xbf", &text[..]].concat()).unwrap(), instances);
    }

    #[test]
    fn mistakes_are_named_with_instance_and_index() {
        let check = |text: &str, message: &str| {
            assert_eq!(parse("x.json", text.as_bytes()).unwrap_err().to_string(), message, "{text}");
        };
        check(
            "{\"a\": {\"capacity\": 9,\n \"items\": [1, \"x\"]}}",
            "x.json, line 2, column 18: instance \"a\": items[1]: expected a whole number, at least 1, found \"x\"",
        );
        check(
            "{\"a\": {\"items\": [1]}}",
            "x.json, line 1, column 20: instance \"a\": missing field `capacity`",
        );
        check(
            "{\"a\": {\"capacity\": 9}}",
            "x.json, line 1, column 21: instance \"a\": missing field `items`",
        );
        check(
            "{\"a\": {\"capacity\": 9, \"items\": []}}",
            "x.json, line 1, column 35: instance \"a\": items: expected at least one item, found an empty list",
        );
        check(
            "{\"a\": {\"capacity\": 9, \"items\": [10]}}",
            "x.json, line 1, column 37: instance \"a\": items[0]: expected at most the capacity 9, found 10",
        );
        check(
            "{\"a\": {\"capacity\": 0, \"items\": [1]}}",
            "x.json, line 1, column 36: instance \"a\": capacity: expected a whole number, 1 to 1000000000, found 0",
        );
        check(
            "{\"a\": {\"capacity\": 1e3, \"items\": [1]}}",
            "x.json, line 1, column 38: instance \"a\": capacity: expected a whole number, 1 to 1000000000, found 1000.0",
        );
        check(
            "{\"a\": {\"capacity\": 9, \"items\": [1], \"num_items\": 2}}",
            "x.json, line 1, column 52: instance \"a\": num_items: expected 1, the length of items, found 2",
        );
        check(
            "{\"a\": {\"capacity\": 9, \"items\": [1], \"size\": 2}}",
            "x.json, line 1, column 42: instance \"a\": unknown field `size`, expected one of `capacity`, `items`, `num_items`",
        );
        check(
            "[1]",
            "x.json, line 1, column 1: invalid type: sequence, expected an object {\"name\": {\"capacity\": 150, \"items\": [42, ...]}, ...}",
        );
        check("{\"a\": ", "x.json, line 1, column 6: instance \"a\": EOF while parsing a value");
        check(
            "{\"a\": {\"capacity\": 9, \"items\": [1]}, \"a\": 1}",
            "x.json, line 1, column 40: instance \"a\" occurs twice",
        );
    }

    #[test]
    fn too_many_items_are_refused_while_reading() {
        let text = format!("{{\"a\": {{\"capacity\": 9, \"items\": [1{}]}}}}", ",1".repeat(100_000));
        assert!(parse("x.json", text.as_bytes()).unwrap_err().to_string().contains("more than 100000 items"));
    }
}
