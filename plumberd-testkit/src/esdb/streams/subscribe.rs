use super::{read::check_readable, request::Wanted};
use crate::esdb::{
    cursor::{Cursor, Source},
    engine::Engine,
    proto::streams::{
        ReadResp,
        read_resp::{CaughtUp, Checkpoint, Content, FellBehind, SubscriptionConfirmation},
    },
    status, wire,
};
use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use plumberd::{
    event::{RecordedEvent, new_event_id},
    store::{Direction, Page, ReadFrom, SubscribeFrom, follow::PAGE_EVENTS},
    stream::Position,
};
use std::collections::VecDeque;
use tokio::sync::watch;
use tonic::Status;

/// The answers to a read that does not end.
///
/// It is in force when the future resolves. Nothing is read before the client
/// takes what was read before, so a slow one holds a page at the most.
pub(super) async fn subscribe(
    engine: Engine,
    wanted: Wanted,
    from: SubscribeFrom<u64>,
) -> Result<BoxStream<'static, Result<ReadResp, Status>>, Status> {
    // Before the end is looked up: what is committed after it is seen.
    let commits = engine
        .commits()
        .await
        .map_err(|error| status::of_store(&error))?;
    let from = match from {
        SubscribeFrom::Start => ReadFrom::Start,
        SubscribeFrom::After(number) => ReadFrom::After(number),
        SubscribeFrom::End => end_of(&engine, &wanted.source).await?,
    };
    let considered = match (&wanted.source, from) {
        (Source::All, ReadFrom::After(number)) => Some(Position::new(number)),
        _ => None,
    };
    let following = Following {
        cursor: Cursor::new(
            engine.clone(),
            wanted.source.clone(),
            Direction::Forwards,
            from,
        ),
        engine,
        wanted,
        commits,
        page: Page::default(),
        at: 0,
        phase: Phase::Begin,
        considered,
        since_checkpoint: 0,
        checkpoint: None,
        messages: VecDeque::new(),
    };
    Ok(
        futures_util::stream::try_unfold(following, |mut following| async move {
            let answer = following.next().await?;
            Ok(Some((answer, following)))
        })
        .map_ok(|content| ReadResp {
            content: Some(content),
        })
        .boxed(),
    )
}

async fn end_of(engine: &Engine, source: &Source) -> Result<ReadFrom<u64>, Status> {
    let last = match source {
        Source::All => engine.head().await.map(|head| head.map(Position::as_u64)),
        Source::Stream(stream) => engine
            .stream_info(stream)
            .await
            .map(|info| info.last_revision.map(plumberd::stream::Revision::as_u64)),
    };
    let last = last.map_err(|error| status::of_store(&error))?;
    Ok(last.map_or(ReadFrom::Start, ReadFrom::After))
}

struct Following {
    engine: Engine,
    wanted: Wanted,
    cursor: Cursor,
    commits: watch::Receiver<()>,
    page: Page,
    at: usize,
    phase: Phase,
    /// Everything up to here was looked at.
    considered: Option<Position>,
    /// How many events were looked at since a checkpoint was due.
    since_checkpoint: u64,
    /// The last one that was sent.
    checkpoint: Option<Position>,
    /// What is to be said before anything else.
    messages: VecDeque<Content>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Begin,
    /// It reads what there was.
    History,
    /// It has said that it caught up, and waits, or reads what came.
    Live,
}

impl Following {
    async fn next(&mut self) -> Result<Content, Status> {
        loop {
            if let Some(message) = self.messages.pop_front() {
                return Ok(message);
            }
            if self.phase == Phase::Begin {
                check_readable(&self.engine, &self.wanted.source).await?;
                self.phase = Phase::History;
                return Ok(Content::Confirmation(SubscriptionConfirmation {
                    subscription_id: new_event_id().hyphenated().to_string(),
                }));
            }
            match self.page.get(self.at).cloned() {
                Some(event) => {
                    self.at += 1;
                    self.take(event).await?;
                }
                None => self.turn().await?,
            }
        }
    }

    async fn take(&mut self, event: RecordedEvent) -> Result<(), Status> {
        let position = event.position;
        let passes = match &self.wanted.filtering {
            Some(filtering) => filtering.filter.matches(&event)?,
            None => true,
        };
        if passes {
            let found = self
                .engine
                .found(event, self.wanted.resolve_links)
                .await
                .map_err(|error| status::of_store(&error))?;
            let event = wire::read_event(&found, self.wanted.ids);
            self.messages.push_back(Content::Event(event));
        }
        if let (Some(filtering), Source::All) = (&self.wanted.filtering, &self.wanted.source) {
            self.considered = Some(position);
            self.since_checkpoint += 1;
            if self.since_checkpoint >= filtering.checkpoint_after {
                self.since_checkpoint = 0;
                self.say_checkpoint();
            }
        }
        Ok(())
    }

    /// Says how far it has come, unless it has said just that.
    fn say_checkpoint(&mut self) {
        if self.considered == self.checkpoint {
            return;
        }
        self.checkpoint = self.considered;
        self.messages.extend(self.considered.map(|position| {
            Content::Checkpoint(Checkpoint {
                commit_position: position.as_u64(),
                prepare_position: position.as_u64(),
                timestamp: None,
            })
        }));
    }

    /// The next page, or the wait for one.
    async fn turn(&mut self) -> Result<(), Status> {
        // What is committed from here on is read next.
        self.commits.mark_unchanged();
        let page = self
            .cursor
            .next_page()
            .await
            .map_err(|error| status::of_store(&error))?;
        if let Some(page) = page {
            if self.phase == Phase::Live && page.len() >= PAGE_EVENTS {
                self.phase = Phase::History;
                self.messages
                    .push_back(Content::FellBehind(FellBehind::default()));
            }
            self.page = page;
            self.at = 0;
            // A filter that nothing passes must not keep the others waiting.
            tokio::task::yield_now().await;
            return Ok(());
        }
        if self.phase == Phase::History {
            self.phase = Phase::Live;
            if self.wanted.filtering.is_some() {
                self.since_checkpoint = 0;
                self.say_checkpoint();
            }
            self.messages
                .push_back(Content::CaughtUp(CaughtUp::default()));
            return Ok(());
        }
        // It fails only when the engine is gone.
        self.commits
            .changed()
            .await
            .map_err(|_| status::not_ready())
    }
}
