//! Marketo's simulator.

mod behaviour;
mod clients;
mod drive;
mod import;
mod limits;
mod rules;
mod shapes;
