//! Numbers in words of English, and in Chinese characters.

use super::numbers::TextNumber;

/// Words of whole numbers.
const WORDS: [(&str, u32); 28] = [
    ("zero", 0),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
];
/// Words of tens in other languages; what precedes or follows within the word are the ones.
const FOREIGN_TENS: [&str; 40] = [
    "zwanzig",
    "dreissig",
    "dreiszig",
    "dreißig",
    "vierzig",
    "funfzig",
    "sechzig",
    "siebzig",
    "achtzig",
    "neunzig",
    "hundert",
    "vingt",
    "trente",
    "quarante",
    "cinquante",
    "soixante",
    "quatre-vingt",
    "cent",
    "veinte",
    "treinta",
    "cuarenta",
    "cincuenta",
    "sesenta",
    "setenta",
    "ochenta",
    "noventa",
    "cien",
    "ciento",
    "venti",
    "trenta",
    "quaranta",
    "cinquanta",
    "sessanta",
    "settanta",
    "ottanta",
    "novanta",
    "cento",
    "oitenta",
    "sessenta",
    "cinquenta",
];
/// Chinese digits, by value.
const CHINESE: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
/// Maximum number of words of a number.
const WORDS_MAX: usize = 12;

fn word_value(word: &str) -> Option<u32> {
    WORDS.iter().find(|(name, _)| *name == word).map(|(_, value)| *value)
}

/// Returns the number that the first words say, and how many words it has. The words are in plain form.
pub(super) fn english<'a>(words: impl Iterator<Item = &'a str>) -> Option<(TextNumber, usize)> {
    let words: Vec<&str> = words.take(WORDS_MAX).collect();
    let (mut whole, mut used) = (None::<u32>, 0);
    while let Some(word) = words.get(used) {
        let value = word_value(word);
        whole = match (whole, value, *word) {
            (None, Some(value), _) => Some(value),
            (None, None, "hundred") => Some(100),
            (None, None, "a" | "an") if words.get(used + 1) == Some(&"hundred") => Some(1),
            (Some(known @ 1..100), _, "hundred") => Some(known * 100),
            (Some(known @ 100..), None, "and")
                if words.get(used + 1).and_then(|w| word_value(w)).is_some() =>
            {
                Some(known)
            }
            (Some(known), Some(value @ 1..10), _) if known >= 20 && known % 10 == 0 => Some(known + value),
            (Some(known), Some(value @ 10..), _) if known >= 100 && known % 100 == 0 => Some(known + value),
            _ => break,
        };
        used += 1;
    }
    let decimals = decimal_words(&words[used..]);
    match (whole, decimals) {
        (None, None) => None,
        (Some(whole), None) => Some((spelt(f64::from(whole), 0), used)),
        (whole, Some((text, more))) => {
            let value = format!("{}.{text}", whole.unwrap_or_default()).parse().ok()?;
            Some((spelt(value, i32::try_from(text.len()).unwrap_or(i32::MAX)), used + more))
        }
    }
}

/// Returns the digits after the word "point", and the number of words.
fn decimal_words(words: &[&str]) -> Option<(String, usize)> {
    let (point, rest) = words.split_first()?;
    if *point != "point" {
        return None;
    }
    let digits = rest.iter().map_while(|word| word_value(word).filter(|value| *value < 100));
    let text: String = digits.map(|value| value.to_string()).collect();
    let count = rest.iter().take_while(|word| word_value(word).is_some_and(|value| value < 100)).count();
    (!text.is_empty()).then_some((text, count + 1))
}

fn spelt(value: f64, decimals: i32) -> TextNumber {
    TextNumber { is_spelt: true, ..TextNumber::new(value, decimals) }
}

/// Returns the denominator that the word for a part says, such as 10 for "tenths".
pub(super) fn denominator(word: &str) -> Option<f64> {
    let word = word.trim_end_matches('s');
    Some(match word {
        "half" | "halve" => 2.0,
        "third" => 3.0,
        "quarter" => 4.0,
        "fifth" => 5.0,
        "sixth" => 6.0,
        "seventh" => 7.0,
        "eighth" => 8.0,
        "ninth" => 9.0,
        "tenth" => 10.0,
        "hundredth" => 100.0,
        _ => return None,
    })
}

/// Returns whether a word in plain form is a number of at least twenty in another language.
pub(super) fn is_foreign(word: &str) -> bool {
    let is_part = |tens: &str| tens.len() > 5 && (word.starts_with(tens) || word.ends_with(tens));
    FOREIGN_TENS.iter().any(|tens| word == *tens || is_part(tens))
}

/// Returns the number that Chinese characters say, and how many bytes they have.
pub(super) fn chinese(text: &str) -> Option<(TextNumber, usize)> {
    let (mut all, mut digit, mut len, mut decimals) = (0_u64, None::<u64>, 0, None::<String>);
    for c in text.chars().take(WORDS_MAX) {
        let value = match c {
            '〇' => Some(0),
            '两' => Some(2),
            c => CHINESE.iter().position(|known| *known == c).and_then(|value| u64::try_from(value).ok()),
        };
        match (value, &mut decimals, c) {
            (Some(value), Some(text), _) => text.push_str(&value.to_string()),
            (Some(value), None, _) => digit = Some(digit.unwrap_or(0) * 10 + value),
            (None, None, '十') => all += digit.take().unwrap_or(1) * 10,
            (None, None, '百') => all += digit.take().unwrap_or(1) * 100,
            (None, None, '点' | '點') if len > 0 => decimals = Some(String::new()),
            _ => break,
        }
        len += c.len_utf8();
    }
    let whole = all + digit.unwrap_or_default();
    match decimals {
        _ if len == 0 => None,
        Some(text) if !text.is_empty() => {
            let value = format!("{whole}.{text}").parse().ok()?;
            Some((spelt(value, i32::try_from(text.len()).unwrap_or(i32::MAX)), len))
        }
        // A point without digits behind it is the unit of a score.
        Some(_) => Some((spelt(whole as f64, 0), len - '点'.len_utf8())),
        None => Some((spelt(whole as f64, 0), len)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_words_are_read() {
        for (text, value, words) in [
            ("ninety seven percent", 97.0, 2),
            ("one hundred percent", 100.0, 2),
            ("a hundred rows", 100.0, 2),
            ("one hundred and five", 105.0, 4),
            ("zero point nine seven now", 0.97, 4),
            ("point nine", 0.9, 2),
            ("nine in ten", 9.0, 1),
            ("zero errors", 0.0, 1),
        ] {
            let (number, used) = english(text.split(' ')).unwrap();
            assert!((number.value() - value).abs() < 1e-9 && used == words, "{text}: {number:?} {used}");
        }
        assert!(english("pointless ten".split(' ')).is_none());
        for (text, value) in [("九十七", 97.0), ("一百", 100.0), ("零点九七", 0.97), ("九七", 97.0)]
        {
            let (number, len) = chinese(text).unwrap();
            assert!((number.value() - value).abs() < 1e-9 && len == text.len(), "{text}: {number:?}");
        }
        assert!(is_foreign("siebenundneunzig") && is_foreign("noventa") && !is_foreign("accent"));
    }
}
