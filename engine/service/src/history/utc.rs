//! Points in time in human-readable form, in UTC.

use crate::error::ServiceError;

const DAY: u64 = 86_400;
/// Number of days from the beginning of 1970 to that of 10000.
const DAYS_MAX: u64 = 2_932_897;
const MONTHS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn days_of_year(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

/// Returns the number of days in a month, counted from 1.
fn days_of_month(year: u64, month: u64) -> Option<u64> {
    let index = usize::try_from(month.checked_sub(1)?).ok()?;
    Some(*MONTHS.get(index)? + u64::from(month == 2 && is_leap(year)))
}

/// Returns seconds since the beginning of 1970 in the form `2026-11-29T06:05:00Z`; `None` beyond the year 9999.
pub(crate) fn format(seconds: u64) -> Option<String> {
    let (mut day, rest) = (seconds / DAY, seconds % DAY);
    if day >= DAYS_MAX {
        return None;
    }
    let mut year = 1970;
    while day >= days_of_year(year) {
        day -= days_of_year(year);
        year += 1;
    }
    let mut month = 1;
    while let Some(days) = days_of_month(year, month).filter(|days| day >= *days) {
        day -= days;
        month += 1;
    }
    let (hour, minute, second) = (rest / 3_600, rest % 3_600 / 60, rest % 60);
    Some(format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", day + 1))
}

/// Parses a day, `YYYY-MM-DD`, into the seconds since the beginning of 1970 at which it begins.
///
/// # Errors
///
/// [`ServiceError::Setting`] of this name.
pub(crate) fn parse_day(setting: &'static str, text: &str) -> Result<u64, ServiceError> {
    day(text).map(|day| day * DAY).ok_or_else(|| ServiceError::Setting {
        setting,
        given: Some(text.to_owned()),
        problem: "expected a day of 1970 to 9999 such as 2026-11-29".to_owned(),
    })
}

/// Returns the second at which the day after the one beginning at `seconds` begins.
pub(crate) const fn next_day(seconds: u64) -> u64 {
    seconds + DAY
}

fn day(text: &str) -> Option<u64> {
    let mut parts = text.split('-');
    let mut number = |digits: usize| {
        let part = parts.next().filter(|part| part.len() == digits)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u64>().ok()).flatten()
    };
    let (year, month, day) = (number(4)?, number(2)?, number(2)?);
    if parts.next().is_some() || year < 1970 || day == 0 || day > days_of_month(year, month)? {
        return None;
    }
    let years: u64 = (1970..year).map(days_of_year).sum();
    let months: u64 = (1..month).filter_map(|month| days_of_month(year, month)).sum();
    Some(years + months + day - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days_are_right() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_000_000_000, "2001-09-09T01:46:40Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(format(seconds).as_deref(), Some(text));
            let begin = parse_day("since", &text[..10]).unwrap();
            assert!(begin <= seconds && seconds < next_day(begin), "{text}");
        }
        assert_eq!((format(253_402_300_800), format(u64::MAX)), (None, None));
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "2026",
            "2026-1-1",
            "2026-13-01",
            "2026-02-29",
            "1969-12-31",
            "2026-01-00",
            "2026-01-01-",
            "+026-01-01",
            "2026-01-01T00:00",
        ] {
            let error = parse_day("since", text).unwrap_err().to_string();
            assert!(error.contains("2026-11-29"), "{text}: {error}");
        }
    }
}
