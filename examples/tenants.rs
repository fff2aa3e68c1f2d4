//! Two customers on one `eventstore.v1` server, who never see each other.
//!
//! Teaches: tenants, events with names of their own, a context that says why,
//! optimistic concurrency, reading page by page, subscribing and acknowledging.
//!
//! ```text
//! cargo run --example tenants --features eventstore-v1
//! cargo run --example tenants --features eventstore-v1 -- eventstore+http://localhost:50051
//! ```
//!
//! Without a URL it starts a server of that protocol in this process.

use plumberd::{
    BoxError, MessageContext, Report, Store,
    backend::eventstore_v1::{Acked, StreamCheckpoints},
    event::{NewEvent, new_event_id},
    prelude::*,
    store::{EventStore, Filter, ReadFrom, ReadOptions},
    stream::{ExpectedRevision, StreamName},
};
use plumberd_testkit::eventstore_v1::EventStoreV1Server;
use std::sync::Arc;

// ── 1. Events, with the names that other programs know them by ──────────────

#[derive(Event, Debug, Clone, PartialEq)]
#[event(type = "com.myco.order.OrderCreated")]
struct OrderCreated {
    customer: String,
    total: Decimal,
}

#[derive(Event, Debug, Clone, PartialEq)]
#[event(type = "com.myco.order.OrderShipped")]
struct OrderShipped {
    carrier: String,
}

#[tokio::main]
async fn main() -> Result<(), Report> {
    // ── 2. A server, and a handle for each tenant ───────────────────────────
    let (url, _server) = if let Some(url) = std::env::args().nth(1) {
        (url, None)
    } else {
        let server = EventStoreV1Server::start().await?;
        (server.url(), Some(server))
    };
    let store = plumberd::connect(&url).await?;
    // New names each time, so that it can run on a server that has been used.
    let run = new_event_id().simple().to_string();
    let acme = store.tenant(&format!("acme-{run}"))?;
    let globex = store.tenant(&format!("globex-{run}"))?;

    let order = StreamName::new("Order", "123")?;
    place(&acme, &order).await?;
    globex
        .append(
            &order,
            ExpectedRevision::NoStream,
            vec![NewEvent::encode(&OrderShipped {
                carrier: "Globex Air".into(),
            })?],
        )
        .await?;
    conflict(&acme, &order).await?;
    read_in_pages(&acme).await?;
    follow(&acme).await?;

    let theirs = globex
        .read_all(ReadOptions::forwards(), Filter::new())
        .collect_all()
        .await?;
    println!("globex has {} event of its own", theirs.len());
    assert_eq!(theirs.len(), 1);
    Ok(())
}

// ── 3. What is written in a scope says why ──────────────────────────────────

async fn place(store: &Store, order: &StreamName) -> Result<(), BoxError> {
    let request = new_event_id();
    let context = MessageContext::new()
        .with_correlation(request)
        .with_causation(request)
        .with_user("ann");
    let created = OrderCreated {
        customer: "Ann".into(),
        total: dec!(99.50),
    };
    let shipped = OrderShipped {
        carrier: "Pigeon Post".into(),
    };
    let outcome = context
        .scope(async {
            let events = vec![NewEvent::encode(&created)?, NewEvent::encode(&shipped)?];
            let outcome = store
                .append(order, ExpectedRevision::NoStream, events)
                .await?;
            Ok::<_, BoxError>(outcome)
        })
        .await?;
    println!("{order} is at revision {}", outcome.revision());

    let first = store
        .read_stream(order, ReadOptions::forwards())
        .next_event()
        .await?
        .ok_or("the order was written")?;
    assert_eq!(first.decode::<OrderCreated>()?, created);
    assert_eq!(
        first.metadata()?.correlation_id(),
        Some(request.to_string())
    );
    Ok(())
}

// ── 4. A decision on what is no longer so is refused ────────────────────────

async fn conflict(store: &Store, order: &StreamName) -> Result<(), BoxError> {
    let late = NewEvent::encode(&OrderShipped {
        carrier: "Snail".into(),
    })?;
    match store
        .append(order, ExpectedRevision::NoStream, vec![late])
        .await
    {
        Err(error) if error.is_conflict() => println!("refused: {error}"),
        other => return Err(format!("a conflict was to come, not {other:?}").into()),
    }
    Ok(())
}

// ── 5. Many events, a hundred at a time ─────────────────────────────────────

async fn read_in_pages(store: &Store) -> Result<(), BoxError> {
    let stream = StreamName::new("Order", "many")?;
    let events: Result<Vec<_>, _> = (0..250)
        .map(|number| {
            NewEvent::encode(&OrderShipped {
                carrier: format!("Cart {number}"),
            })
        })
        .collect();
    store
        .append(&stream, ExpectedRevision::Any, events?)
        .await?;

    // The store reads by pages of its own; this is for who shows pages.
    let mut from = 0;
    loop {
        let page = ReadOptions::forwards()
            .from(ReadFrom::At(from.into()))
            .limit(100);
        let events = store.read_stream(&stream, page).collect_all().await?;
        if events.is_empty() {
            break;
        }
        from += events.len() as u64;
        println!("read {from} events of {stream}");
    }
    assert_eq!(from, 250);
    Ok(())
}

// ── 6. Follow, acknowledge, stop, and go on after it ────────────────────────

async fn follow(store: &Store) -> Result<(), BoxError> {
    let checkpoints = Arc::new(StreamCheckpoints::new(store.clone()));
    let orders = || Filter::new().stream_prefix("Order-");
    let mut handled = 0;
    for stop_after in [2, 250] {
        let mut reader = Acked::open(store, checkpoints.clone(), "shipping", orders()).await?;
        let mut last = None;
        for now in 1..=stop_after {
            let event = reader.next_event().await?.ok_or("it does not end")?;
            handled += 1;
            last = Some(event.position);
            // A crash before this line would bring the event again.
            if now % 50 == 0 || now == stop_after {
                reader.ack(event.position).await?;
            }
        }
        assert_eq!(reader.acked(), last);
        println!(
            "{handled} events handled, {:?} acknowledged",
            reader.acked()
        );
    }
    assert_eq!(handled, 252);
    Ok(())
}
