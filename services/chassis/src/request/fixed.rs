//! Routes without parameters: a request's path tells them.

use std::sync::OnceLock;

/// Of a service with more, the others are asked of the router for each request.
const MOST: usize = 64;

/// The routes that were found to be their own path, of a router that does not change: the next request for such a path takes the
/// same route. There are no more of them than the router has.
pub(super) struct FixedRoutes([OnceLock<Box<str>>; MOST]);

/// One of [`FixedRoutes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FixedRoute(usize);

impl FixedRoutes {
    pub(super) const fn new() -> Self {
        Self([const { OnceLock::new() }; MOST])
    }

    pub(super) fn find(&self, path: &str) -> Option<FixedRoute> {
        let mut known = self.0.iter().map_while(OnceLock::get);
        known.position(|known| **known == *path).map(FixedRoute)
    }

    pub(super) fn get(&self, route: FixedRoute) -> Option<&str> {
        self.0.get(route.0)?.get().map(|path| &**path)
    }

    pub(super) fn add(&self, path: &str) {
        let _ = self
            .0
            .iter()
            .any(|place| **place.get_or_init(|| path.into()) == *path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_added_and_nothing_else() {
        let routes = FixedRoutes::new();
        assert_eq!(routes.find("/"), None);
        for path in ["/", "/a", "/", "/a/b"] {
            routes.add(path);
        }
        for path in ["/", "/a", "/a/b"] {
            let found = routes.find(path).and_then(|route| routes.get(route));
            assert_eq!(found, Some(path));
        }
        assert_eq!(routes.find("/b"), None);
        assert_eq!(routes.find(""), None);
        assert_eq!(routes.0.iter().filter_map(OnceLock::get).count(), 3);
    }

    #[test]
    fn keeps_as_many_as_it_has_room_for() {
        let routes = FixedRoutes::new();
        for number in 0..=MOST {
            routes.add(&format!("/{number}"));
        }
        assert!(routes.find(&format!("/{}", MOST - 1)).is_some());
        assert_eq!(routes.find(&format!("/{MOST}")), None);
    }
}
