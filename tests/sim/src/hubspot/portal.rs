//! A portal: its object types, the records of each, how they are associated, and the lists that they are on.

use super::association::Associations;
use super::error::Refusal;
use super::list::List;
use super::object::Object;
use super::store::{Record, Table};

/// Ids start where no test data does, so that a position or a row number is never taken for an id.
const FIRST_ID: u64 = 50_001;
const FIRST_CUSTOM_TYPE: usize = 1_001;
const FIRST_LIST: u64 = 12;

pub(super) struct Portal {
    pub(super) id: u64,
    tables: Vec<Table>,
    pub(super) associations: Associations,
    pub(super) lists: Vec<List>,
}

impl Portal {
    pub(super) fn new(id: u64) -> Self {
        let table = |(nth, object): (u64, Object)| Table::new(object, FIRST_ID + 100_000 * nth);
        let tables = (0_u64..).zip(Object::all_standard()).map(table).collect();
        Self { id, tables, associations: Associations::default(), lists: Vec::new() }
    }

    /// The table that a path calls so.
    pub(super) fn table(&self, called: &str) -> Result<&Table, Refusal> {
        self.tables.iter().find(|table| table.object.answers_to(called)).ok_or_else(|| unknown(called))
    }

    pub(super) fn table_mut(&mut self, called: &str) -> Result<&mut Table, Refusal> {
        self.tables.iter_mut().find(|table| table.object.answers_to(called)).ok_or_else(|| unknown(called))
    }

    pub(super) fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.iter()
    }

    /// The type id that the next custom object gets.
    pub(super) fn next_type_id(&self) -> String {
        format!("2-{}", FIRST_CUSTOM_TYPE + self.tables.len())
    }

    pub(super) fn next_list_id(&self) -> u64 {
        FIRST_LIST + self.lists.len() as u64
    }

    pub(super) fn add(&mut self, object: Object) {
        let first_id = FIRST_ID + 100_000 * u64::try_from(self.tables.len()).unwrap_or_default();
        self.tables.push(Table::new(object, first_id));
    }

    pub(super) fn records(&self, called: &str) -> Vec<Record> {
        self.table(called).map(|table| table.all().cloned().collect()).unwrap_or_default()
    }
}

/// Publicly reported replies to an unknown object type carry no category.
fn unknown(called: &str) -> Refusal {
    Refusal::malformed(format!("Unable to infer object type from: {called}"))
}
