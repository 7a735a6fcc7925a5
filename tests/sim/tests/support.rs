//! What the tests share.

pub(crate) mod cases;
pub(crate) mod drive;
pub(crate) mod illegal;
pub(crate) mod people;
pub(crate) mod recording;
pub(crate) mod shape;
