//! Which events of everything a reader wants, as the server sees it.

use super::{
    proto::streams::read_req::options::{
        FilterOptions,
        filter_options::{self, Expression},
    },
    status,
};
use fancy_regex::{Regex, RegexBuilder};
use plumberd::event::RecordedEvent;
use tonic::Status;

/// The longest pattern, in bytes, and the longest list of prefixes.
const MAX_PATTERN: usize = 4_096;
const MAX_PREFIXES: usize = 1_024;

/// How far a pattern may go back over one name before it is given up.
const BACKTRACK_LIMIT: usize = 20_000;

/// How large a pattern may become, in bytes.
const MAX_COMPILED: usize = 1 << 20;

/// A filter: of stream names or of event types, by a pattern or by beginnings.
#[derive(Debug, Clone)]
pub(super) struct EventFilter {
    subject: Subject,
    wanted: Wanted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    StreamName,
    EventType,
}

#[derive(Debug, Clone)]
enum Wanted {
    Pattern(Box<Regex>),
    Prefixes(Vec<String>),
}

impl EventFilter {
    /// A filter of this pattern, or, when it is empty, of these beginnings;
    /// nothing passes a filter of neither.
    ///
    /// # Errors
    ///
    /// `InvalidArgument` when the pattern is none, or too large.
    pub(super) fn new(
        subject: Subject,
        pattern: &str,
        prefixes: Vec<String>,
    ) -> Result<Self, Status> {
        if pattern.len() > MAX_PATTERN || prefixes.len() > MAX_PREFIXES {
            return Err(status::invalid("the filter is too large"));
        }
        let wanted = if pattern.is_empty() {
            Wanted::Prefixes(prefixes)
        } else {
            let regex = RegexBuilder::new(pattern)
                .backtrack_limit(BACKTRACK_LIMIT)
                .delegate_size_limit(MAX_COMPILED)
                .delegate_dfa_size_limit(MAX_COMPILED)
                .build()
                .map_err(|_| status::invalid("the filter is not a regular expression"))?;
            Wanted::Pattern(Box::new(regex))
        };
        Ok(Self { subject, wanted })
    }

    /// Whether the event passes.
    ///
    /// # Errors
    ///
    /// `InvalidArgument` when the pattern cannot decide it with bounded effort.
    pub(super) fn matches(&self, event: &RecordedEvent) -> Result<bool, Status> {
        let text = match self.subject {
            Subject::StreamName => event.stream.as_str(),
            Subject::EventType => event.event_type.as_str(),
        };
        match &self.wanted {
            Wanted::Prefixes(prefixes) => {
                Ok(prefixes.iter().any(|prefix| text.starts_with(prefix)))
            }
            Wanted::Pattern(regex) => regex
                .is_match(text)
                .map_err(|_| status::invalid("the filter's pattern takes too long to match")),
        }
    }
}

/// A filter and how often its subscriber wants to hear of what it passes over.
#[derive(Debug, Clone)]
pub(super) struct Filtering {
    pub(super) filter: EventFilter,
    /// After how many events, passed or not, there is a checkpoint.
    pub(super) checkpoint_after: u64,
}

/// The window of a filter whose client names none.
pub(super) const DEFAULT_WINDOW: u32 = 32;

impl TryFrom<FilterOptions> for Filtering {
    type Error = Status;

    fn try_from(options: FilterOptions) -> Result<Self, Status> {
        use filter_options::{Filter, Window};

        let (subject, Expression { regex, prefix }) = match options.filter {
            Some(Filter::StreamIdentifier(expression)) => (Subject::StreamName, expression),
            Some(Filter::EventType(expression)) => (Subject::EventType, expression),
            None => return Err(status::missing("filter")),
        };
        let window = match options.window {
            Some(Window::Max(0)) => return Err(status::invalid("'max' must be greater than 0")),
            Some(Window::Max(max)) => max,
            Some(Window::Count(_)) => DEFAULT_WINDOW,
            None => return Err(status::missing("window")),
        };
        Ok(Self {
            filter: EventFilter::new(subject, &regex, prefix)?,
            // Zero asks for none, which a subscription refuses.
            checkpoint_after: u64::from(window)
                .saturating_mul(u64::from(options.checkpoint_interval_multiplier)),
        })
    }
}
