//! Where golden records are: tables in files, and catalogs of tables.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::Name;

/// Everything that one source connection can query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LakeConfig {
    /// Tables by the name that SQL uses.
    pub tables: BTreeMap<Name, Table>,
    /// Catalogs by the name that SQL uses as `catalog.namespace.table`.
    pub catalogs: BTreeMap<Name, Catalog>,
}

/// A table in files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// A file, a folder or a glob; absolute.
    pub path: PathBuf,
    /// How to read it.
    pub format: Format,
}

/// How a table's files are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// Delimited text.
    Csv {
        /// Whether the first line names the columns.
        header: bool,
        /// Between two values.
        delimiter: u8,
    },
    /// One JSON object a line.
    Ndjson,
    /// An Iceberg table by its folder or its metadata file.
    Iceberg,
}

/// A catalog of Iceberg tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Catalog {
    /// Iceberg's SQL catalog in a SQLite file.
    Sqlite {
        /// The file; absolute.
        path: PathBuf,
        /// The catalog's own name in that file.
        name: String,
        /// Folder of new tables; required by the library, not used for reading.
        warehouse: String,
    },
}
