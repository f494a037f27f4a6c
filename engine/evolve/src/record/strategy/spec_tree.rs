//! The text of a strategy, `NAME[:KEY=VALUE,…]`, and its other forms, parsed into a tree of texts that are not interpreted yet.
//!
//! A value consists of one or more parts joined with `+`. A part is a text, or a strategy in parentheses:
//! `islands:count=4,inner=(power-law:alpha=2)`.

use serde_json::Value;

/// The key of a strategy's name in a record.
pub(super) const NAME: &str = "name";
/// The key of a strategy's name in a settings file.
pub(super) const STRATEGY: &str = "strategy";
/// Maximum nesting depth of strategies.
const DEPTH_MAX: usize = 8;

/// A strategy as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SpecTree {
    pub(super) name: String,
    pub(super) values: Vec<(String, Vec<Atom>)>,
}

/// A part of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Atom {
    Text(String),
    Spec(SpecTree),
}

impl SpecTree {
    /// Parses a text, or returns a description of what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = SpecReader { rest: text.trim(), depth: 0 };
        let tree = reader.spec()?;
        if reader.rest.is_empty() {
            Ok(tree)
        } else {
            Err(format!("unexpected {:?}", shortened(reader.rest)))
        }
    }

    /// Reads a table of a settings file or a record, which have the name under different keys.
    pub(super) fn of_value(value: &Value) -> Result<Self, String> {
        Self::of_table(value, 0)
    }

    fn of_table(value: &Value, depth: usize) -> Result<Self, String> {
        if depth > DEPTH_MAX {
            return Err(format!("strategies nest at most {DEPTH_MAX} deep"));
        }
        let Some(table) = value.as_object() else {
            return value.as_str().map_or_else(|| Err(format!("{value} is no strategy")), Self::parse);
        };
        let named = [NAME, STRATEGY].into_iter().find_map(|key| Some((key, table.get(key)?)));
        let Some((own, name)) = named else { return Err(format!("`{STRATEGY}`, the name, is missing")) };
        let Some(name) = name.as_str() else { return Err(format!("the name is {name}; expected a text")) };
        // The text of the name may itself have parameters.
        let mut tree = Self::parse(name)?;
        for (key, value) in table.iter().filter(|(key, _)| *key != own) {
            tree.values.push((key.clone(), atoms_of(value, depth + 1)?));
        }
        Ok(tree)
    }
}

impl Atom {
    /// Returns the strategy that the part is or names.
    pub(super) fn spec(&self) -> Result<SpecTree, String> {
        match self {
            Self::Spec(tree) => Ok(tree.clone()),
            Self::Text(text) => SpecTree::parse(text),
        }
    }
}

fn atoms_of(value: &Value, depth: usize) -> Result<Vec<Atom>, String> {
    match value {
        Value::Array(items) => {
            let parts = items.iter().map(|item| atoms_of(item, depth)).collect::<Result<Vec<_>, _>>()?;
            Ok(parts.into_iter().flatten().collect())
        }
        Value::Object(_) => Ok(vec![Atom::Spec(SpecTree::of_table(value, depth)?)]),
        Value::String(text) if text.contains([':', '(']) => Ok(vec![Atom::Spec(SpecTree::parse(text)?)]),
        Value::String(text) => Ok(text.split('+').map(|part| Atom::Text(part.trim().to_owned())).collect()),
        Value::Null => Err("null is no value".to_owned()),
        other => Ok(vec![Atom::Text(other.to_string())]),
    }
}

struct SpecReader<'a> {
    rest: &'a str,
    depth: usize,
}

impl SpecReader<'_> {
    fn spec(&mut self) -> Result<SpecTree, String> {
        let name = self.word(&[':', ',', '(', ')', '+', '=']);
        if name.is_empty() {
            return Err("the name of a strategy is missing".to_owned());
        }
        let mut values = Vec::new();
        if self.take(':') {
            loop {
                let key = self.word(&['=', ',', '(', ')', '+', ':']);
                if key.is_empty() || !self.take('=') {
                    return Err(format!(
                        "expected KEY=VALUE after {name:?}, found {:?}",
                        shortened(&format!("{key}{}", self.rest))
                    ));
                }
                let mut atoms = vec![self.atom(&key)?];
                while self.take('+') {
                    atoms.push(self.atom(&key)?);
                }
                values.push((key, atoms));
                if !self.take(',') {
                    break;
                }
            }
        }
        Ok(SpecTree { name, values })
    }

    fn atom(&mut self, key: &str) -> Result<Atom, String> {
        if !self.take('(') {
            let text = self.word(&[',', '(', ')', '+']);
            return if text.is_empty() { Err(format!("{key} has no value")) } else { Ok(Atom::Text(text)) };
        }
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("strategies nest at most {DEPTH_MAX} deep"));
        }
        let inner = self.spec()?;
        self.depth -= 1;
        if self.take(')') { Ok(Atom::Spec(inner)) } else { Err(format!("{key} has no closing parenthesis")) }
    }

    /// Takes everything up to the first of these characters.
    fn word(&mut self, ends: &[char]) -> String {
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word.trim().to_owned()
    }

    fn take(&mut self, character: char) -> bool {
        match self.rest.strip_prefix(character) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}
