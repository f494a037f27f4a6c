//! Removes keys from everything a provider returns, in every form in which they could be echoed.
//!
//! Forms: verbatim, JSON-escaped, percent-encoded, base64 (both alphabets, at any position in a longer text) and hexadecimal.
//! Placeholders for servers without keys (`x`, `test`, `EMPTY`) are not secrets: they occur in answers that have nothing to do
//! with them.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use crate::registry::Model;
use crate::secret::{PLACEHOLDER, Secret, is_secret, key_in};

/// Removes the keys of all models of a client.
#[derive(Clone, Default)]
pub(crate) struct Redactor {
    /// Sorted by length, longest first, so that no form is hidden within another.
    forms: Vec<String>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} forms)", self.forms.len())
    }
}

impl Redactor {
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let mut forms: Vec<String> =
            secrets.into_iter().flat_map(|secret| all_forms(secret.expose())).collect();
        forms.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        forms.dedup();
        Self { forms }
    }

    /// Creates a redactor for the keys of models: those of the settings, and values of headers and fields that look like keys.
    pub(crate) fn of_models<'a>(models: impl IntoIterator<Item = &'a Model>) -> Self {
        let secrets: Vec<Secret> = models.into_iter().flat_map(secrets_of).collect();
        Self::new(&secrets)
    }

    /// Returns whether the value contains a key.
    pub(crate) fn finds(&self, value: &Value) -> bool {
        let has = |text: &str| self.forms.iter().any(|form| text.contains(form.as_str()));
        match value {
            Value::String(text) => has(text),
            Value::Array(items) => items.iter().any(|item| self.finds(item)),
            Value::Object(fields) => fields.iter().any(|(name, value)| has(name) || self.finds(value)),
            _ => false,
        }
    }

    /// Returns the text without keys.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        for form in &self.forms {
            if clean.contains(form.as_str()) {
                clean = clean.replace(form.as_str(), PLACEHOLDER);
            }
        }
        clean
    }

    /// Returns the beginning of a text without keys: at most `most` bytes of it are read. A key that is cut there is left out as a whole.
    pub(crate) fn beginning(&self, text: &[u8], most: usize) -> String {
        let Some(cut) = text.get(..most).filter(|cut| cut.len() < text.len()) else {
            return self.text(&String::from_utf8_lossy(text));
        };
        let mut clean = self.text(&String::from_utf8_lossy(cut));
        let longest = self.forms.first().map_or(0, String::len);
        clean.truncate(clean.floor_char_boundary(clean.len().saturating_sub(longest)));
        clean
    }

    /// Returns the value without keys, in strings and in field names.
    pub(crate) fn value(&self, value: Value) -> Value {
        if self.forms.is_empty() {
            return value;
        }
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(fields) => {
                fields.into_iter().map(|(name, value)| (self.text(&name), self.value(value))).collect()
            }
            other => other,
        }
    }
}

fn secrets_of(model: &Model) -> Vec<Secret> {
    let headers = model.quirks.headers.iter().filter_map(|(name, value)| key_in(name, value));
    let mut secrets: Vec<Secret> = headers.map(Secret::new).collect();
    secrets.extend(model.key.clone());
    model.quirks.body.iter().for_each(|(name, value)| add_keys(name, value, &mut secrets));
    secrets
}

fn add_keys(name: &str, value: &toml::Value, secrets: &mut Vec<Secret>) {
    match value {
        toml::Value::String(text) => secrets.extend(key_in(name, text).map(Secret::new)),
        toml::Value::Array(items) => items.iter().for_each(|item| add_keys(name, item, secrets)),
        toml::Value::Table(fields) => fields.iter().for_each(|(name, value)| add_keys(name, value, secrets)),
        _ => {}
    }
}

