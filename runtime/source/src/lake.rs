//! A source connection: finds the tables that a query names, and plans it.

use std::sync::Arc;

use datafusion::catalog::{MemoryCatalogProvider, MemorySchemaProvider};
use datafusion::common::TableReference;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::session_state::SessionState;
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast;
use offtake_core::lake::{Format, LakeConfig};

use crate::error::words;
use crate::{Error, Model, files, iceberg_table};

/// The tables and catalogs of one source connection.
#[derive(Debug, Clone)]
pub struct Lake {
    config: LakeConfig,
}

impl Lake {
    /// A lake; nothing is opened before a model needs it.
    pub fn new(config: LakeConfig) -> Self {
        Self { config }
    }

    /// Plans a query over the tables as they are now.
    ///
    /// # Errors
    /// OFT-D001 to OFT-D006.
    pub async fn model(&self, sql: &str) -> Result<Model, Error> {
        // The catalog named `datafusion` would hide one that the user calls so; nobody can type this one.
        let config = SessionConfig::new().with_default_catalog_and_schema("·", "·").with_information_schema(false);
        let session = SessionContext::new_with_config(config);
        let statement = only_statement(sql)?;
        let mut snapshots = Vec::new();
        for reference in references(&session.state(), &statement)? {
            if let Some((table, snapshot)) = self.register(&session, &reference).await? {
                snapshots.push(format!("{table}@{snapshot}"));
            }
        }
        let state = session.state();
        let plan = state.statement_to_plan(statement).await.map_err(|error| Error::planning(&error))?;
        let read_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        read_only.verify_plan(&plan).map_err(|error| Error::NotAQuery(words(&error)))?;
        let snapshot = (!snapshots.is_empty()).then(|| snapshots.join(","));
        Model::new(session, plan, snapshot)
    }

    /// Opens one table; returns its name and snapshot when it has snapshots.
    async fn register(
        &self,
        session: &SessionContext,
        reference: &TableReference,
    ) -> Result<Option<(String, i64)>, Error> {
        let display = reference.to_string();
        let unknown = || Error::UnknownTable { table: display.clone(), known: self.names() };
        let failed = |error: datafusion::error::DataFusionError| Error::Unreadable {
            table: display.clone(),
            message: words(&error),
        };
        let (provider, snapshot) = match reference {
            TableReference::Bare { table } => {
                let found = self.config.tables.iter().find(|(name, _)| name.as_str() == table.as_ref());
                let (_, found) = found.ok_or_else(unknown)?;
                if found.format == Format::Iceberg {
                    let pinned = iceberg_table::open(table, &found.path).await?;
                    (pinned.provider, pinned.snapshot)
                } else {
                    (files::open(session, table, found).await?, None)
                }
            }
            TableReference::Full { catalog, schema, table } => {
                let found = self.config.catalogs.iter().find(|(name, _)| name.as_str() == catalog.as_ref());
                let (_, found) = found.ok_or_else(unknown)?;
                let pinned = iceberg_table::open_in_catalog(found, schema, table).await?;
                ensure_schema(session, catalog, schema).map_err(failed)?;
                (pinned.provider, pinned.snapshot)
            }
            TableReference::Partial { .. } => return Err(unknown()),
        };
        session.register_table(reference.clone(), provider).map_err(failed)?;
        Ok(snapshot.map(|snapshot| (display, snapshot)))
    }

    fn names(&self) -> Vec<String> {
        let tables = self.config.tables.keys().map(ToString::to_string);
        let catalogs = self.config.catalogs.keys().map(|catalog| format!("{catalog}.*.*"));
        tables.chain(catalogs).collect()
    }
}

fn only_statement(sql: &str) -> Result<Statement, Error> {
    let parsed = DFParserBuilder::new(sql).build().and_then(|mut parser| parser.parse_statements());
    let mut statements = parsed.map_err(|error| Error::planning(&error))?;
    match (statements.pop_front(), statements.len()) {
        (Some(statement), 0) if is_query(&statement) => Ok(statement),
        (Some(statement), 0) => {
            let verb = statement.to_string().split_whitespace().next().unwrap_or_default().to_owned();
            Err(Error::NotAQuery(format!("{verb} is none")))
        }
        (None, _) => Err(Error::NotAQuery("there is no statement".to_owned())),
        (Some(_), more) => Err(Error::NotAQuery(format!("there are {} statements", more + 1))),
    }
}

/// Said before tables are looked up: what would be made is not there yet.
fn is_query(statement: &Statement) -> bool {
    matches!(statement, Statement::Statement(inner) if matches!(**inner, ast::Statement::Query(_)))
}

fn references(state: &SessionState, statement: &Statement) -> Result<Vec<TableReference>, Error> {
    state.resolve_table_references(statement).map_err(|error| Error::planning(&error))
}

fn ensure_schema(session: &SessionContext, catalog: &str, schema: &str) -> datafusion::error::Result<()> {
    let provider = session.catalog(catalog).unwrap_or_else(|| {
        let provider = Arc::new(MemoryCatalogProvider::new());
        session.register_catalog(catalog, provider.clone());
        provider
    });
    if provider.schema(schema).is_none() {
        provider.register_schema(schema, Arc::new(MemorySchemaProvider::new()))?;
    }
    Ok(())
}
