use super::History;
use crate::stored::{self, Origin, diff, indented};
use plumberd::{
    aggregate::{Aggregate, Row},
    codec::{Codec, Json},
    event::{ContentType, EventValue},
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};
use std::{fmt::Debug, marker::PhantomData};

/// The laws of the aggregate `A`, for histories of the strategy `S`.
///
/// [`laws!`](crate::laws!) makes a test of each; call them where that does not
/// fit.
#[derive(Debug)]
pub struct Laws<A, S> {
    histories: S,
    config: Config,
    aggregate: PhantomData<fn() -> A>,
}

impl<A: Aggregate, S: Strategy<Value = History<A>>> Laws<A, S> {
    /// The laws for these histories.
    pub fn new(histories: S) -> Self {
        let config = Config {
            failure_persistence: None,
            ..Config::default()
        };
        Self {
            histories,
            config,
            aggregate: PhantomData,
        }
    }

    /// With so many histories a law, instead of proptest's 256.
    #[must_use]
    pub fn cases(mut self, cases: u32) -> Self {
        self.config.cases = cases;
        self
    }

    /// With failures kept beside this source file, as proptest does.
    #[must_use]
    pub fn file(mut self, file: &'static str) -> Self {
        self.config.source_file = Some(file);
        self.config.failure_persistence = Config::default().failure_persistence;
        self
    }

    /// Folding what was stored gives the state that raising it gave.
    ///
    /// Broken by a handler that looks at anything but the event. What is raised
    /// is applied as it will be read back, so a field that is not stored cannot
    /// break it.
    ///
    /// # Panics
    ///
    /// With the shortest history found that breaks it.
    #[track_caller]
    pub fn replay_equals_raise(&self)
    where
        A: PartialEq + Debug,
    {
        self.check("replay equals raise", |history| {
            let replayed = stored::fold(A::default(), history.events())?;
            same_state("raised", history.state(), "replayed", &replayed)
        });
    }

    /// Folding what was stored twice gives the same state.
    ///
    /// Broken by a handler that asks for the time, a random number, or
    /// anything else outside the event.
    ///
    /// # Panics
    ///
    /// With the shortest history found that breaks it.
    #[track_caller]
    pub fn replay_is_deterministic(&self)
    where
        A: PartialEq + Debug,
    {
        self.check("replay is deterministic", |history| {
            let first = stored::fold(A::default(), history.events())?;
            let second = stored::fold(A::default(), history.events())?;
            same_state("replayed first", &first, "replayed second", &second)
        });
    }

    /// Every event, decoded and encoded again, is as it was.
    ///
    /// # Panics
    ///
    /// With the event and the field, and the shortest history found.
    #[track_caller]
    pub fn events_survive_their_stored_form(&self) {
        self.check("events survive their stored form", |history| {
            let mut events = history.events().iter();
            events.try_for_each(|event| stored::round_trip::<A>(event, Origin::Here))
        });
    }

    /// Going on from a snapshot, taken after any event, gives the state of a
    /// full replay.
    ///
    /// # Panics
    ///
    /// With the shortest history found that breaks it, and the cut.
    #[track_caller]
    pub fn snapshot_plus_tail_equals_replay(&self)
    where
        A: EventValue + PartialEq + Debug,
    {
        self.check("snapshot plus tail equals replay", |history| {
            let replayed: A = stored::fold(A::default(), history.events())?;
            let mut prefix = A::default();
            for cut in 0..=history.events().len() {
                let (_, tail) = history.events().split_at(cut);
                let mut snapshot = Vec::new();
                Json::encode(&prefix, &mut snapshot).map_err(|error| {
                    format!("after {cut} events no snapshot: {}", stored::report(&error))
                })?;
                let restored: A = Json::decode(&snapshot).map_err(|error| {
                    let error = stored::report(&error);
                    format!("the snapshot after {cut} events cannot be read: {error}")
                })?;
                let continued = stored::fold(restored, tail)?;
                same_state("replayed", &replayed, "from the snapshot", &continued)
                    .map_err(|difference| format!("cut after {cut} events, {difference}"))?;
                prefix = stored::fold(prefix, tail.first())?;
            }
            Ok(())
        });
    }