fn all_forms(key: &str) -> Vec<String> {
    if !is_secret(key) {
        return vec![];
    }
    let mut forms = vec![key.to_owned()];
    let escaped = Value::from(key).to_string();
    let escaped = escaped[1..escaped.len() - 1].to_owned();
    forms.extend([escaped.replace('/', "\\/"), escaped]);
    let bytes = key.as_bytes();
    let each = |form: fn(u8) -> String| bytes.iter().map(|byte| form(*byte)).collect::<String>();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let some = |form: fn(u8) -> String| {
        bytes
            .iter()
            .map(|&byte| if plain(byte) { char::from(byte).to_string() } else { form(byte) })
            .collect()
    };
    forms.extend([some(|b| format!("%{b:02X}")), some(|b| format!("%{b:02x}"))]);
    forms.extend([each(|b| format!("%{b:02X}")), each(|b| format!("%{b:02x}"))]);
    forms.extend([each(|b| format!("{b:02x}")), each(|b| format!("{b:02X}"))]);
    let units: Vec<u16> = key.encode_utf16().collect();
    forms.push(units.iter().map(|unit| format!("\\u{unit:04x}")).collect());
    forms.push(units.iter().map(|unit| format!("\\u{unit:04X}")).collect());
    for letters in [&alphabet::STANDARD, &alphabet::URL_SAFE] {
        forms.extend((0..3).map(|before| base64_core(bytes, before, letters)));
    }
    forms
}

/// Returns the part common to all base64 texts in which `key` begins after `before` bytes (modulo 3).
fn base64_core(key: &[u8], before: usize, letters: &alphabet::Alphabet) -> String {
    let engine = GeneralPurpose::new(letters, GeneralPurposeConfig::new().with_encode_padding(false));
    let framed = [&vec![0; before], key].concat();
    let text = engine.encode(&framed);
    // A letter holds six bits, so the first letters may include bits before the key, and the last one bits after it.
    let first = (before * 8).div_ceil(6);
    let last = framed.len() * 8 / 6;
    text[first..last].to_owned()
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
    use serde_json::json;

    use super::*;

    const KEY: &str = "sk-ant/Canary+\"0123\"==";

    fn redactor() -> Redactor {
        Redactor::new([&Secret::new(KEY), &Secret::new("x"), &Secret::new("EMPTY")])
    }

    #[test]
    fn the_beginning_of_a_text_has_no_part_of_a_key() {
        let redactor = redactor();
        let longest = redactor.forms[0].len();
        for before in 0..3 * longest {
            let text = format!("{}{KEY} and {KEY}{}", "-".repeat(before), "-".repeat(longest));
            let beginning = redactor.beginning(text.as_bytes(), 2 * longest);
            let shows = |part: &[u8]| beginning.as_bytes().windows(3).any(|shown| shown == part);
            assert!(!KEY.as_bytes().windows(3).any(shows), "{beginning}");
        }
        assert_eq!(redactor.beginning(b"short", 100), "short");
        assert_eq!(Redactor::default().beginning("1234\u{e9}".as_bytes(), 4), "1234");
    }

    #[test]
    fn every_form_is_found_wherever_it_stands() {
        let escaped = json!(KEY).to_string();
        let percent: String = KEY
            .bytes()
            .map(|b| {
                if b.is_ascii_alphanumeric() || b == b'-' {
                    char::from(b).into()
                } else {
                    format!("%{b:02X}")
                }
            })
            .collect();
        let hex: String = KEY.bytes().map(|b| format!("{b:02x}")).collect();
        let unicode: String = KEY.bytes().map(|b| format!("\\u00{b:02x}")).collect();
        let mut texts =
            vec![KEY.to_owned(), escaped.clone(), escaped.replace('/', "\\/"), percent, hex, unicode];
        for around in ["", "u", "us", "user:", "user2:"] {
            let joined = format!("{around}{KEY}{around}");
            texts.extend([BASE64_STANDARD.encode(&joined), BASE64_URL_SAFE_NO_PAD.encode(&joined)]);
        }
        for text in texts {
            let clean = redactor().text(&format!("before {text} after"));
            assert!(clean.contains("[key]"), "{text} -> {clean}");
            assert!(!clean.contains("Canary") && !clean.contains("Q2FuYXJ5"), "{text} -> {clean}");
            assert!(clean.starts_with("before ") && clean.ends_with(" after"), "{clean}");
        }
    }

    #[test]
    fn values_are_cleaned_throughout_and_placeholders_hide_nothing() {
        let value = json!({KEY: [1, {"a": format!("x {KEY}")}], "model": "EMPTY"});
        let clean = redactor().value(value).to_string();
        assert_eq!(clean, r#"{"[key]":[1,{"a":"x [key]"}],"model":"EMPTY"}"#);
    }
}
