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

#[cfg(test)]
mod tests {
    use super::*;
    use plumberd_testkit::{given, given_nothing};

    fn at(hour: &str) -> DateTime<FixedOffset> {
        format!("2024-01-01T{hour}:00:00+01:00").parse().unwrap()
    }

    fn started(hour: &str) -> CaseEvent {
        CaseEvent::CaseStarted {
            activity: "Receive".into(),
            at: at(hour),
        }
    }

    fn recorded(hour: &str) -> CaseEvent {
        CaseEvent::ActivityRecorded {
            activity: "Check".into(),
            at: at(hour),
        }
    }

    #[test]
    fn the_first_activity_starts_a_case() {
        given_nothing::<Case>()
            .when(|case| case.observe("Receive", at("10")))
            .then(started("10"));
    }

    #[test]
    fn a_case_starts_once() {
        given::<Case>(started("10"))
            .when(|case| case.start("Receive", at("11")))
            .then_error(CaseError::AlreadyStarted);
    }

    #[test]
    fn nothing_is_recorded_before_the_start() {
        given_nothing::<Case>()
            .when(|case| case.record("Check", at("10")))
            .then_error(CaseError::NotStarted);
    }

    #[test]
    fn time_does_not_run_backwards_within_a_case() {
        let refusal = CaseError::TimeRunsBackwards {
            at: at("10"),
            last: at("11"),
        };
        given::<Case>((started("10"), recorded("11")))
            .when(|case| case.observe("Check", at("10")))
            .then_error(refusal);
    }

    #[test]
    fn two_activities_may_have_one_time() {
        given::<Case>((started("10"), recorded("11")))
            .when(|case| case.observe("Check", at("11")))
            .then(recorded("11"));
    }
}
