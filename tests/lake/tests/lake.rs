//! Does `offtake-source` read what other tools wrote, value by value, and refuse by code what it cannot read?
//!
//! `../tables.py` writes Iceberg tables with pyiceberg and says which rows it reads back itself.

#[cfg(test)]
mod files;
#[cfg(test)]
mod iceberg;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod support;
