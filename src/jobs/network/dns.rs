//! `LookUpHost`: the host name of an address, from the system's resolver.

use std::net::{IpAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::engine::JobAnswer;

/// Maximum number of threads that wait for the resolver.
pub(super) const THREADS_MAX: usize = 16;
/// Maximum number of lookups that wait for a thread or have one, including abandoned ones.
const LOOKUPS_MAX: usize = 64;
/// Time limit, after which an address has no name.
const TIME_MAX: Duration = Duration::from_secs(5);

/// Looks up names, a limited number at the same time.
#[derive(Clone, Debug)]
pub(super) struct Hosts(Arc<Semaphore>);

impl Default for Hosts {
    fn default() -> Self {
        Hosts(Arc::new(Semaphore::new(LOOKUPS_MAX)))
    }
}

impl Hosts {
    /// Answers with the name of an address; with `confirm`, only if the name resolves to the address.
    pub(super) async fn answer(&self, ip: IpAddr, confirm: bool) -> JobAnswer {
        JobAnswer::HostFound(self.look_up(ip, confirm).await)
    }

    async fn look_up(&self, ip: IpAddr, confirm: bool) -> Option<String> {
        let look_up = async {
            let permit = self.0.clone().acquire_owned().await.ok()?;
            let blocking = spawn_blocking(move || {
                let name = look_up(ip, confirm);
                drop(permit);
                name
            });
            blocking.await.ok()?
        };
        timeout(TIME_MAX, look_up).await.ok()?
    }
}

fn look_up(ip: IpAddr, confirm: bool) -> Option<String> {
    let name = dns_lookup::lookup_addr(&ip).ok()?;
    // Without a name, the resolver returns the address itself.
    let name = name.strip_suffix('.').unwrap_or(&name).to_owned();
    if name.is_empty() || name.parse::<IpAddr>().is_ok() {
        return None;
    }
    let resolves_back = || {
        let mut found = (name.as_str(), 0).to_socket_addrs().ok()?;
        found.find(|address| address.ip().to_canonical() == ip)
    };
    if confirm && resolves_back().is_none() {
        return None;
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_has_a_name_that_resolves_back() {
        let ip: IpAddr = "127.0.0.1".parse().unwrap();
        let name = look_up(ip, false).expect("the system's host table names loopback");
        assert_eq!(look_up(ip, true), Some(name));
    }
}
