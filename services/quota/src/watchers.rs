//! Calls that watch a key.

use std::collections::HashMap;

use tokio::sync::watch::{self, Receiver, Sender};

/// The remaining tokens of each watched key.
#[derive(Debug, Default)]
pub(crate) struct Watchers(HashMap<String, Sender<u32>>);

impl Watchers {
    /// Watches a key, with `remaining` as the first value; `None` if `max_keys` keys are watched.
    pub(crate) fn add(&mut self, key: &str, remaining: u32, max_keys: usize) -> Option<Receiver<u32>> {
        if let Some(sender) = self.0.get(key) {
            // Without a message to the other watchers of the key.
            sender.send_if_modified(|value| {
                *value = remaining;
                false
            });
            return Some(sender.subscribe());
        }
        if self.0.len() >= max_keys {
            self.0.retain(|_, sender| sender.receiver_count() > 0);
        }
        if self.0.len() >= max_keys {
            return None;
        }
        let (sender, receiver) = watch::channel(remaining);
        self.0.insert(key.to_owned(), sender);
        Some(receiver)
    }

    /// Sends the remaining tokens of a key to its watchers.
    pub(crate) fn send(&self, key: &str, remaining: u32) {
        if let Some(sender) = self.0.get(key) {
            sender.send_replace(remaining);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watchers_receive_latest_value() {
        let mut watchers = Watchers::default();
        let first = watchers.add("a", 9, 1).unwrap();
        let second = watchers.add("a", 8, 1).unwrap();
        assert_eq!(*second.borrow(), 8);
        assert!(!first.has_changed().unwrap());
        watchers.send("a", 7);
        watchers.send("b", 1);
        assert_eq!((*first.borrow(), *second.borrow()), (7, 7));
    }

    #[test]
    fn unwatched_keys_are_removed() {
        let mut watchers = Watchers::default();
        let receiver = watchers.add("a", 9, 1).unwrap();
        assert!(watchers.add("b", 9, 1).is_none());
        drop(receiver);
        assert!(watchers.add("b", 9, 1).is_some());
    }
}
