//! A planned query, and the mapping that is laid over it.

use arrow_schema::DataType;
use datafusion::common::Column;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::dataframe::DataFrame;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};
use datafusion::prelude::SessionContext;
use offtake_core::mapping::{Constant, FieldMapping, Value};

use crate::error::words;
use crate::{Error, Mapped, MappingError};

/// Qualifier of the model's columns, so that expressions cannot reach the tables below it.
const ALIAS: &str = "model";

/// A planned model.
#[derive(Debug, Clone)]
pub struct Model {
    rows: DataFrame,
    snapshot: Option<String>,
}

impl Model {
    pub(crate) fn new(session: SessionContext, plan: LogicalPlan, snapshot: Option<String>) -> Result<Self, Error> {
        let aliased = LogicalPlanBuilder::from(plan).alias(ALIAS).and_then(LogicalPlanBuilder::build);
        let plan = aliased.map_err(|error| Error::planning(&error))?;
        Ok(Self { rows: DataFrame::new(session.state(), plan), snapshot })
    }

    /// The model's columns.
    pub fn columns(&self) -> Vec<(String, DataType)> {
        let fields = self.rows.schema().fields().iter();
        fields.map(|field| (field.name().clone(), field.data_type().clone())).collect()
    }

    /// Lays the mapping over the model.
    ///
    /// # Errors
    /// The index of every field that cannot be planned, with its [`MappingError`].
    pub fn map(&self, fields: &[FieldMapping]) -> Result<Mapped, Vec<(usize, MappingError)>> {
        let mut projection = Vec::with_capacity(fields.len());
        let mut errors = Vec::new();
        for (index, field) in fields.iter().enumerate() {
            match self.expression(&field.value).and_then(|expression| self.typed(expression, &field.to)) {
                Ok(expression) => projection.push(expression),
                Err(error) => errors.push((index, error)),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let selected = self.rows.clone().select(projection);
        let rows = selected.map_err(|error| vec![(0, MappingError::Expression { message: words(&error) })])?;
        Ok(Mapped::new(rows, self.snapshot.clone()))
    }

    fn expression(&self, value: &Value) -> Result<Expr, MappingError> {
        match value {
            Value::Column(column) => {
                let known = self.columns();
                if known.iter().any(|(name, _)| name == column) {
                    return Ok(Expr::Column(Column::new(Some(ALIAS), column)));
                }
                Err(MappingError::UnknownColumn {
                    column: column.clone(),
                    known: known.into_iter().map(|(name, _)| name).collect(),
                })
            }
            Value::Sql(sql) => {
                let parsed = self.rows.parse_sql_expr(sql);
                scalar(parsed.map_err(|error| MappingError::Expression { message: words(&error) })?)
            }
            Value::Constant(Constant::Text(text)) => Ok(lit(text.as_str())),
            Value::Constant(Constant::Integer(number)) => Ok(lit(*number)),
            Value::Constant(Constant::Number(number)) => Ok(lit(*number)),
            Value::Constant(Constant::Boolean(value)) => Ok(lit(*value)),
        }
    }

    /// Types one expression alone, so that each field gets its own error.
    fn typed(&self, expression: Expr, field: &str) -> Result<Expr, MappingError> {
        let expression = expression.alias(field);
        match self.rows.clone().select(vec![expression.clone()]) {
            Ok(_) => Ok(expression),
            Err(error) => Err(MappingError::Expression { message: words(&error) }),
        }
    }
}

/// A mapping sees one row at a time.
fn scalar(expression: Expr) -> Result<Expr, MappingError> {
    let mut refused = None;
    let walked = expression.apply(|node| {
        refused = match node {
            Expr::AggregateFunction(_) => Some("an aggregate"),
            Expr::WindowFunction(_) => Some("a window function"),
            Expr::Unnest(_) => Some("unnest"),
            Expr::ScalarSubquery(_) | Expr::Exists(_) | Expr::InSubquery(_) => Some("a subquery"),
            _ => return Ok(TreeNodeRecursion::Continue),
        };
        Ok(TreeNodeRecursion::Stop)
    });
    match (walked, refused) {
        (Ok(_), None) => Ok(expression),
        (Ok(_), Some(what)) => Err(MappingError::Expression {
            message: format!("{what} has no place in a mapping: it belongs into the model's SQL"),
        }),
        (Err(error), _) => Err(MappingError::Expression { message: words(&error) }),
    }
}
