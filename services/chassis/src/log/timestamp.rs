//! Timestamps of log lines. Hand-written because date libraries would add 20 kB or more to the program.

use std::time::Duration;

const TEMPLATE: [u8; 24] = *b"0000-00-00T00:00:00.000Z";

/// Formats the time since the Unix epoch as RFC 3339 in UTC, with milliseconds.
pub(super) fn timestamp(now: Duration) -> [u8; TEMPLATE.len()] {
    let (year, month, day) = date(now.as_secs() / 86_400);
    let second = now.as_secs() % 86_400;
    let mut timestamp = TEMPLATE;
    // `format!` would take as long as the rest of the line.
    for (start, digits, mut number) in [
        (0, 4, year),
        (5, 2, month),
        (8, 2, day),
        (11, 2, second / 3600),
        (14, 2, second / 60 % 60),
        (17, 2, second % 60),
        (20, 3, now.subsec_millis().into()),
    ] {
        for digit in timestamp.iter_mut().skip(start).take(digits).rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
    }
    timestamp
}

/// Converts days since 1970-01-01 to year, month and day of the Gregorian calendar.
///
/// The algorithm starts years in March, which makes the leap day the last day of a year.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year + next, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_calendar_dates() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_007, "2024-02-29T23:59:59.007Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(timestamp(Duration::from_millis(millis)), text.as_bytes());
        }
    }
}
