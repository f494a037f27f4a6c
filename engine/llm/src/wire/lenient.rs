//! JSON as models and routers write it: a reader that accepts text with only one reading, and reports what it had to mend.
//!
//! Beyond JSON, it accepts raw control characters and unknown escapes in strings, single quotes, unquoted field names, trailing
//! commas, comments, `True`, `None`, `NaN` and `Infinity` (which become null), and halves of surrogate pairs (which become
//! U+FFFD). It does not guess: a text that ends early or has a quote too many is refused, and so is a text whose values weigh too
//! much.

use hyperspace_core::json_weight::{self, Scale, Weighing};
use serde_json::{Map, Number, Value};

use super::halves;

/// Maximum nesting.
const DEPTH_MAX: usize = 128;

/// A value that was read leniently.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LenientValue {
    pub(super) value: Value,
    /// True if the text is not JSON.
    pub(super) mended: bool,
    /// True if there were halves of surrogate pairs, which were replaced.
    pub(super) replaced: bool,
    /// Number of bytes of the text up to the end of the value.
    pub(super) end: usize,
}

/// Reads the value at the beginning of a text, after white space, if it weighs at most `most`.
pub(super) fn prefix(text: &str, most: u64) -> Option<LenientValue> {
    let mut read = prefix_with_halves(text, most)?;
    if read.replaced {
        halves::join(&mut read.value);
    }
    Some(read)
}

/// As [`prefix`], but halves of surrogate pairs are left for [`halves::join`], because the next piece of a stream may have the
/// other half.
pub(super) fn prefix_with_halves(text: &str, most: u64) -> Option<LenientValue> {
    let scale = Scale::new(most);
    let mut reader = LenientReader { text, at: 0, scale, mended: false, replaced: false };
    let value = reader.value(0)?;
    Some(LenientValue { value, mended: reader.mended, replaced: reader.replaced, end: reader.at })
}

/// Reads a text that is a single value weighing at most `most`, strictly if that is possible.
pub(super) fn whole(text: &str, most: u64) -> Option<LenientValue> {
    let mut read = whole_with_halves(text, most)?;
    if read.replaced {
        halves::join(&mut read.value);
    }
    Some(read)
}

/// As [`whole`], with halves treated as in [`prefix_with_halves`].
pub(super) fn whole_with_halves(text: &str, most: u64) -> Option<LenientValue> {
    match json_weight::weigh(text.as_bytes(), most) {
        Weighing::Exceeded => return None,
        // If an object or list is only incomplete, nothing can be mended.
        Weighing::EndsEarly if text.trim_start().starts_with(['{', '[']) => return None,
        Weighing::EndsEarly | Weighing::Within => {}
    }
    if let Ok(value) = serde_json::from_str(text) {
        return Some(LenientValue { value, mended: false, replaced: false, end: text.len() });
    }
    let read = prefix_with_halves(text, most)?;
    text[read.end..].trim().is_empty().then_some(read)
}

struct LenientReader<'a> {
    text: &'a str,
    at: usize,
    scale: Scale,
    mended: bool,
    replaced: bool,
}

