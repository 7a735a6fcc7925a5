//! Which addresses may be dialled.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use offtake_core::grant::{Block, Granted};

/// What the operator grants one connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grant {
    /// Private networks that may be dialled.
    pub networks: Vec<IpNet>,
    /// Whether an endpoint's base may be plain http.
    pub plain_http: bool,
    /// What the connector may reach of what it asks for.
    pub connector: Granted,
    /// Hosts that nobody may reach, whatever else is granted.
    pub block: Block,
    /// Networks of the block list.
    pub blocked_networks: Vec<IpNet>,
}

impl Grant {
    /// Whether this address may be dialled.
    pub fn allows(&self, address: IpAddr) -> bool {
        let listed = |networks: &[IpNet], address: IpAddr| networks.iter().any(|network| network.contains(&address));
        let embedded = match address {
            IpAddr::V4(_) => Vec::new(),
            IpAddr::V6(address) => embedded_v4(address),
        };
        let mut all = std::iter::once(address).chain(embedded.into_iter().map(IpAddr::V4));
        !all.any(|address| listed(&self.blocked_networks, address))
            && (!blocked(address) || listed(&self.networks, address))
    }
}

/// Networks that no public service answers from (IANA special-purpose registries), and cloud metadata services.
const BLOCKED_V4: [(Ipv4Addr, u8); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Cloud metadata is 169.254.169.254.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
    // Azure's wire server, a public address that only answers inside.
    (Ipv4Addr::new(168, 63, 129, 16), 32),
];

const BLOCKED_V6: [(Ipv6Addr, u8); 8] = [
    (Ipv6Addr::UNSPECIFIED, 128),
    (Ipv6Addr::LOCALHOST, 128),
    // Unique local; AWS metadata is fd00:ec2::254.
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x0100, 0, 0, 0, 0, 0, 0, 0), 64),
];

/// Whether an address is refused unless it is granted.
pub fn blocked(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => blocked_v4(address),
        IpAddr::V6(address) => {
            let listed = BLOCKED_V6.iter().any(|(network, length)| {
                Ipv6Net::new(*network, *length).is_ok_and(|network| network.contains(&address))
            });
            listed || embedded_v4(address).into_iter().any(blocked_v4)
        }
    }
}

fn blocked_v4(address: Ipv4Addr) -> bool {
    BLOCKED_V4
        .iter()
        .any(|(network, length)| Ipv4Net::new(*network, *length).is_ok_and(|network| network.contains(&address)))
}

/// IPv4 addresses that a transition format carries inside an IPv6 address: mapped, compatible, NAT64 (both
/// prefixes), translated (SIIT), 6to4, ISATAP and Teredo (whose client address is stored inverted).
fn embedded_v4(address: Ipv6Addr) -> Vec<Ipv4Addr> {
    let join = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => vec![join(high, low)],
        // RFC 8215 leaves the position to the network; it usually is at the end.
        [0x64, 0xff9b, 1, _, _, _, high, low] => vec![join(high, low)],
        [0, 0, 0, 0, 0xffff, 0, high, low] => vec![join(high, low)],
        [0x2002, high, low, ..] => vec![join(high, low)],
        [_, _, _, _, 0 | 0x0200, 0x5efe, high, low] => vec![join(high, low)],
        [0x2001, 0, server_high, server_low, _, _, high, low] => vec![join(server_high, server_low), join(!high, !low)],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_addresses_are_blocked_in_every_spelling() {
        let inner = [
            "127.0.0.1",
            "127.255.255.255",
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "169.254.169.254",
            "172.31.0.1",
            "192.168.1.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::",
            "::1",
            "::ffff:169.254.169.254",
            "::ffff:a9fe:a9fe",
            "::127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::10.0.0.1",
            "2002:a9fe:a9fe::1",
            "2002:7f00:1::",
            "2001:0:7f00:1::",
            "2001:0:0:0:0:0:80ff:fffe",
            "::ffff:0:127.0.0.1",
            "2606:4700::5efe:a9fe:a9fe",
            "2606:4700::200:5efe:10.0.0.1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "100::1",
        ];
        for address in inner {
            assert!(blocked(address.parse().unwrap()), "{address}");
        }
        for address in ["1.1.1.1", "104.16.0.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "172.32.0.1"]
        {
            assert!(!blocked(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn a_grant_opens_just_its_networks() {
        let grant = Grant { networks: vec!["127.0.0.1/32".parse().unwrap()], plain_http: true, ..Grant::default() };
        assert!(grant.allows("127.0.0.1".parse().unwrap()));
        assert!(!grant.allows("127.0.0.2".parse().unwrap()));
        assert!(!grant.allows("::ffff:127.0.0.1".parse().unwrap()));
        assert!(grant.allows("1.1.1.1".parse().unwrap()));
    }

    #[test]
    fn the_block_list_wins_over_everything() {
        let grant = Grant {
            networks: vec!["10.0.0.0/8".parse().unwrap()],
            blocked_networks: vec!["10.9.0.0/16".parse().unwrap(), "1.1.1.0/24".parse().unwrap()],
            ..Grant::default()
        };
        let cases = [
            ("10.1.0.1", true),
            ("10.9.0.1", false),
            ("1.1.1.1", false),
            ("::ffff:1.1.1.1", false),
            ("64:ff9b::1.1.1.1", false),
            ("1.0.0.1", true),
        ];
        for (address, expected) in cases {
            assert_eq!(grant.allows(address.parse().unwrap()), expected, "{address}");
        }
    }
}
