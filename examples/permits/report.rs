//! What the store says after the import; nothing here looks at the file.

use crate::case::{Case, CaseEvent};
use plumberd::{
    aggregate::Aggregate,
    prelude::*,
    store::{EventStore, Filter, ReadOptions},
};
use std::{collections::BTreeMap, fmt};

/// Every event of the category, counted.
#[derive(Debug, Default)]
pub(super) struct Report {
    events: u64,
    activities: BTreeMap<String, u64>,
    cases: BTreeMap<String, u64>,
}

impl Report {
    /// Reads all cases from the store.
    ///
    /// # Errors
    ///
    /// The store's, and of an event that is not one of a case.
    pub(super) async fn read(store: &Store) -> Result<Self, BoxError> {
        let filter = Filter::new().category(Case::CATEGORY)?;
        let mut events = store.read_all(ReadOptions::forwards(), filter);
        let mut report = Self::default();
        while let Some(page) = events.next_page().await? {
            for recorded in page.iter() {
                let event: CaseEvent = recorded.decode()?;
                report.count(recorded.stream.id().unwrap_or_default(), event.activity());
            }
        }
        Ok(report)
    }

    fn count(&mut self, case: &str, activity: &str) {
        self.events += 1;
        *self.cases.entry(case.to_owned()).or_default() += 1;
        *self.activities.entry(activity.to_owned()).or_default() += 1;
    }

    /// `8577 events, 1434 cases, 27 activities`
    pub(super) fn totals(&self) -> String {
        format!(
            "{} events, {} cases, {} activities",
            self.events,
            self.cases.len(),
            self.activities.len()
        )
    }
}

impl fmt::Display for Report {
    /// Activities, the most frequent first, then the longest case.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut activities: Vec<_> = self.activities.iter().collect();
        activities.sort_by_key(|&(name, count)| (std::cmp::Reverse(count), name));
        for (name, count) in activities {
            writeln!(f, "{count:>8}  {name}")?;
        }
        let longest = self
            .cases
            .iter()
            .max_by_key(|&(name, count)| (count, std::cmp::Reverse(name)));
        match longest {
            Some((name, count)) => writeln!(f, "longest case: {name} with {count} events"),
            None => writeln!(f, "no cases"),
        }
    }
}
