//! The domain: a case, what happens in it, and the two rules it keeps.

use chrono::{DateTime, FixedOffset};
use plumberd::prelude::*;

/// What happens in a case. Two stored types, one for each variant.
#[derive(Event, Debug, Clone, PartialEq)]
pub(super) enum CaseEvent {
    /// The first activity: the case is open from here on.
    CaseStarted {
        activity: String,
        at: DateTime<FixedOffset>,
    },
    /// Every later one.
    ActivityRecorded {
        activity: String,
        at: DateTime<FixedOffset>,
    },
}

impl CaseEvent {
    pub(super) fn activity(&self) -> &str {
        match self {
            Self::CaseStarted { activity, .. } | Self::ActivityRecorded { activity, .. } => {
                activity
            }
        }
    }
}

/// One case of a permit process, as far as its rules need to know it.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Case {
    /// When the last activity was; none before the case starts.
    last: Option<DateTime<FixedOffset>>,
}

#[aggregate(category = "Case", id = String)]
impl Case {
    #[event_sourcing_handler]
    fn on_event(&mut self, event: &CaseEvent) {
        let (CaseEvent::CaseStarted { at, .. } | CaseEvent::ActivityRecorded { at, .. }) = event;
        self.last = Some(*at);
    }
}

/// Why a case refuses an activity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum CaseError {
    #[error("the case has started already")]
    AlreadyStarted,
    #[error("the case has not started")]
    NotStarted,
    #[error("time runs backwards: {at} comes after {last}")]
    TimeRunsBackwards {
        at: DateTime<FixedOffset>,
        last: DateTime<FixedOffset>,
    },
}

impl Case {
    /// Starts the case with its first activity.
    pub(super) fn start(
        &self,
        activity: &str,
        at: DateTime<FixedOffset>,
    ) -> Result<CaseEvent, CaseError> {
        match self.last {
            Some(_) => Err(CaseError::AlreadyStarted),
            None => Ok(CaseEvent::CaseStarted {
                activity: activity.to_owned(),
                at,
            }),
        }
    }

    /// Records a later activity.
    pub(super) fn record(
        &self,
        activity: &str,
        at: DateTime<FixedOffset>,
    ) -> Result<CaseEvent, CaseError> {
        match self.last {
            None => Err(CaseError::NotStarted),
            Some(last) if at < last => Err(CaseError::TimeRunsBackwards { at, last }),
            Some(_) => Ok(CaseEvent::ActivityRecorded {
                activity: activity.to_owned(),
                at,
            }),
        }
    }

    /// Takes what a log says: its first row of a case starts it, the others
    /// are recorded. A log that goes on where another ended is fine.
    pub(super) fn observe(
        &self,
        activity: &str,
        at: DateTime<FixedOffset>,
    ) -> Result<CaseEvent, CaseError> {
        if self.last.is_none() {
            self.start(activity, at)
        } else {
            self.record(activity, at)
        }
    }
}
