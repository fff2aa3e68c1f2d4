use crate::{
    domain::{Account, CREDITED, PlainAccount, plain_metadata},
    measure::{Table, timed},
    side::Side,
};
use plumberd::{
    aggregate::Aggregate,
    event::{NewEvent, new_event_id},
    prelude::*,
};
use std::{hint::black_box, sync::Arc, time::Duration};

/// One event without a store: where the time of all others begins.
pub(crate) async fn codec(table: &mut Table) {
    const EVENTS: usize = 10_000;
    let mut plain = PlainAccount::default();
    let data = plain.credit(100);
    let account = Account::default();
    let encoded = NewEvent::encode(&account.credit(100)).expect("an event");
    assert_eq!(*encoded.data(), data, "the two sides do different work");
    let recorded = RecordedEvent {
        stream: StreamName::new("Account", encoded.id()).expect("a name"),
        revision: Revision::FIRST,
        position: Position::new(1),
        id: encoded.id(),
        event_type: encoded.event_type().clone(),
        content_type: encoded.content_type().clone(),
        data: encoded.data().clone(),
        metadata: encoded.metadata().clone(),
        shape_revision: encoded.shape_revision(),
        recorded_at: DateTime::UNIX_EPOCH,
        tenant: None,
        link: None,
    };
    let repeat = |mut work: Box<dyn FnMut()>| async move {
        timed(async { (0..EVENTS).for_each(|_| work()) }).await
    };
    if table.wants("codec: decode and apply") {
        table
            .measure(
                "codec: decode and apply",
                EVENTS,
                async || {
                    let (mut account, data) = (PlainAccount::default(), data.clone());
                    repeat(Box::new(move || account.apply(CREDITED, black_box(&data)))).await
                },
                async || {
                    let (mut account, event) = (Account::default(), recorded.clone());
                    repeat(Box::new(move || {
                        let applied = Account::HANDLERS.apply(&mut account, black_box(&event));
                        applied.expect("applied");
                    }))
                    .await
                },
            )
            .await;
    }
    if table.wants("codec: encode with metadata") {
        table
            .measure(
                "codec: encode with metadata",
                EVENTS,
                async || {
                    let mut account = PlainAccount::default();
                    repeat(Box::new(move || {
                        let id = new_event_id();
                        black_box((account.credit(100), plain_metadata(id)));
                    }))
                    .await
                },
                async || {
                    let account = Account::default();
                    repeat(Box::new(move || {
                        black_box(NewEvent::encode(&account.credit(100)).expect("an event"));
                    }))
                    .await
                },
            )
            .await;
    }
}

/// Commands on accounts that have some events already.
pub(crate) async fn commands<L: Side, P: Side>(
    table: &mut Table,
    store: &str,
    limit: impl Fn() -> Arc<L>,
    plumberd: impl AsyncFn() -> Arc<P>,
) {
    for (prior, accounts) in [(0, 400), (10, 400), (100, 200), (1000, 50)] {
        let name = format!("{store}: command after {prior} events");
        if !table.wants(&name) {
            continue;
        }
        let (limit, plumberd) = (limit(), plumberd().await);
        table
            .measure(
                &name,
                accounts,
                async || command_round(&*limit, prior, accounts).await,
                async || command_round(&*plumberd, prior, accounts).await,
            )
            .await;
    }
}

async fn command_round(side: &impl Side, prior: usize, accounts: usize) -> Duration {
    let ids: Vec<Uuid> = (0..accounts).map(|_| new_event_id()).collect();
    for id in &ids {
        // The last of them by a command, which fills a cache where there is one.
        if prior > 1 {
            side.append(*id, 0, prior - 1).await;
        }
        if prior > 0 {
            side.command(*id).await;
        }
    }
    timed(async {
        for id in ids {
            side.command(id).await;
        }
    })
    .await
}

/// Appends of one size by one writer, then of one event by many.
pub(crate) async fn appends<L: Side, P: Side>(
    table: &mut Table,
    store: &str,
    limit: impl Fn() -> Arc<L>,
    plumberd: impl AsyncFn() -> Arc<P>,
) {
    for (size, appends) in [(1, 500), (10, 200), (100, 50)] {
        let name = format!("{store}: append of {size}");
        if !table.wants(&name) {
            continue;
        }
        let (limit, plumberd) = (limit(), plumberd().await);
        table
            .measure(
                &name,
                appends,
                async || append_round(&*limit, size, appends).await,
                async || append_round(&*plumberd, size, appends).await,
            )
            .await;
    }
    concurrent_appends(table, store, limit, plumberd).await;
}

async fn append_round(side: &impl Side, batch: usize, times: usize) -> Duration {
    let id = new_event_id();
    timed(async {
        let mut prior = 0;
        for _ in 0..times {
            side.append(id, prior, batch).await;
            prior += u64::try_from(batch).expect("a size");
        }
    })
    .await
}

/// 64 tasks, each on a stream of its own.
pub(crate) async fn concurrent_appends<L: Side, P: Side>(
    table: &mut Table,
    store: &str,
    limit: impl Fn() -> Arc<L>,
    plumberd: impl AsyncFn() -> Arc<P>,
) {
    const TASKS: usize = 64;
    const APPENDS: u64 = 40;
    let name = format!("{store}: append of 1, {TASKS} tasks");
    if !table.wants(&name) {
        return;
    }
    let (limit, plumberd) = (limit(), plumberd().await);
    table
        .measure(
            &name,
            TASKS * 40,
            async || concurrent_round(&limit, TASKS, APPENDS).await,
            async || concurrent_round(&plumberd, TASKS, APPENDS).await,
        )
        .await;
}

async fn concurrent_round(side: &Arc<impl Side>, tasks: usize, appends: u64) -> Duration {
    timed(async {
        let mut running = tokio::task::JoinSet::new();
        for _ in 0..tasks {
            let side = Arc::clone(side);
            running.spawn(async move {
                let id = new_event_id();
                for prior in 0..appends {
                    side.append(id, prior, 1).await;
                }
            });
        }
        running.join_all().await;
    })
    .await
}

/// Loads of a long stream, counted in events.
pub(crate) async fn loads<L: Side, P: Side>(
    table: &mut Table,
    store: &str,
    limit: impl Fn() -> Arc<L>,
    plumberd: impl AsyncFn() -> Arc<P>,
) {
    for events in [10_000, 100_000] {
        let name = format!("{store}: load {events} events");
        if !table.wants(&name) {
            continue;
        }
        let (limit, plumberd) = (limit(), plumberd().await);
        // Both may be on one server, so each has a stream of its own.
        let (by_hand, id) = (new_event_id(), new_event_id());
        fill(&*limit, by_hand, events).await;
        fill(&*plumberd, id, events).await;
        let repeats = 100_000 / events;
        table
            .measure(
                &name,
                events * repeats,
                async || load_round(&*limit, by_hand, repeats).await,
                async || load_round(&*plumberd, id, repeats).await,
            )
            .await;
    }
}

async fn fill(side: &impl Side, id: Uuid, events: usize) {
    const BATCH: usize = 1000;
    let mut prior = 0;
    for _ in 0..events / BATCH {
        side.append(id, prior, BATCH).await;
        prior += 1000;
    }
}

async fn load_round(side: &impl Side, id: Uuid, repeats: usize) -> Duration {
    timed(async {
        for _ in 0..repeats {
            black_box(side.load(id).await);
        }
    })
    .await
}
