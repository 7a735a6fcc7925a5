//! HubSpot's simulator.

mod behaviour;
mod cases;
mod clients;
mod drive;
mod faults;
mod illegal;
mod people;
mod rules;
mod shapes;
