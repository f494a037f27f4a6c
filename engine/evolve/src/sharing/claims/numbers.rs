//! Numbers in the notations of different countries and sciences, read once.

use crate::sharing::work;

/// Maximum number of values that a number may have, depending on who reads its separators.
const READINGS_MAX: usize = 3;
/// Maximum number of groups of three digits in a number, which bounds what is read of a longer row of them.
const GROUPS_MAX: usize = 6;
/// Maximum number of digits of an exponent.
const EXPONENT_DIGITS_MAX: usize = 3;

/// A value of a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct NumberReading {
    pub(super) value: f64,
    /// The place of the last digit that is given: 2 for 0.57 and for 57e-2, -3 for 1e3.
    pub(super) decimals: i32,
}

/// A number of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TextNumber {
    /// The values that it may have, the most likely one first.
    pub(super) readings: Vec<NumberReading>,
    /// True if it has an exponent.
    pub(super) is_scientific: bool,
    /// True if it has a plus, which makes it a difference.
    pub(super) has_plus: bool,
    /// True if it is written in words.
    pub(super) is_spelt: bool,
}

/// A word that begins with a digit.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum DigitPart {
    Number(TextNumber),
    /// A date, a time, a version or a number in another base.
    Other,
}

impl TextNumber {
    /// Creates a number of one value.
    pub(super) fn new(value: f64, decimals: i32) -> Self {
        let readings = vec![NumberReading { value, decimals }];
        Self { readings, is_scientific: false, has_plus: false, is_spelt: false }
    }

    /// Returns the most likely value.
    pub(super) fn value(&self) -> f64 {
        self.readings.first().map_or(0.0, |reading| reading.value)
    }

    /// Returns whether it is surely a whole number.
    pub(super) fn is_whole(&self) -> bool {
        !self.is_scientific && self.readings.first().is_some_and(|reading| reading.decimals <= 0)
    }

    /// Adds a value.
    pub(super) fn may_be(&mut self, reading: NumberReading) {
        if self.readings.len() < READINGS_MAX {
            self.readings.push(reading);
        }
    }

    /// Changes the sign.
    pub(super) fn negated(&mut self) {
        self.readings.iter_mut().for_each(|reading| reading.value = -reading.value);
    }
}

