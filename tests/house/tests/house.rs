//! The rules of the house, run over the repository.

#[cfg(test)]
mod rules;
