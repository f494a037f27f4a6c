//! Digits, signs and fractions of any script as ASCII.

use std::borrow::Cow;

use crate::sharing::work;

/// The zeros of all decimal digits outside of ASCII (general category Nd of Unicode 15). The other nine digits follow each.
const ZEROS: [u32; 65] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50,
    0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0,
    0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50,
    0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140,
    0x1e2f0, 0x1e950, 0x1fbf0,
];
/// Numbers in circles, parentheses or with a full stop: the first character, its number, and how many follow.
const ENCLOSED: [(u32, u32, u32); 8] = [
    (0x2460, 1, 20),
    (0x2474, 1, 20),
    (0x2488, 1, 20),
    (0x24eb, 11, 10),
    (0x24f5, 1, 10),
    (0x2776, 1, 10),
    (0x2780, 1, 10),
    (0x278a, 1, 10),
];
/// Fractions of one character.
const FRACTIONS: [(char, &str); 19] = [
    ('¼', "1/4"),
    ('½', "1/2"),
    ('¾', "3/4"),
    ('⅐', "1/7"),
    ('⅑', "1/9"),
    ('⅒', "1/10"),
    ('⅓', "1/3"),
    ('⅔', "2/3"),
    ('⅕', "1/5"),
    ('⅖', "2/5"),
    ('⅗', "3/5"),
    ('⅘', "4/5"),
    ('⅙', "1/6"),
    ('⅚', "5/6"),
    ('⅛', "1/8"),
    ('⅜', "3/8"),
    ('⅝', "5/8"),
    ('⅞', "7/8"),
    ('↉', "0/3"),
];

/// Returns a text whose numbers are ASCII.
pub(super) fn in_ascii(text: &str) -> Cow<'_, str> {
    work::count(text.len());
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut is_raised = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let was_raised = std::mem::take(&mut is_raised);
        if c.is_ascii() {
            shown.push(c);
        } else if let Some(raised) = raised(c) {
            // What is raised behind a digit is an exponent.
            if !was_raised && shown.ends_with(|c: char| c.is_ascii_digit()) {
                shown.push('^');
            }
            shown.push(raised);
            is_raised = true;
        } else if c == '\u{b7}' || c == '\u{30fb}' {
            let between = shown.ends_with(|c: char| c.is_ascii_digit())
                && chars.peek().is_some_and(|next| digit(*next).is_some());
            shown.push(if between { '.' } else { ' ' });
        } else {
            push(&mut shown, c);
        }
    }
    Cow::Owned(shown)
}

/// Appends a character that is not ASCII.
fn push(shown: &mut String, c: char) {
    if let Some(digit) = digit(c) {
        shown.push(digit);
        return;
    }
    if let Some(number) = enclosed(c) {
        shown.push_str(&if number < 10 { number.to_string() } else { format!(" {number} ") });
        return;
    }
    if let Some((_, fraction)) = FRACTIONS.iter().find(|(known, _)| *known == c) {
        shown.push_str(&format!(" {fraction} "));
        return;
    }
    match c {
        '\u{ff05}' | '\u{fe6a}' | '\u{66a}' => shown.push('%'),
        '\u{ff0e}' | '\u{66b}' => shown.push('.'),
        '\u{ff0c}' | '\u{66c}' => shown.push(','),
        '\u{3001}' | '\u{60c}' => shown.push_str(", "),
        '\u{3002}' | '\u{ff01}' | '\u{ff1b}' | '\u{ff1f}' | '\u{61b}' | '\u{61f}' | '\u{964}' => {
            shown.push_str("; ");
        }
        '\u{ff0f}' | '\u{2044}' | '\u{2215}' => shown.push('/'),
        '\u{ff1a}' | '\u{a789}' | '\u{2236}' => shown.push(':'),
        '\u{ff1d}' => shown.push('='),
        '\u{ff0b}' => shown.push('+'),
        '\u{ff1c}' => shown.push('<'),
        '\u{ff1e}' => shown.push('>'),
        '\u{2264}' | '\u{2a7d}' => shown.push_str("<="),
        '\u{2265}' | '\u{2a7e}' => shown.push_str(">="),
        '\u{2248}' | '\u{ff5e}' | '\u{223c}' | '\u{2243}' | '\u{2245}' => shown.push('~'),
        '\u{2212}' | '\u{fe63}' | '\u{ff0d}' | '\u{2010}' | '\u{2011}' | '\u{2012}' | '\u{2013}' => {
            shown.push('-');
        }
        c => shown.push(c),
    }
}

/// Returns the ASCII digit that has the value of a digit.
fn digit(c: char) -> Option<char> {
    if c.is_ascii_digit() {
        return Some(c);
    }
    let code = c as u32;
    let zero = ZEROS[..ZEROS.partition_point(|zero| *zero <= code)].last()?;
    match code - zero {
        value @ 0..10 => char::from_digit(value, 10),
        _ => None,
    }
}

/// Returns the value of a number in a circle or the like.
fn enclosed(c: char) -> Option<u32> {
    let code = c as u32;
    if matches!(code, 0x24ea | 0x24ff | 0x1f10b | 0x1f10c) {
        return Some(0);
    }
    // Subscripts do not raise anything.
    if let 0x2080..=0x2089 = code {
        return Some(code - 0x2080);
    }
    let block = ENCLOSED.iter().find(|(first, _, count)| (*first..first + count).contains(&code));
    block.map(|(first, number, _)| number + code - first)
}

/// Returns the character that a raised one stands for.
fn raised(c: char) -> Option<char> {
    Some(match c {
        '\u{2070}' => '0',
        '\u{b9}' => '1',
        '\u{b2}' => '2',
        '\u{b3}' => '3',
        '\u{2074}'..='\u{2079}' => char::from_digit(c as u32 - 0x2070, 10)?,
        '\u{207a}' => '+',
        '\u{207b}' => '-',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_script_are_ascii() {
        for (text, shown) in [
            ("٠.٩٧", "0.97"),
            ("٠٫٩٧", "0.97"),
            ("۹۷٪", "97%"),
            ("०.९७", "0.97"),
            ("０．９７", "0.97"),
            ("𝟎.𝟗𝟕", "0.97"),
            ("⑨⑦%", "97%"),
            ("0·97 a·b", "0.97 a b"),
            ("½", " 1/2 "),
            ("\u{2212}1000.1", "-1000.1"),
            ("10⁻⁶ x²", "10^-6 x2"),
            ("score", "score"),
        ] {
            assert_eq!(in_ascii(text), shown);
        }
        assert!(ZEROS.is_sorted());
    }
}