    /// The histories have an event of every stored type of every handler.
    ///
    /// The same histories in every run, so that this does not come and go.
    ///
    /// # Panics
    ///
    /// With the handlers that none of the histories reached.
    #[track_caller]
    pub fn every_handler_is_reached(&self) {
        let rows = A::HANDLERS.rows().iter();
        let mut missing: Vec<_> = rows
            .flat_map(|row| row.types().iter().map(|info| (row.method(), info.name)))
            .collect();
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let mut runner = TestRunner::new_with_rng(self.config.clone(), rng);
        for _ in 0..self.config.cases {
            if missing.is_empty() {
                return;
            }
            match self.histories.new_tree(&mut runner) {
                Ok(tree) => {
                    let history = tree.current();
                    missing.retain(|(_, name)| {
                        let mut events = history.events().iter();
                        !events.any(|event| event.event_type == *name)
                    });
                }
                Err(reason) => panic!("the strategy makes no history: {reason}"),
            }
        }
        let missing: Vec<_> = missing
            .iter()
            .map(|(method, name)| format!("`{method}` (`{name}`)"))
            .collect();
        assert!(
            missing.is_empty(),
            "none of {} histories of `{}` reached {}; add steps that lead there",
            self.config.cases,
            A::CATEGORY,
            missing.join(", ")
        );
    }

    #[track_caller]
    fn check(&self, law: &str, rule: impl Fn(&History<A>) -> Result<(), String>) {
        let outcome = TestRunner::new(self.config.clone()).run(&self.histories, |history| {
            rule(&history).map_err(TestCaseError::fail)
        });
        match outcome {
            Ok(()) => {}
            Err(TestError::Fail(reason, history)) => panic!(
                "`{}` breaks the law \"{law}\": {reason}\nthe shortest history found:\n{}",
                A::CATEGORY,
                indented(&format!("{history:?}"))
            ),
            Err(TestError::Abort(reason)) => panic!("no histories for \"{law}\": {reason}"),
        }
    }
}

fn same_state<A: PartialEq + Debug>(
    one_name: &str,
    one: &A,
    two_name: &str,
    two: &A,
) -> Result<(), String> {
    if one == two {
        return Ok(());
    }
    let difference = diff(&format!("{one:#?}\n"), &format!("{two:#?}\n"));
    Err(format!(
        "{one_name} (-) and {two_name} (+) differ:\n{}",
        indented(&difference)
    ))
}

/// Every one of these stored events, `(type, revision, JSON)`, is carried over
/// by the upcasters and survives its new form, and every old revision that
/// can be read is among them.
///
/// # Panics
///
/// With the event that cannot be read, or the revision without an example.
#[track_caller]
pub fn old_revisions_are_read<A: Aggregate>(recorded: &[(&str, u32, &str)]) {
    if let Err(message) = read_old_revisions::<A>(recorded) {
        panic!("`{}`: {message}", A::CATEGORY);
    }
}

fn read_old_revisions<A: Aggregate>(recorded: &[(&str, u32, &str)]) -> Result<(), String> {
    for &(name, revision, json) in recorded {
        let json_type = ContentType::JSON;
        let event = stored::as_stored::<A>(name, revision, json_type.as_str(), json.as_bytes())?;
        stored::round_trip::<A>(&event, Origin::Elsewhere)
            .map_err(|message| format!("revision {revision}: {message}"))?;
    }
    for info in A::HANDLERS.rows().iter().flat_map(Row::types) {
        for revision in info.oldest_revision..info.revision {
            let mut given = recorded.iter();
            if !given.any(|(name, number, _)| {
                info.names().any(|known| known == *name) && *number == revision
            }) {
                return Err(format!(
                    "no recorded example of `{}` in revision {revision}",
                    info.name
                ));
            }
        }
    }
    Ok(())
}
