//! Colours for people, on terminals that show them.

use hyperspace_evolve::Fate;

/// The colours of a stream: on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Palette(bool);

impl Palette {
    /// Returns colours that are on if `shown`.
    pub(crate) const fn new(shown: bool) -> Self {
        Self(shown)
    }

    /// Returns whether anything is coloured.
    pub(crate) const fn is_on(self) -> bool {
        self.0
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.0 && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.paint("31", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    pub(crate) fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(crate) fn note(self, text: &str) -> String {
        self.paint("33", text)
    }

    /// Colours a text according to a fate.
    pub(crate) fn fate(self, name: &str, text: &str) -> String {
        match name {
            name if name == Fate::Champion.name() => self.paint("1;32", text),
            name if [Fate::Admitted, Fate::Kept, Fate::Seed].iter().any(|fate| fate.name() == name) => {
                self.good(text)
            }
            name if name == Fate::Failed.name() || name == Fate::MetaFailed.name() => self.bad(text),
            name if name == Fate::Overfitted.name() => self.note(text),
            _ => self.dim(text),
        }
    }

    /// Colours a unified diff.
    pub(crate) fn diff(self, text: &str) -> String {
        if !self.0 {
            return text.to_owned();
        }
        let line = |line: &str| {
            let (body, end) = line.strip_suffix('\n').map_or((line, ""), |body| (body, "\n"));
            let painted = match body.as_bytes() {
                [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => self.strong(body),
                [b'+', ..] => self.good(body),
                [b'-', ..] => self.bad(body),
                [b'@', b'@', ..] => self.paint("36", body),
                _ => body.to_owned(),
            };
            format!("{painted}{end}")
        };
        text.split_inclusive('\n').map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_nothing_is_added() {
        let plain = Palette::new(false);
        assert_eq!(plain.diff("+a\n-b\n"), "+a\n-b\n");
        assert_eq!(plain.fate("champion", "x"), "x");
        assert_eq!(Palette::new(true).diff("+a\n c\n"), "\u{1b}[32m+a\u{1b}[0m\n c\n");
    }
}
