//! Tables from Python, and a model's rows as JSON.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use futures::TryStreamExt;
use offtake_core::Fault;
use offtake_core::lake::{Catalog, Format, LakeConfig, Table};
use offtake_core::mapping::{FieldMapping, Value as Source};
use offtake_core::ndjson::RowEncoder;
use offtake_core::ports::MappedModel;
use offtake_source::{Error, Lake, Mapped, Model};
use serde_json::Value;

/// What the scripts wrote: `cases.json` of `tables.py`, and files beside it.
pub(crate) static WRITTEN: LazyLock<Written> = LazyLock::new(Written::new);

pub(crate) struct Written {
    pub(crate) out: PathBuf,
    pub(crate) cases: Vec<Value>,
    python: PathBuf,
    /// Held as long as the process lives: another one would write the tables anew under its feet.
    _lock: File,
}

impl Written {
    fn new() -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = offtake_test_tools::venv("lake-venv", &here.join("requirements.txt")).unwrap();
        let out = offtake_test_tools::folder().join("lake-tables");
        let lock = File::create(out.with_extension("lock")).unwrap();
        lock.lock().unwrap();
        let mut written = Self { out, cases: Vec::new(), python, _lock: lock };
        written.script("tables.py", &[]);
        written.script("files.py", &[]);
        let text = std::fs::read_to_string(written.out.join("cases.json")).unwrap();
        written.cases = serde_json::from_str(&text).unwrap();
        written
    }

    pub(crate) fn script(&self, name: &str, arguments: &[&str]) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let mut command = Command::new(&self.python);
        // -B: a folder of compiled scripts in the sources would be one more thing to clean.
        command.arg("-B").arg(script).arg(&self.out).args(arguments);
        offtake_test_tools::run(&mut command).unwrap();
    }

    pub(crate) fn case(&self, name: &str) -> &Value {
        self.cases.iter().find(|case| case["name"] == name).unwrap_or_else(|| panic!("tables.py has no {name}"))
    }

    /// Both catalogs, and nothing else.
    pub(crate) fn catalogs(&self) -> Lake {
        let catalogs = ["lake", "bare"].map(|name| {
            let warehouse = self.out.join("warehouse").display().to_string();
            let path = self.out.join(format!("{name}.db"));
            (name.parse().unwrap(), Catalog::Sqlite { path, name: name.to_owned(), warehouse })
        });
        Lake::new(LakeConfig { tables: BTreeMap::new(), catalogs: catalogs.into() })
    }
}

/// A lake with one table `t`.
pub(crate) fn table(path: impl AsRef<Path>, format: Format) -> Lake {
    let table = Table { path: path.as_ref().to_owned(), format };
    let tables = BTreeMap::from([("t".parse().unwrap(), table)]);
    Lake::new(LakeConfig { tables, catalogs: BTreeMap::new() })
}

/// Every column under its own name.
pub(crate) fn whole(model: &Model) -> Mapped {
    let fields = model.columns().into_iter();
    let fields: Vec<_> = fields.map(|(to, _)| FieldMapping { value: Source::Column(to.clone()), to }).collect();
    model.map(&fields).unwrap()
}

/// All rows as the connector gets them, in the order of their text.
pub(crate) async fn read(mapped: &Mapped) -> Result<Vec<Value>, Fault> {
    let mut text = String::new();
    for partition in mapped.read().await?.partitions {
        for batch in partition.try_collect::<Vec<_>>().await? {
            let encoder = RowEncoder::new(&batch).unwrap();
            for row in 0..batch.num_rows() {
                encoder.write(row, &mut text).unwrap();
            }
        }
    }
    Ok(sorted(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()))
}

pub(crate) async fn rows(lake: &Lake, sql: &str) -> Result<Vec<Value>, Fault> {
    let model = lake.model(sql).await.map_err(Fault::from)?;
    read(&whole(&model)).await
}

/// Keys are sorted by the map, so equal rows have equal texts.
pub(crate) fn sorted(mut rows: Vec<Value>) -> Vec<Value> {
    rows.sort_by_cached_key(Value::to_string);
    rows
}

pub(crate) async fn refused(lake: &Lake, sql: &str) -> Error {
    match lake.model(sql).await {
        Err(error) => error,
        Ok(model) => panic!("{sql} was planned: {:?}", model.columns()),
    }
}
