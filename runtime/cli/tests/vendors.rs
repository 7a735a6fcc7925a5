//! Do 5,000 messy rows come to rest at each vendor as they are in the source, with the fewest calls, whatever happens half-way?
//! The real binary, the real connectors, the simulated vendors.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and shows what it counted"
)]

#[path = "vendors/braze.rs"]
mod braze;
#[path = "vendors/hubspot.rs"]
mod hubspot;
#[path = "vendors/marketo.rs"]
mod marketo;
#[path = "vendors/people.rs"]
mod people;
#[path = "vendors/project.rs"]
mod project;
#[path = "vendors/salesforce.rs"]
mod salesforce;
#[path = "vendors/story.rs"]
mod story;
#[path = "vendors/webhook.rs"]
mod webhook;
#[path = "vendors/zendesk.rs"]
mod zendesk;
