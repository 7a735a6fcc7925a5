//! The simulator of a JSON API for the webhook connector.

mod behaviour;
mod clients;
mod drive;
mod rules;
