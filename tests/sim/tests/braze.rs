//! Braze's simulator.

mod behaviour;
mod clients;
mod drive;
mod rules;
mod shapes;
