//! Limits the number of connections, in total and from one address.
//!
//! Invariant: dropping a [`Place`] frees it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;

/// Maximum number of connections.
const CONNECTIONS_MAX: usize = 2048;
/// Maximum number of connections from one address; browsers open six.
const CONNECTIONS_PER_ADDRESS_MAX: usize = 32;
/// Prefix length of the IPv6 networks that count as one address.
const IPV6_BITS: u32 = 64;

/// The places for connections that are taken.
#[derive(Debug, Default)]
pub(super) struct Places {
    counts: RefCell<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A place for a connection.
#[derive(Debug)]
pub(super) struct Place {
    places: Rc<Places>,
    address: Option<IpAddr>,
}

impl Places {
    /// Returns a place for a connection, if one is left. `address` is `None` for a proxy, which connects for
    /// many clients.
    pub(super) fn enter(self: &Rc<Self>, address: Option<IpAddr>) -> Option<Place> {
        let address = address.map(network);
        let counts = &mut *self.counts.borrow_mut();
        if counts.all >= CONNECTIONS_MAX {
            return None;
        }
        if let Some(address) = address {
            let count = counts.by_address.entry(address).or_default();
            if *count >= CONNECTIONS_PER_ADDRESS_MAX {
                return None;
            }
            *count += 1;
        }
        counts.all += 1;
        Some(Place { places: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let counts = &mut *self.places.counts.borrow_mut();
        counts.all -= 1;
        let Some(address) = self.address else { return };
        if let Some(count) = counts.by_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                counts.by_address.remove(&address);
            }
        }
    }
}

/// Returns the address that stands for all addresses of one client.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & u128::MAX << (128 - IPV6_BITS)).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_limited_number_of_places() {
        let all = Rc::<Places>::default();
        let enter = |address: &str| all.enter(Some(address.parse().unwrap()));
        let mut places: Vec<Place> = (0..CONNECTIONS_PER_ADDRESS_MAX)
            .map(|n| enter(&format!("2001:db8::{n:x}")).expect("there is room"))
            .collect();
        assert!(enter("2001:db8::ffff").is_none());
        assert!(enter("2001:db8:0:1::1").is_some());
        places.pop();
        assert!(enter("2001:db8::ffff").is_some());
    }

    #[test]
    fn the_total_is_limited() {
        let all = Rc::<Places>::default();
        let places: Vec<Place> =
            (0..CONNECTIONS_MAX).map(|_| all.enter(None).expect("there is room")).collect();
        assert!(all.enter(None).is_none());
        drop(places);
        assert!(all.enter(None).is_some() && all.counts.borrow().by_address.is_empty());
    }
}
