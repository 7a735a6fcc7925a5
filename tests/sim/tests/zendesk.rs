//! Zendesk's simulator.

mod behaviour;
mod clients;
mod drive;
mod limits;
mod rules;
mod shapes;