impl LenientReader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn takes(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += if found { wanted.len_utf8() } else { 0 };
        found
    }

    /// Skips white space and comments.
    fn space(&mut self) {
        loop {
            let rest = self.rest();
            let white =
                rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').len();
            self.at += white;
            let rest = self.rest();
            let comment = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                rest.find("*/").map_or(rest.len(), |end| end + 2)
            } else {
                return;
            };
            self.at += comment;
            self.mended = true;
        }
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEPTH_MAX {
            return None;
        }
        self.space();
        let next = self.peek()?;
        self.scale.take(match next {
            '{' => json_weight::OBJECT,
            '[' => json_weight::LIST,
            '"' | '\'' => json_weight::TEXT,
            _ => json_weight::SCALAR,
        })?;
        match next {
            '{' => self.object(depth),
            '[' => self.array(depth),
            quote @ ('"' | '\'') => self.string(quote).map(Value::String),
            c if c == '-' || c == '+' || c == '.' || c.is_ascii_digit() => self.number(),
            c if c.is_ascii_alphabetic() => self.word(),
            _ => None,
        }
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        self.take();
        let mut fields = Map::new();
        loop {
            self.space();
            if self.takes('}') {
                // After a comma, unless there are no fields.
                self.mended |= !fields.is_empty();
                return Some(Value::Object(fields));
            }
            self.scale.take(json_weight::TEXT)?;
            let name = self.name()?;
            self.space();
            if !self.takes(':') {
                return None;
            }
            let value = self.value(depth + 1)?;
            fields.insert(name, value);
            self.space();
            match self.take()? {
                ',' => {}
                '}' => return Some(Value::Object(fields)),
                _ => return None,
            }
        }
    }

    fn name(&mut self) -> Option<String> {
        match self.peek()? {
            quote @ ('"' | '\'') => self.string(quote),
            c if c.is_alphabetic() || c == '_' => {
                self.mended = true;
                let rest = self.rest();
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-')?;
                let name = rest[..end].to_owned();
                self.at += end;
                Some(name)
            }
            _ => None,
        }
    }

    fn array(&mut self, depth: usize) -> Option<Value> {
        self.take();
        let mut items = Vec::new();
        loop {
            self.space();
            if self.takes(']') {
                self.mended |= !items.is_empty();
                return Some(Value::Array(items));
            }
            items.push(self.value(depth + 1)?);
            self.space();
            match self.take()? {
                ',' => {}
                ']' => return Some(Value::Array(items)),
                _ => return None,
            }
        }
    }

    fn string(&mut self, quote: char) -> Option<String> {
        self.take();
        self.mended |= quote == '\'';
        let mut text = String::new();
        loop {
            match self.take()? {
                c if c == quote => return Some(text),
                '\\' => self.escape(&mut text)?,
                c => {
                    self.mended |= c < ' ';
                    text.push(c);
                }
            }
        }
    }

    fn escape(&mut self, text: &mut String) -> Option<()> {
        let plain = match self.take()? {
            'u' => return self.unit(text),
            c @ ('"' | '\\' | '/') => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '\'' => {
                self.mended = true;
                '\''
            }
            other => {
                self.mended = true;
                text.push('\\');
                other
            }
        };
        text.push(plain);
        Some(())
    }

    /// Reads the digits of `\uXXXX`, and of the second half of a pair.
    fn unit(&mut self, text: &mut String) -> Option<()> {
        let first = self.digits()?;
        if let Some(c) = char::from_u32(first) {
            text.push(c);
            return Some(());
        }
        let before = self.at;
        let pair = if (0xd800..0xdc00).contains(&first) && self.takes('\\') && self.takes('u') {
            let second = self.digits()?;
            let low = (0xdc00..0xe000).contains(&second);
            low.then(|| 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)).and_then(char::from_u32)
        } else {
            None
        };
        if pair.is_none() {
            self.at = before;
            self.mended = true;
            self.replaced = true;
        }
        text.push(pair.unwrap_or_else(|| halves::of_surrogate(first)));
        Some(())
    }

    fn digits(&mut self) -> Option<u32> {
        let digits = self.rest().get(..4)?;
        let unit = u32::from_str_radix(digits, 16).ok()?;
        self.at += 4;
        Some(unit)
    }

    fn number(&mut self) -> Option<Value> {
        let rest = self.rest();
        let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let end = rest.find(|c| !part(c)).unwrap_or(rest.len());
        let text = rest[..end].to_owned();
        self.at += end;
        if let Ok(number) = serde_json::from_str::<Number>(&text) {
            return Some(Value::Number(number));
        }
        self.mended = true;
        let sign = text.trim_start_matches(['+', '-']);
        if sign.eq_ignore_ascii_case("infinity") || sign.eq_ignore_ascii_case("nan") {
            return Some(Value::Null);
        }
        let number = text.parse::<f64>().ok()?;
        Some(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn word(&mut self) -> Option<Value> {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let word = &rest[..end];
        let value = match word {
            "true" | "True" => Value::Bool(true),
            "false" | "False" => Value::Bool(false),
            "null" | "None" | "NaN" | "nan" | "Infinity" | "undefined" => Value::Null,
            _ => return None,
        };
        self.mended |= !matches!(word, "true" | "false" | "null");
        self.at += end;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn whole(text: &str) -> Option<LenientValue> {
        super::whole(text, 1_000)
    }

    #[test]
    fn what_has_one_reading_is_read() {
        for (text, expected) in [
            ("{\"a\": \"one\ntwo\",}", json!({"a": "one\ntwo"})),
            ("{'a': [1, 2.5,], b: True, // x\n c: None}", json!({"a": [1, 2.5], "b": true, "c": null})),
            (
                "{\"a\": NaN, \"b\": -Infinity, \"c\": +1, \"d\": .5}",
                json!({"a": null, "b": null, "c": 1.0, "d": 0.5}),
            ),
            ("\"\\ud83d \\ud83d\\ude00 \\d \\u00e9\"", json!("\u{fffd} \u{1f600} \\d \u{e9}")),
            ("\u{feff} [] ", json!([])),
        ] {
            let read = whole(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(read.value, expected, "{text}");
        }
        assert!(whole("\"\\ud83d\"").unwrap().replaced);
        assert!(!whole("{\"a\": 1}").unwrap().mended);
    }

    #[test]
    fn what_ends_early_or_has_several_readings_is_not() {
        for text in [
            "",
            "{\"a\": \"x",
            "{\"a\" 1}",
            "[1, 2",
            "{\"a\": \"b\" \"c\"}",
            "hello",
            "{}{}",
            "[1 2]",
            &"[".repeat(300),
        ] {
            assert_eq!(whole(text), None, "{text}");
        }
        assert_eq!(prefix("{\"a\": 1} and more", 1_000).unwrap().end, 8);
    }

    #[test]
    fn no_beginning_of_a_text_is_read_by_mending_it() {
        let text = r#"{"a": [1, -2.5e3, {"b": "\u00e9 \ud83d\ude00 \n"}, []], "c": null, "d": [true, "x"]}"#;
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            assert_eq!(prefix_with_halves(&text[..end], 1_000), None, "{}", &text[..end]);
            assert_eq!(whole(&text[..end]), None, "{}", &text[..end]);
        }
        assert!(whole(text).is_some());
    }

    #[test]
    fn a_heavy_text_is_not_read_in_either_way() {
        let lists = format!("[{}]", vec!["[]"; 100].join(","));
        let mended = lists.replace(']', ",]");
        let most = json_weight::of(&whole(&lists).unwrap().value);
        for text in [lists, mended.replace("[,", "[")] {
            assert!(super::whole(&text, most).is_some(), "{text}");
            assert_eq!(super::whole(&text, most - 1), None, "{text}");
        }
    }
}
