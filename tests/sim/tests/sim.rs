//! Tests of the simulators, over HTTP.

#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod braze;
mod hubspot;
mod marketo;
mod salesforce;
mod support;
mod webhook;
mod zendesk;
