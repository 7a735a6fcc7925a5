//! Vendor simulators: in-memory servers that answer as the real SaaS does.
//!
//! Tests and the demo point a connector at one of them instead of the vendor. Each one keeps a journal of
//! what it was asked, shows what it has stored, and can be told to fail. `README.md` says which behaviours
//! rest on recorded traffic and which on documentation alone.

pub mod hubspot;
