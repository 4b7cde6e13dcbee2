//! Time as a log has it.

use std::cell::Cell;
use std::time::Duration;

/// RFC 3339, UTC, to the millisecond.
#[derive(Clone, Copy)]
pub(super) struct Timestamp([u8; TEMPLATE.len()]);

const TEMPLATE: [u8; 24] = *b"0000-00-00T00:00:00.000Z";

impl Timestamp {
    /// Of the time since 1970. A thread that asks again within a second works out the milliseconds alone.
    pub(super) fn of(now: Duration) -> Self {
        thread_local! {
            static LAST: Cell<(u64, Timestamp)> = const { Cell::new((0, Timestamp(*b"1970-01-01T00:00:00.000Z"))) };
        }
        let (second, mut time) = LAST.get();
        if second != now.as_secs() {
            time = Self::of_second(now.as_secs());
            LAST.set((now.as_secs(), time));
        }
        time.put::<20, 3>(now.subsec_millis().into());
        time
    }

    pub(super) fn as_bytes(&self) -> &[u8; TEMPLATE.len()] {
        &self.0
    }

    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    fn of_second(seconds: u64) -> Self {
        let (year, month, day) = date(seconds / 86_400);
        let second = seconds % 86_400;
        let mut time = Self(TEMPLATE);
        time.put::<0, 4>(year);
        time.put::<5, 2>(month);
        time.put::<8, 2>(day);
        time.put::<11, 2>(second / 3600);
        time.put::<14, 2>(second / 60 % 60);
        time.put::<17, 2>(second % 60);
        time
    }

    /// The number's last digits, so many, from a place on.
    fn put<const AT: usize, const DIGITS: usize>(&mut self, mut number: u64) {
        for digit in self.0.iter_mut().skip(AT).take(DIGITS).rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
    }
}

/// Year, month and day of the Gregorian calendar, so many days after 1970-01-01.
///
/// The year is taken to begin in March, so that the leap day is its last.
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
    fn dates_are_those_of_the_calendar() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_007, "2024-02-29T23:59:59.007Z"),
            (1_709_251_199_450, "2024-02-29T23:59:59.450Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (0, "1970-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(Timestamp::of(Duration::from_millis(millis)).as_str(), text);
        }
    }
}
