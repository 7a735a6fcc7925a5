//! What goes into each destination field.

/// One field of the mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldMapping {
    /// Destination field.
    pub to: String,
    /// Where its value comes from.
    pub value: Value,
}

/// Where a field's value comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A column of the model.
    Column(String),
    /// A scalar SQL expression over the model's columns.
    Sql(String),
    /// The same for every row.
    Constant(Constant),
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Number(f64),
    /// `true` or `false`.
    Boolean(bool),
}