/// Returns the number of digits at a place.
fn digits(bytes: &[u8], at: usize) -> usize {
    let count = bytes.get(at..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count();
    work::count(count);
    count
}

/// Reads what begins at a place with a digit, or with a separator of decimals, and returns it with its end.
pub(super) fn read(text: &str, at: usize) -> (DigitPart, usize) {
    let bytes = text.as_bytes();
    if let Some(end) = other_end(bytes, at) {
        return (DigitPart::Other, end);
    }
    let (mut number, end) = match grouped(text, at) {
        Some(found) => found,
        None => simple(text, at),
    };
    match exponent(bytes, end) {
        Some((exponent, end)) => {
            for reading in &mut number.readings {
                reading.value *= 10_f64.powi(exponent);
                reading.decimals -= exponent;
            }
            number.is_scientific = true;
            (DigitPart::Number(number), end)
        }
        None => power(bytes, end, number),
    }
}

/// Returns the end of a date, a time, a version of three parts, or a number in another base.
fn other_end(bytes: &[u8], at: usize) -> Option<usize> {
    let first = digits(bytes, at);
    let mut end = at + first;
    let sign = *bytes.get(end)?;
    if first == 1 && bytes[at] == b'0' && matches!(sign, b'x' | b'b' | b'o') {
        let rest = bytes[end + 1..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        return (rest > 0).then_some(end + 1 + rest);
    }
    if !matches!(sign, b'-' | b':' | b'.' | b'/') || first == 0 {
        return None;
    }
    let mut parts = 1;
    let mut is_grouped = sign == b'.';
    while bytes.get(end) == Some(&sign) {
        let count = digits(bytes, end + 1);
        if count == 0 {
            break;
        }
        is_grouped &= count == 3;
        parts += 1;
        end += 1 + count;
    }
    let least = if sign == b':' { 2 } else { 3 };
    (parts >= least && !(is_grouped && parts <= GROUPS_MAX + 1)).then_some(end)
}

/// Reads a number whose thousands are separated: `1,000.1`, `1.000,1`, `1'000`, `1_000`.
fn grouped(text: &str, at: usize) -> Option<(TextNumber, usize)> {
    let bytes = text.as_bytes();
    let first = digits(bytes, at);
    let sign = *bytes.get(at + first)?;
    if !(1..=3).contains(&first) || bytes[at] == b'0' || !matches!(sign, b',' | b'.' | b'\'' | b'_') {
        return None;
    }
    let (mut end, mut groups) = (at + first, 0);
    while groups < GROUPS_MAX && bytes.get(end) == Some(&sign) && digits(bytes, end + 1) == 3 {
        end += 4;
        groups += 1;
    }
    if groups == 0 {
        return None;
    }
    let whole: String = text[at..end].chars().filter(char::is_ascii_digit).collect();
    let point = match sign {
        b'.' => b',',
        _ => b'.',
    };
    let places = if bytes.get(end) == Some(&point) { digits(bytes, end + 1) } else { 0 };
    // `1,000,5` is no number with separated thousands.
    if places == 0 && bytes.get(end) == Some(&sign) && digits(bytes, end + 1) > 0 {
        return None;
    }
    let decimals = i32::try_from(places).unwrap_or(i32::MAX).min(12);
    let fraction = if places > 0 { &text[end + 1..end + 1 + places] } else { "0" };
    let mut number = TextNumber::new(format!("{whole}.{fraction}").parse().ok()?, decimals);
    if places == 0 && groups == 1 && matches!(sign, b',' | b'.') {
        let other = text[at..end].replace(',', ".").parse().ok()?;
        let other = NumberReading { value: other, decimals: 3 };
        // A comma separates thousands more often than decimals.
        if sign == b'.' { number.readings.insert(0, other) } else { number.may_be(other) }
    }
    Some((number, if places > 0 { end + 1 + places } else { end }))
}

/// Reads digits with at most one separator of decimals.
fn simple(text: &str, at: usize) -> (TextNumber, usize) {
    let bytes = text.as_bytes();
    let whole = digits(bytes, at);
    let (point, from) = (at + whole, at + whole + 1);
    let places = match bytes.get(point) {
        Some(b'.' | b',') => digits(bytes, from),
        _ => 0,
    };
    // `1,2,3` is a list.
    let is_list = bytes.get(point) == Some(&b',')
        && whole > 0
        && bytes.get(from + places) == Some(&b',')
        && digits(bytes, from + places + 1) > 0;
    if places == 0 || is_list {
        return (TextNumber::new(text[at..point].parse().unwrap_or(0.0), 0), point.max(at + 1));
    }
    let value = format!("{}.{}", &text[at..point], &text[from..from + places]);
    let decimals = i32::try_from(places).unwrap_or(i32::MAX).min(300);
    (TextNumber::new(format!("0{value}").parse().unwrap_or(0.0), decimals), from + places)
}

/// Reads an exponent: `e-6`, `x10^-6`, `*10**-6`.
fn exponent(bytes: &[u8], at: usize) -> Option<(i32, usize)> {
    let rest = bytes.get(at..)?;
    if rest.first() == Some(&b'e') {
        let (exponent, end) = signed(bytes, at + 1)?;
        return (!bytes.get(end).is_some_and(u8::is_ascii_alphanumeric)).then_some((exponent, end));
    }
    let blank = usize::from(rest.first() == Some(&b' '));
    let sign = *rest.get(blank)?;
    if !matches!(sign, b'x' | b'*') {
        return None;
    }
    let from = at + blank + 1;
    let from = from + usize::from(bytes.get(from) == Some(&b' '));
    let base = bytes.get(from..)?.strip_prefix(b"10")?;
    let raised = if base.starts_with(b"**") { 2 } else { usize::from(base.first() == Some(&b'^')) };
    if raised == 0 { None } else { signed(bytes, from + 2 + raised) }
}

/// Reads a power of ten, which is a number without a factor.
fn power(bytes: &[u8], at: usize, number: TextNumber) -> (DigitPart, usize) {
    let raised = match bytes.get(at) {
        Some(b'^') => at + 1,
        Some(b'*') if bytes.get(at + 1) == Some(&b'*') => at + 2,
        _ => return (DigitPart::Number(number), at),
    };
    match signed(bytes, raised) {
        Some((exponent, end)) if number.value() == 10.0 => {
            let mut power = TextNumber::new(10_f64.powi(exponent), -exponent);
            power.is_scientific = true;
            (DigitPart::Number(power), end)
        }
        Some((_, end)) => (DigitPart::Other, end),
        None => (DigitPart::Number(number), at),
    }
}

/// Reads a whole number with or without a sign.
fn signed(bytes: &[u8], at: usize) -> Option<(i32, usize)> {
    let sign = matches!(bytes.get(at), Some(b'-' | b'+'));
    let from = at + usize::from(sign);
    let count = digits(bytes, from);
    if !(1..=EXPONENT_DIGITS_MAX).contains(&count) {
        return None;
    }
    let value = bytes[from..from + count].iter().fold(0, |value, byte| value * 10 + i32::from(byte - b'0'));
    Some((if sign && bytes[at] == b'-' { -value } else { value }, from + count))
}

/// Returns a number whose thousands are separated by spaces, with its end, if one begins here: `1 000.1`.
pub(super) fn spaced(text: &str, at: usize) -> Option<(NumberReading, usize)> {
    let bytes = text.as_bytes();
    let first = digits(bytes, at);
    if !(1..=3).contains(&first) || bytes[at] == b'0' {
        return None;
    }
    let (mut end, mut groups) = (at + first, 0);
    while groups < GROUPS_MAX && bytes.get(end) == Some(&b' ') && digits(bytes, end + 1) == 3 {
        end += 4;
        groups += 1;
    }
    if groups == 0 {
        return None;
    }
    let whole: String = text[at..end].chars().filter(char::is_ascii_digit).collect();
    let places = match bytes.get(end) {
        Some(b'.' | b',') => digits(bytes, end + 1),
        _ => 0,
    };
    let fraction = if places > 0 { &text[end + 1..end + 1 + places] } else { "0" };
    let value = format!("{whole}.{fraction}").parse().ok()?;
    let decimals = i32::try_from(places).unwrap_or(i32::MAX).min(12);
    Some((NumberReading { value, decimals }, if places > 0 { end + 1 + places } else { end }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notations_are_read() {
        for (text, values, decimals) in [
            ("0.57", &[0.57][..], 2),
            (".57", &[0.57], 2),
            ("0,93", &[0.93], 2),
            ("1,000.1", &[1000.1], 1),
            ("1.000,1", &[1000.1], 1),
            ("1'000'000", &[1_000_000.0], 0),
            ("1_000.25", &[1000.25], 2),
            ("1,234", &[1234.0, 1.234], 0),
            ("1.234", &[1.234, 1234.0], 3),
            ("3.09e-02", &[0.0309], 4),
            ("1e3", &[1000.0], -3),
            ("1x10^-6", &[1e-6], 6),
            ("2 * 10**-3", &[0.002], 3),
            ("10^-6", &[1e-6], 6),
            ("97", &[97.0], 0),
        ] {
            let (DigitPart::Number(number), end) = read(text, 0) else { panic!("{text}") };
            let read: Vec<f64> = number.readings.iter().map(|reading| reading.value).collect();
            assert!(read.iter().zip(values).all(|(a, b)| (a - b).abs() < 1e-12), "{text}: {read:?}");
            assert_eq!((read.len(), number.readings[0].decimals, end), (values.len(), decimals, text.len()));
        }
        assert_eq!(spaced("1 000.1", 0), Some((NumberReading { value: 1000.1, decimals: 1 }, 7)));
        assert_eq!(spaced("12 10", 0), None);
    }

    #[test]
    fn dates_times_versions_and_bases_are_none() {
        for text in ["2026-12-01", "12:30", "1.2.3", "0xff", "12/05/2026", "2**8"] {
            assert_eq!(read(text, 0), (DigitPart::Other, text.len()), "{text}");
        }
        let (DigitPart::Number(number), end) = read("1,2,3", 0) else { panic!("a list") };
        assert_eq!((number.value(), end), (1.0, 1));
    }
}
