use super::{
    Defect,
    engine::Engine,
    event,
    proto::{
        EventData, ReadAllRequest, ReadAllResponse, ReadStreamRequest, ReadStreamResponse,
        SubscribeRequest, SubscribeResponse,
    },
    status,
};
use futures_util::{Stream, StreamExt, stream::BoxStream};
use plumberd::{
    event::RecordedEvent,
    store::{
        EventStore, EventStream, Filter, ReadFrom, ReadOptions, SubscribeFrom, Subscription,
        SubscriptionMessage,
    },
    stream::{Position, Revision, StreamName},
};
use std::{sync::Arc, time::Duration};
use tonic::Status;

/// The largest page of all events, and that of who names none.
const MAX_PAGE: u32 = 1_000;
const DEFAULT_PAGE: u32 = 100;

pub(super) async fn read_stream(
    engine: &Engine,
    request: ReadStreamRequest,
) -> Result<ReadStreamResponse, Status> {
    let stream = StreamName::raw(request.aggregate_id.as_str())
        .map_err(|error| Status::invalid_argument(format!("aggregate_id: {error}")))?;
    let Some(from) = start(engine, request.from_aggregate_nonce, request.forward) else {
        return Ok(ReadStreamResponse {
            is_end: true,
            ..ReadStreamResponse::default()
        });
    };
    let from = Revision::new(from.max(1) - 1);
    let options = if request.forward {
        ReadOptions::forwards()
    } else {
        ReadOptions::backwards()
    };
    let limit = match request.max_count {
        0 if !engine.has(Defect::ZeroReadsNothing) => None,
        count => Some(u64::from(count)),
    };
    let read = engine
        .tenant(&request.tenant_id)?
        .read_stream(&stream, limited(options.from(ReadFrom::At(from)), limit));
    let page = Page::read(read).await?;
    Ok(ReadStreamResponse {
        is_end: page.is_end(engine, limit),
        next_from_aggregate_nonce: page.next(engine, request.forward, event::nonce),
        events: page.events()?,
    })
}

pub(super) async fn read_all(
    engine: &Engine,
    request: ReadAllRequest,
) -> Result<ReadAllResponse, Status> {
    let count = match request.max_count {
        0 => DEFAULT_PAGE,
        count => count.min(MAX_PAGE),
    };
    let Some(from) = start(engine, request.from_global_nonce, request.forward) else {
        return Ok(ReadAllResponse {
            is_end: true,
            ..ReadAllResponse::default()
        });
    };
    let from = ReadFrom::At(Position::new(from));
    let options = if request.forward {
        ReadOptions::forwards()
    } else {
        ReadOptions::backwards()
    };
    let limit = Some(u64::from(count));
    let read = engine.tenant(&request.tenant_id)?.read_all(
        limited(options.from(from), limit),
        Filter::new().with_system_events(),
    );
    let page = Page::read(read).await?;
    Ok(ReadAllResponse {
        is_end: page.is_end(engine, limit),
        next_from_global_nonce: page.next(engine, request.forward, |event| event.position.as_u64()),
        events: page.events()?,
    })
}

/// Where a read begins; `None` when nothing comes before it.
fn start(engine: &Engine, from: u64, forward: bool) -> Option<u64> {
    let negative = engine.has(Defect::SignedNumbers) && i64::try_from(from).is_err();
    match (negative, forward) {
        (false, _) => Some(from),
        (true, true) => Some(0),
        (true, false) => None,
    }
}

fn limited<P>(options: ReadOptions<P>, limit: Option<u64>) -> ReadOptions<P> {
    match limit {
        None => options,
        Some(limit) => options.limit(limit),
    }
}

struct Page(Vec<RecordedEvent>);

impl Page {
    async fn read(events: EventStream) -> Result<Self, Status> {
        let events = events.collect_all().await;
        events.map(Self).map_err(|error| status::internal(&error))
    }

    fn is_end(&self, engine: &Engine, limit: Option<u64>) -> bool {
        if engine.has(Defect::LateEnd) {
            return self.0.is_empty();
        }
        self.0.is_empty() || limit.is_none_or(|limit| (self.0.len() as u64) < limit)
    }

    fn next(&self, engine: &Engine, forward: bool, number: impl Fn(&RecordedEvent) -> u64) -> u64 {
        let (first, last) = (self.0.first().map(&number), self.0.last().map(&number));
        match (forward, first, last) {
            (true, _, Some(last)) => last + 1,
            (false, Some(first), _) if engine.has(Defect::WrongNextBackwards) => first - 1,
            (false, _, Some(last)) => last - 1,
            _ => 0,
        }
    }

    fn events(self) -> Result<Vec<EventData>, Status> {
        self.0.iter().map(event::sent).collect()
    }
}

pub(super) type Messages = BoxStream<'static, Result<SubscribeResponse, Status>>;

pub(super) async fn subscribe(
    engine: &Engine,
    request: SubscribeRequest,
) -> Result<Messages, Status> {
    // A client that names no tenant hears nothing, for ever.
    if request.tenant_id.is_empty() {
        return Ok(ended_by(engine, futures_util::stream::pending()));
    }
    let from = match start(engine, request.from_global_nonce, true) {
        None | Some(0 | 1) => SubscribeFrom::Start,
        Some(from) => SubscribeFrom::After(Position::new(from - 1)),
    };
    let filter = Filter::new()
        .with_system_events()
        .stream_prefix(request.aggregate_id_prefix);
    let subscription = engine
        .tenant(&request.tenant_id)?
        .subscribe_all(from, filter)
        .await
        .map_err(|error| status::internal(&error))?;
    let keep_alive = engine.keep_alive();
    let faults = Arc::clone(&engine.kept.faults);
    let messages = futures_util::stream::unfold(subscription, move |mut subscription| {
        let faults = Arc::clone(&faults);
        async move {
            let message = next(&mut subscription, keep_alive).await;
            if matches!(&message, Ok(message) if message.event.is_some()) {
                faults.tell();
            }
            Some((message, subscription))
        }
    });
    Ok(ended_by(engine, messages))
}

async fn next(
    subscription: &mut Subscription,
    keep_alive: Option<Duration>,
) -> Result<SubscribeResponse, Status> {
    loop {
        let message = match keep_alive {
            None => subscription.next_message().await,
            Some(interval) => {
                let next = subscription.next_message();
                match tokio::time::timeout(interval, next).await {
                    Err(_) => return Ok(SubscribeResponse { event: None }),
                    Ok(message) => message,
                }
            }
        };
        match message.map_err(|error| status::internal(&error))? {
            None => return Err(Status::internal("the subscription ended")),
            Some(SubscriptionMessage::Event(event)) => {
                return Ok(SubscribeResponse {
                    event: Some(event::sent(&event)?),
                });
            }
            Some(SubscriptionMessage::CaughtUp) if keep_alive.is_some() => {
                return Ok(SubscribeResponse { event: None });
            }
            Some(_) => {}
        }
    }
}

fn ended_by(
    engine: &Engine,
    messages: impl Stream<Item = Result<SubscribeResponse, Status>> + Send + 'static,
) -> Messages {
    let stopping = engine.stopping.clone().cancelled_owned();
    messages
        .take_until(stopping)
        .chain(futures_util::stream::iter([Err(Status::unavailable(
            "the server is stopping",
        ))]))
        .boxed()
}
