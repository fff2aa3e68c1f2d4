//! What `--bench allocations` counted, which stands beside the ratios.

use crate::rows::counts_file;
use std::{collections::HashMap, fs};

/// Allocations an operation, of the limit and of plumberd, by the name of the row.
pub(crate) struct Counted(HashMap<String, [String; 2]>);

impl Counted {
    pub(crate) fn read() -> Self {
        let text = fs::read_to_string(counts_file()).unwrap_or_default();
        let line = |line: &str| {
            let mut parts = line.split('\t').map(str::to_owned);
            Some((parts.next()?, [parts.next()?, parts.next()?]))
        };
        Self(text.lines().filter_map(line).collect())
    }

    pub(crate) fn of(&self, row: &str) -> String {
        self.0
            .get(row)
            .map_or_else(String::new, |counts| counts.join(" / "))
    }

    pub(crate) fn says(&self) -> &'static str {
        if self.0.is_empty() {
            ": run `--bench allocations` first"
        } else {
            ", as `--bench allocations` counted them last"
        }
    }
}
