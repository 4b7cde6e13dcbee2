//! A load balancer that polls readiness and never retries.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::client::Client;

/// Far below any realistic `DRAIN_GRACE`.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Two alternating backends.
#[derive(Default)]
pub(crate) struct Balancer {
    slots: [Slot; 2],
    next: AtomicUsize,
    closed: AtomicBool,
}

/// A backend, whose instance is replaced at each restart.
#[derive(Default)]
struct Slot {
    /// Addresses of its service and operations ports.
    instance: Mutex<Option<(SocketAddr, SocketAddr)>>,
    ready: AtomicBool,
    /// Idle connections with the address of their instance.
    idle: Mutex<Vec<(SocketAddr, Client)>>,
}

impl Balancer {
    /// Adds an instance, which receives requests once it is ready.
    pub(crate) fn set_instance(&self, slot: usize, address: SocketAddr, operations: SocketAddr) {
        *lock(&self.slot(slot).instance) = Some((address, operations));
    }

    /// Whether the last poll found the instance ready.
    pub(crate) fn is_ready(&self, slot: usize) -> bool {
        self.slot(slot).ready.load(Ordering::Acquire)
    }

    /// Sends one GET request to a ready instance.
    pub(crate) fn send(&self, path: &str) -> io::Result<u16> {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        let slot = [next, next + 1]
            .into_iter()
            .find(|slot| self.is_ready(*slot))
            .map(|slot| self.slot(slot))
            .ok_or_else(|| io::Error::new(ErrorKind::NotConnected, "no instance is ready"))?;
        let (address, _) =
            (*lock(&slot.instance)).ok_or_else(|| io::Error::new(ErrorKind::NotConnected, "no instance"))?;
        let pooled = {
            let mut idle = lock(&slot.idle);
            idle.retain(|(to, _)| *to == address);
            idle.pop()
        };
        let mut client = match pooled {
            Some((_, client)) => client,
            None => Client::connect(address)?,
        };
        let (status, _) = client.get(path)?;
        if !client.is_closing() {
            lock(&slot.idle).push((address, client));
        }
        Ok(status)
    }

    /// Polls every instance's `/readyz` until `close`.
    pub(crate) fn poll_until_closed(&self) {
        while !self.closed.load(Ordering::Acquire) {
            for slot in &self.slots {
                slot.ready.store(slot.poll(), Ordering::Release);
            }
            thread::sleep(POLL_INTERVAL);
        }
    }

    /// Stops `poll_until_closed`.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    fn slot(&self, number: usize) -> &Slot {
        let [first, second] = &self.slots;
        if number.is_multiple_of(2) {
            first
        } else {
            second
        }
    }
}

impl Slot {
    fn poll(&self) -> bool {
        let instance = *lock(&self.instance);
        instance.is_some_and(|(_, operations)| {
            Client::connect(operations)
                .and_then(|mut client| client.get("/readyz"))
                .is_ok_and(|(status, _)| status == 200)
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    /// Starts a server that responds with `status`.
    fn responding(status: u16) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    while stream.read(&mut [0; 1024]).is_ok_and(|count| count > 0) {
                        let response = format!("HTTP/1.1 {status} Status\r\nContent-Length: 0\r\n\r\n");
                        if stream.write_all(response.as_bytes()).is_err() {
                            break;
                        }
                    }
                });
            }
        });
        address
    }

    fn closed_port() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    }

    fn polled_balancer(instances: [(SocketAddr, SocketAddr); 2]) -> Balancer {
        let balancer = Balancer::default();
        for (slot, (address, operations)) in instances.into_iter().enumerate() {
            balancer.set_instance(slot, address, operations);
        }
        for slot in &balancer.slots {
            slot.ready.store(slot.poll(), Ordering::Release);
        }
        balancer
    }

    #[test]
    fn sends_only_to_ready_instances() {
        let (good, unready) = (responding(200), responding(503));
        let balancer = polled_balancer([(good, good), (closed_port(), unready)]);
        for _ in 0..10 {
            assert_eq!(balancer.send("/").unwrap(), 200);
        }
    }

    #[test]
    fn never_retries() {
        let good = responding(200);
        let balancer = polled_balancer([(good, good), (closed_port(), good)]);
        let failed = (0..10).filter(|_| balancer.send("/").is_err()).count();
        assert_eq!(failed, 5);
    }

    #[test]
    fn fails_without_ready_instance() {
        let unready = responding(503);
        let error = polled_balancer([(closed_port(), unready), (closed_port(), closed_port())]).send("/");
        assert_eq!(error.unwrap_err().to_string(), "no instance is ready");
    }
}
