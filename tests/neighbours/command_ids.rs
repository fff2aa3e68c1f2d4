//! Commands with ids: the same on every store, whatever the repository keeps
//! beside it.

use crate::domain::{every_store, read, stores};
use plumberd::{
    event::{NewEvent, derived_event_id, new_event_id},
    prelude::*,
    repository::CommandId,
    stream::StreamMetadata,
};
use plumberd_tests::counter::{Add, Added, Counter, Refusal};

/// A repository that reads every event, and those that do not.
fn kinds(store: &Store) -> Vec<(&'static str, Repository<Counter>)> {
    let plain = || store.repository::<Counter>();
    vec![
        ("plain", plain()),
        ("cached", plain().with_cache(CacheConfig::new(8))),
        (
            "from snapshots",
            plain().with_snapshots(SnapshotPolicy::every(1)),
        ),
    ]
}

fn two(counter: &Counter) -> Result<[Added; 2], Refusal> {
    let first = counter.add(1)?;
    let before = counter.total + 1;
    Ok([first, Added { amount: 2, before }])
}

fn refused<T: std::fmt::Debug>(result: Result<T, ExecuteError<Refusal>>) -> RepositoryError {
    match result {
        Err(ExecuteError::Repository(error)) => error,
        other => panic!("it was not refused by the repository: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_repeated_under_its_id_gives_its_first_outcome() {
    for (store, _kept) in every_store().await {
        for (kind, counters) in kinds(&store) {
            let (id, command) = (new_event_id(), new_event_id());
            counters.execute(id, |c| c.add(5)).await.unwrap();
            let first = counters.execute(id, two).command_id(command).await.unwrap();
            counters.execute(id, |c| c.add(10)).await.unwrap();

            // By now it would be decided otherwise, refused, or do nothing.
            let one = counters.execute(id, |c| c.add(1)).command_id(command).await;
            let many = counters
                .execute(id, |c| Ok::<_, Refusal>((two(c)?, ())))
                .command_id(command)
                .await;
            let refused = counters
                .execute(id, |c| c.add(-1_000))
                .command_id(command)
                .await;
            let nothing = counters
                .execute(id, |_| Ok::<_, Refusal>(None::<Added>))
                .command_id(command)
                .await;

            assert_eq!(first.state().map(|c| (c.total, c.events)), Some((8, 3)));
            for again in [one, many, refused, nothing] {
                let again = again.unwrap();
                assert!(again.is_already_applied(), "{store:?} {kind}");
                assert_eq!(
                    (again.events(), again.revision(), again.position()),
                    (2, first.revision(), first.position()),
                    "{store:?} {kind}"
                );
                let ids = |executed: &Executed<Counter>| -> Vec<_> {
                    executed.written().iter().map(NewEvent::id).collect()
                };
                assert_eq!(ids(&again), ids(&first));
                assert_eq!(again.state(), first.state(), "{store:?} {kind}");
            }
            assert_eq!(counters.load(id).await.unwrap().total, 18);
        }
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_command_under_an_id_is_refused_and_both_are_named() {
    for (store, _kept) in every_store().await {
        for (kind, counters) in kinds(&store) {
            let (id, command) = (new_event_id(), new_event_id());
            let typed = counters.handle(id, Add(1)).command_id(command);
            typed.await.unwrap();
            let (other, named) = (new_event_id(), new_event_id());
            let first = counters.execute(other, |c| c.add(1)).command_id(named);
            first.purpose("first reaction").await.unwrap();

            let unnamed = counters.execute(id, |c| c.add(2)).command_id(command);
            let unnamed = refused(unnamed.await).to_string();
            let second = counters.execute(other, |c| c.add(2)).command_id(named);
            let second = refused(second.purpose("second reaction").await).to_string();
            let of_type = refused(counters.handle(other, Add(2)).command_id(named).await);

            let id_of = |command: Uuid| command.to_string();
            for part in [&id_of(command), "`Add`", "a command without a purpose"] {
                assert!(unnamed.contains(part), "{store:?} {kind}: {unnamed}");
            }
            for part in [&id_of(named), "`first reaction`", "`second reaction`"] {
                assert!(second.contains(part), "{store:?} {kind}: {second}");
            }
            assert!(
                matches!(&of_type, RepositoryError::CommandIdTaken { stored: Some(stored), asked: Some(asked), .. }
                    if **stored == *"first reaction" && **asked == *"Add"),
                "{store:?} {kind}: {of_type:?}"
            );
            assert!(!of_type.is_transient());
            let total = async |id| counters.load(id).await.unwrap().total;
            assert_eq!((total(id).await, total(other).await), (1, 1));
        }
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_without_a_purpose_is_not_taken_for_one_with_one_nor_a_creation_for_a_change() {
    for (store, _kept) in every_store().await {
        let counters = store.repository::<Counter>();
        let command = new_event_id();
        let created = counters.create(|c| c.add(1)).command_id(command);
        let id = *created.await.unwrap().id();

        let changed = counters.execute(id, |c| c.add(2)).command_id(command);
        let changed = refused(changed.await);
        let unnamed = new_event_id();
        let first = counters.execute(id, |c| c.add(4)).command_id(unnamed);
        first.await.unwrap();
        let named = counters.execute(id, |c| c.add(8)).command_id(unnamed);
        let named = refused(named.purpose("other").await);

        assert!(
            matches!(&changed, RepositoryError::CommandIdTaken { stored: Some(stored), asked: None, .. } if **stored == *"create"),
            "{store:?}: {changed:?}"
        );
        assert!(
            matches!(&named, RepositoryError::CommandIdTaken { stored: None, asked: Some(asked), .. } if **asked == *"other"),
            "{store:?}: {named:?}"
        );
        assert_eq!(counters.load(id).await.unwrap().total, 5);
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_without_a_purpose_that_stored_what_another_cannot_store_is_not_taken_for_it() {
    for (store, _kept) in every_store().await {
        for (kind, counters) in kinds(&store) {
            let (id, command) = (new_event_id(), new_event_id());
            let both = |c: &Counter| Ok::<_, Refusal>((c.open("a")?, two(c)?));
            counters
                .execute(id, both)
                .command_id(command)
                .await
                .unwrap();
            let execute = || counters.execute(id, both).command_id(command);

            let [none, opened, added, many] = [
                refused(
                    counters
                        .execute(id, |_| Ok::<_, Refusal>(()))
                        .command_id(command)
                        .await,
                ),
                refused(
                    counters
                        .execute(id, |c| c.open("b"))
                        .command_id(command)
                        .await,
                ),
                refused(
                    counters
                        .execute(id, |c| Ok::<_, Refusal>([Some(c.add(1)?)]))
                        .command_id(command)
                        .await,
                ),
                refused(
                    counters
                        .execute(id, |c| Ok::<_, Refusal>(vec![((), c.add(1)?)]))
                        .command_id(command)
                        .await,
                ),
            ];

            let again = execute().await.unwrap();
            assert!(again.is_already_applied(), "{store:?} {kind}");
            let first = "a command without a purpose (it stored `Opened` and `Added`)";
            for (error, stores) in [
                (none, "(it stores nothing)"),
                (opened, "(it stores `Opened`)"),
                (added, "(it stores `Added`)"),
                (many, "(it stores `Added`)"),
            ] {
                let told = error.to_string();
                for part in [&command.to_string(), first, stores, "`.purpose(…)`"] {
                    assert!(told.contains(part), "{store:?} {kind}: {told}");
                }
                assert!(!error.is_transient());
            }
            let counter = counters.load(id).await.unwrap();
            assert_eq!((counter.total, counter.events), (3, 3), "{store:?} {kind}");
        }
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_id_serves_several_streams() {
    for (store, _kept) in every_store().await {
        let counters = store.repository::<Counter>();
        let command = CommandId::new(new_event_id()).unwrap();
        let ids = [new_event_id(), new_event_id(), new_event_id()];

        for id in ids {
            let executed = counters.execute(id, two).command_id(command).await.unwrap();

            assert!(!executed.is_already_applied(), "{store:?}");
        }

        for id in ids {
            let stream = counters.stream(&id).unwrap();
            let written = read(&store, &stream).await;
            let written: Vec<_> = written.iter().map(|event| event.id).collect();
            let derived = [0, 1].map(|index| command.event_id(&stream, index));
            assert_eq!(written, derived, "{store:?}");
            let again = counters.execute(id, two).command_id(command).await.unwrap();
            assert!(again.is_already_applied(), "{store:?}");
        }
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_an_earlier_version_carried_out_is_recognised() {
    for (store, _kept) in every_store().await {
        for (kind, counters) in kinds(&store) {
            let (id, command) = (new_event_id(), new_event_id());
            let stream = counters.stream(&id).unwrap();
            // Its ids followed from the command's alone, and nothing was said of why.
            let events: Vec<_> = two(&Counter::default())
                .unwrap()
                .iter()
                .enumerate()
                .map(|(index, event)| {
                    let context = MessageContext::new();
                    NewEvent::encode_with(event, derived_event_id(command, index), &context)
                })
                .collect::<Result<_, _>>()
                .unwrap();
            store
                .append(&stream, ExpectedRevision::NoStream, events)
                .await
                .unwrap();
            counters.execute(id, |c| c.add(1)).await.unwrap();

            let typed = counters.handle(id, Add(7)).command_id(command).await;
            let unnamed = counters.execute(id, |c| c.add(7)).command_id(command).await;
            let other = counters.execute(id, |c| c.open("a")).command_id(command);
            let other = refused(other.purpose("open").await).to_string();

            for again in [typed.unwrap(), unnamed.unwrap()] {
                assert!(again.is_already_applied(), "{store:?} {kind}");
                assert_eq!(again.events(), 2, "{store:?} {kind}");
                assert_eq!(again.revision(), Some(Revision::new(1)), "{store:?} {kind}");
            }
            assert!(
                other.contains("(it stored `Added`)")
                    && other.contains("`open` (it stores `Opened`)"),
                "{store:?} {kind}: {other}"
            );
            assert_eq!(counters.load(id).await.unwrap().total, 4);
        }
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_repeated_after_its_aggregate_was_deleted_says_so() {
    for (store, _kept) in stores().await {
        for (kind, counters) in kinds(&store) {
            let command = new_event_id();
            let create = || counters.create(|c| c.open("a")).command_id(command);
            let id = *create().await.unwrap().id();
            let add = || counters.handle(id, Add(1)).command_id(command);
            counters.delete(&id).await.unwrap();
            let gone = |error: &RepositoryError| {
                matches!(error, RepositoryError::DeletedSince { command_id, revision, .. }
                    if command_id.as_uuid() == command && *revision == Revision::FIRST)
            };

            let created = refused(create().await);
            let other = refused(add().await);
            let exists = counters.exists(&id).await.unwrap();
            counters.execute(id, |c| c.open("b")).await.unwrap();
            let created_again = refused(create().await);

            assert!(gone(&created), "{store:?} {kind}: {created:?}");
            assert!(
                matches!(other, RepositoryError::CommandIdTaken { .. }),
                "{store:?} {kind}: {other:?}"
            );
            assert!(!exists && !created.is_transient());
            assert!(gone(&created_again), "{store:?} {kind}: {created_again:?}");
            let counter = counters.load(id).await.unwrap();
            assert_eq!(counter.name.as_deref(), Some("b"), "{store:?} {kind}");
            let stream = counters.stream(&id).unwrap();
            store
                .tombstone(&stream, ExpectedRevision::Any)
                .await
                .unwrap();
            let tombstoned = refused(create().await);
            assert!(gone(&tombstoned), "{store:?} {kind}: {tombstoned:?}");
        }
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_whose_events_are_hidden_by_now_gives_its_first_outcome() {
    for (store, _kept) in stores().await {
        let counters = store.repository::<Counter>();
        let (id, command) = (new_event_id(), new_event_id());
        let first = counters.execute(id, two).command_id(command).await.unwrap();
        counters.execute(id, |c| c.add(1)).await.unwrap();
        let stream = counters.stream(&id).unwrap();
        let mut newest = StreamMetadata::default();
        newest.max_count = Some(1);
        store
            .set_stream_metadata(&stream, ExpectedRevision::Any, &newest)
            .await
            .unwrap();

        let again = counters.execute(id, two).command_id(command).await.unwrap();
        let other = counters.execute(id, two).command_id(command);
        let other = refused(other.purpose("other").await);

        assert!(again.is_already_applied(), "{store:?}");
        assert_eq!(
            (again.events(), again.revision(), again.position()),
            (2, first.revision(), first.position()),
            "{store:?}"
        );
        assert_eq!((again.written().len(), again.state()), (2, None));
        assert!(
            matches!(other, RepositoryError::CommandIdTaken { .. }),
            "{store:?}: {other:?}"
        );
        store.close().await;
    }
}

#[tokio::test]
async fn what_a_command_is_for_is_in_the_metadata_of_its_events_where_it_has_an_id() {
    let (store, _) = crate::domain::memory().await;
    let counters = store.repository::<Counter>();
    let id = new_event_id();
    let context = MessageContext::new().with_user("joe");

    counters.handle(id, Add(1)).await.unwrap();
    let typed = counters.handle(id, Add(2)).command_id(new_event_id());
    typed.context(context).await.unwrap();
    let named = counters.handle(id, Add(3)).command_id("a key");
    named.purpose("say \"hello\"").await.unwrap();
    let unnamed = counters.execute(id, |c| c.add(4)).command_id("a key too");
    unnamed.await.unwrap();

    let purposes: Vec<_> = read(&store, &counters.stream(&id).unwrap())
        .await
        .iter()
        .map(|event| event.metadata().unwrap().command_purpose())
        .collect();
    let some = |purpose: &str| Some(purpose.to_owned());
    assert_eq!(purposes, [None, some("Add"), some("say \"hello\""), None]);
    // Only plumberd may write the key.
    let header = MessageContext::new().with_header(Metadata::COMMAND_PURPOSE, "mine");
    assert!(header.unwrap_err().to_string().contains("CommandPurpose"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_does_not_know_the_commands_of_another() {
    let folder = plumberd_tests::TempFolder::new();
    for url in ["memory:".to_owned(), folder.sqlite_url("tenants.db")] {
        let store = plumberd::connect(&url).await.unwrap();
        let (id, command) = (new_event_id(), new_event_id());
        let of = |tenant| store.tenant(tenant).unwrap().repository::<Counter>();

        let mut known = Vec::new();
        for counters in [of("acme"), of("globex"), store.repository(), of("acme")] {
            let executed = counters.execute(id, |c| c.add(1)).command_id(command);
            known.push(executed.await.unwrap().is_already_applied());
        }

        assert_eq!(known, [false, false, false, true], "{url}");
        store.close().await;
    }
}

#[derive(Event, Debug, Clone)]
enum Moved {
    #[event(alias = "WentUp")]
    Up {
        by: i64,
    },
    Down {
        by: i64,
    },
}

#[derive(Event, Debug, Clone)]
struct Stopped {}

#[derive(Debug, Default)]
struct Lift {
    floor: i64,
}

#[aggregate(category = "Lift")]
impl Lift {
    #[event_sourcing_handler]
    fn on_moved(&mut self, event: &Moved) {
        match event {
            Moved::Up { by } => self.floor += by,
            Moved::Down { by } => self.floor -= by,
        }
    }

    #[event_sourcing_handler]
    fn on_stopped(&mut self, _: &Stopped) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_without_a_purpose_is_known_by_an_older_name_and_by_any_variant_of_its_event() {
    for (store, _kept) in every_store().await {
        let lifts = store.repository::<Lift>();
        let (id, command) = (new_event_id(), new_event_id());
        let stream = lifts.stream(&id).unwrap();
        let first = CommandId::new(command).unwrap().event_id(&stream, 0);
        let went_up = NewEvent::new(first, "WentUp".parse().unwrap(), r#"{"By":1}"#);
        store
            .append(&stream, ExpectedRevision::NoStream, vec![went_up])
            .await
            .unwrap();
        let down = || Moved::Down { by: 1 };

        let one = lifts.execute(id, |_| Ok::<_, Refusal>(down()));
        let many = lifts.execute(id, |_| Ok::<_, Refusal>(vec![Some(down())]));
        let several = lifts.execute(id, |_| Ok::<_, Refusal>(([down()], Stopped {})));
        let other = lifts.execute(id, |_| Ok::<_, Refusal>(Stopped {}));

        for again in [
            one.command_id(command).await,
            many.command_id(command).await,
            several.command_id(command).await,
        ] {
            assert!(again.unwrap().is_already_applied(), "{store:?}");
        }
        let told = refused(other.command_id(command).await).to_string();
        assert!(
            told.contains("(it stored `WentUp`)") && told.contains("(it stores `Stopped`)"),
            "{store:?}: {told}"
        );
        assert_eq!(lifts.load(id).await.unwrap().floor, 1);
        store.close().await;
    }
}

mod first {
    #[derive(Debug, Clone)]
    pub struct Bump(pub i64);
}

mod second {
    #[derive(Debug, Clone)]
    pub struct Bump(pub i64);
}

use second::Bump as OtherBump;

#[derive(Debug, Clone)]
struct Step<T>(T);

#[derive(Debug, Default)]
struct Bumped {
    total: i64,
}

#[aggregate(category = "Bumped")]
impl Bumped {
    #[event_sourcing_handler]
    fn on_added(&mut self, event: &Added) {
        self.total += event.amount;
    }

    #[command_handler]
    fn bump(&self, command: first::Bump) -> Result<Added, Refusal> {
        self.add(command.0)
    }

    #[command_handler]
    fn other_bump(&self, command: OtherBump) -> Result<Added, Refusal> {
        self.add(command.0)
    }

    #[command_handler]
    fn step(&self, command: Step<u8>) -> Result<Added, Refusal> {
        self.add(command.0.into())
    }

    #[command_handler]
    fn long_step(&self, command: Step<u32>) -> Result<Added, Refusal> {
        self.add(command.0.into())
    }
}

impl Bumped {
    fn add(&self, amount: i64) -> Result<Added, Refusal> {
        let before = self.total;
        Ok(Added { amount, before })
    }
}

#[tokio::test]
async fn commands_whose_types_have_one_name_are_not_taken_for_one_another() {
    let (store, _) = crate::domain::memory().await;
    let bumped = store.repository::<Bumped>();
    let id = new_event_id();
    let [bumps, steps] = [new_event_id(), new_event_id()];

    let first = bumped.handle(id, first::Bump(1)).command_id(bumps);
    first.await.unwrap();
    let other = refused(bumped.handle(id, OtherBump(2)).command_id(bumps).await);
    let short = bumped.handle(id, Step(4_u8)).command_id(steps);
    short.await.unwrap();
    let long = refused(bumped.handle(id, Step(8_u32)).command_id(steps).await);
    let again = bumped.handle(id, Step(4_u8)).command_id(steps);

    assert!(again.await.unwrap().is_already_applied());
    for (error, names) in [
        (other, ["`first::Bump`", "`OtherBump`"]),
        (long, ["`Step<u8>`", "`Step<u32>`"]),
    ] {
        let told = error.to_string();
        assert!(matches!(error, RepositoryError::CommandIdTaken { .. }));
        assert!(names.iter().all(|name| told.contains(name)), "{told}");
    }
    assert_eq!(bumped.load(id).await.unwrap().total, 5);
}

/// The same stream in three deployments, whose handlers spell one command in
/// three ways.
mod deployments {
    use super::*;

    #[derive(Event, Debug, Clone)]
    pub(super) struct Paid {
        pub(super) amount: u32,
    }

    #[derive(Debug, Clone)]
    pub(super) struct Pay(pub(super) u32);

    #[derive(Debug, Default)]
    pub(super) struct Owning;

    #[aggregate(category = "Invoice")]
    impl Owning {
        #[event_sourcing_handler]
        fn on_paid(&mut self, _: &Paid) {}

        #[command_handler]
        fn pay(&self, command: Pay) -> Result<Paid, Refusal> {
            Ok(Paid { amount: command.0 })
        }
    }

    #[derive(Debug, Default)]
    pub(super) struct Borrowing;

    #[aggregate(category = "Invoice")]
    impl Borrowing {
        #[event_sourcing_handler]
        fn on_paid(&mut self, _: &Paid) {}

        #[command_handler]
        fn pay(&self, command: &Pay) -> Result<Paid, Refusal> {
            Ok(Paid { amount: command.0 })
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_is_known_again_whether_its_handler_borrows_it_or_not() {
    use deployments::{Borrowing, Owning, Pay};

    for (store, _kept) in every_store().await {
        let (id, command) = (new_event_id(), new_event_id());
        let owning = store.repository::<Owning>();
        let borrowing = store.repository::<Borrowing>();
        let pay = Pay(5);
        let first = borrowing.handle(id, &pay).command_id(command);
        let first = first.await.unwrap();

        let owned = owning.handle(id, pay.clone()).command_id(command);
        let borrowed = borrowing.handle(id, &pay).command_id(command);

        for again in [
            owned.await.unwrap().is_already_applied(),
            borrowed.await.unwrap().is_already_applied(),
        ] {
            assert!(again, "{store:?}: {first:?}");
        }
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_was_kept_with_how_its_handler_borrowed_it_is_known_again() {
    use deployments::{Borrowing, Pay};

    for (store, _kept) in every_store().await {
        let repository = store.repository::<Borrowing>();
        for (kept, known) in [
            ("&Pay", true),
            ("&'aPay", true),
            ("&'static_1Pay", true),
            ("&RePay", false),
            ("&'aRePay", false),
            ("&'Pay", false),
            ("RePay", false),
            ("pay", false),
        ] {
            let (id, command) = (new_event_id(), new_event_id());
            let earlier = repository.handle(id, &Pay(5)).command_id(command);
            earlier.purpose(kept).await.unwrap();

            let again = repository.handle(id, &Pay(5)).command_id(command).await;

            match (again, known) {
                (Ok(again), true) => assert!(again.is_already_applied(), "{store:?}: {kept}"),
                (Err(ExecuteError::Repository(error)), false) => {
                    assert!(error.to_string().contains(kept), "{store:?}: {error}");
                }
                (other, _) => panic!("{store:?}, {kept}: {other:?}"),
            }
        }
        store.close().await;
    }
}

#[tokio::test]
async fn a_command_id_that_is_taken_is_named_as_it_was_given() {
    let (store, _) = crate::domain::memory().await;
    let counters = store.repository::<Counter>();
    let long = "long ".repeat(30);
    let uuid = new_event_id().to_string();

    for (given, told) in [
        ("order 17", "`order 17` ("),
        (long.as_str(), &format!("`{}…` (", &long[..100])),
        (&uuid, &format!("command {uuid} is")),
    ] {
        let id = new_event_id();
        let first = counters.execute(id, |c| c.add(1)).command_id(given);
        first.purpose("one").await.unwrap();
        let taken = counters.execute(id, |c| c.add(1)).command_id(Some(given));
        let taken = refused(taken.purpose("two").await);
        counters.delete(&id).await.unwrap();
        let deleted = counters.execute(id, |c| c.add(1)).command_id(given);
        let deleted = refused(deleted.purpose("one").await);

        for error in [taken, deleted] {
            let told = told.trim_end_matches(" is");
            assert!(error.to_string().contains(told), "{told}: {error}");
        }
    }
}
