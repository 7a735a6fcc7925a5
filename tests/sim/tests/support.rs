//! What the tests share.

pub(crate) mod client;
pub(crate) mod drive;
pub(crate) mod listed;
pub(crate) mod recording;
pub(crate) mod shape;
