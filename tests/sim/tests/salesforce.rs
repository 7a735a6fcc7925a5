//! The Salesforce simulator.

mod behaviour;
mod bulk;
mod clients;
mod drive;
mod limits;
mod rules;
mod shapes;
