//! A value for each thread that serves.
//!
//! What all threads write to passes from core to core for each request, and two cores then answer little more than one.

use std::sync::atomic::{AtomicUsize, Ordering};

/// With more threads than these, some share.
const SHARDS: usize = 16;

/// Two of them are never in one cache line, nor in two that are fetched together.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Apart<T>(T);

/// So many values of a kind, of which a thread mostly uses its own.
#[derive(Debug, Default)]
pub(crate) struct Shards<T>([Apart<T>; SHARDS]);

impl<T> Shards<T> {
    /// Each from its number.
    pub(crate) fn of(make: impl Fn(usize) -> T) -> Self {
        Self(std::array::from_fn(|shard| Apart(make(shard))))
    }

    /// This thread's.
    pub(crate) fn mine(&self) -> &T {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static MINE: usize = NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS;
        }
        let [first, ..] = &self.0;
        &self.0.get(MINE.with(|mine| *mine)).unwrap_or(first).0
    }

    /// Those of all threads.
    pub(crate) fn all(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|Apart(shard)| shard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_keeps_its_shard_and_another_has_another() {
        let shards = Shards::of(|shard| shard);
        let of_another = std::thread::scope(|scope| scope.spawn(|| *shards.mine()).join().unwrap());
        assert_eq!(shards.mine(), shards.mine());
        assert_ne!(*shards.mine(), of_another);
    }

    #[test]
    fn two_shards_have_no_line_in_common() {
        let shards = Shards::<u8>::default();
        let addresses: Vec<_> = shards
            .all()
            .map(|shard| std::ptr::from_ref(shard).addr())
            .collect();
        assert_eq!(addresses.len(), SHARDS);
        assert!(addresses.windows(2).all(|pair| pair[1] - pair[0] >= 128));
    }
}
