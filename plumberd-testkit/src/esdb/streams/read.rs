use super::request::{Extent, Wanted};
use crate::esdb::{
    cursor::{Cursor, Source},
    engine::Engine,
    proto::{
        AllStreamPosition,
        streams::{
            ReadResp,
            read_resp::{Content, StreamNotFound},
        },
    },
    status, wire,
};
use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use plumberd::{
    event::RecordedEvent,
    store::{Direction, Page, ReadFrom},
    stream::StreamName,
};
use std::collections::VecDeque;
use tonic::Status;

/// The answers to a read that ends.
pub(super) fn read(
    engine: Engine,
    wanted: Wanted,
    extent: Extent,
) -> BoxStream<'static, Result<ReadResp, Status>> {
    let mut cursor = Cursor::new(
        engine.clone(),
        wanted.source.clone(),
        extent.direction,
        extent.from,
    );
    if wanted.filtering.is_none() {
        cursor = cursor.limit(extent.count);
    }
    let reading = Reading {
        engine,
        wanted,
        extent,
        cursor,
        left: extent.count,
        page: Page::default(),
        at: 0,
        stage: Stage::Begin,
        messages: VecDeque::new(),
    };
    futures_util::stream::try_unfold(reading, |mut reading| async move {
        let answer = reading.next().await?;
        Ok(answer.map(|answer| (answer, reading)))
    })
    .map_ok(|content| ReadResp {
        content: Some(content),
    })
    .boxed()
}

struct Reading {
    engine: Engine,
    wanted: Wanted,
    extent: Extent,
    cursor: Cursor,
    left: u64,
    page: Page,
    at: usize,
    stage: Stage,
    /// What is to be said before anything else.
    messages: VecDeque<Content>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Begin,
    /// Nothing was read yet.
    First,
    Rest,
    Over,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<Content>, Status> {
        loop {
            if let Some(message) = self.messages.pop_front() {
                return Ok(Some(message));
            }
            match self.stage {
                Stage::Over => return Ok(None),
                Stage::Begin => {
                    check_readable(&self.engine, &self.wanted.source).await?;
                    self.stage = Stage::First;
                }
                Stage::First | Stage::Rest => self.advance().await?,
            }
        }
    }

    async fn advance(&mut self) -> Result<(), Status> {
        if self.left == 0 {
            return self.finish().await;
        }
        let Some(event) = self.page.get(self.at).cloned() else {
            return self.turn().await;
        };
        self.at += 1;
        if self.stage == Stage::First {
            self.stage = Stage::Rest;
            self.announce_first(&event);
        }
        if let Some(filtering) = &self.wanted.filtering
            && !filtering.filter.matches(&event)?
        {
            return Ok(());
        }
        self.left -= 1;
        let found = self
            .engine
            .found(event, self.wanted.resolve_links)
            .await
            .map_err(|error| status::of_store(&error))?;
        let event = wire::read_event(&found, self.wanted.ids);
        self.messages.push_back(Content::Event(event));
        Ok(())
    }

    async fn turn(&mut self) -> Result<(), Status> {
        let page = self
            .cursor
            .next_page()
            .await
            .map_err(|error| status::of_store(&error))?;
        let Some(page) = page else {
            return self.finish().await;
        };
        self.page = page;
        self.at = 0;
        // A filter that nothing passes must not keep the others waiting.
        tokio::task::yield_now().await;
        Ok(())
    }

    /// A stream of which the beginning is gone is said to begin later.
    fn announce_first(&mut self, event: &RecordedEvent) {
        let asked = match self.extent.from {
            ReadFrom::Start => 0,
            ReadFrom::At(revision) => revision,
            ReadFrom::After(_) | ReadFrom::End => return,
        };
        let revision = event.revision.as_u64();
        let begins_here = revision == 0 || revision > asked;
        if self.wanted.positions
            && begins_here
            && self.extent.direction == Direction::Forwards
            && matches!(self.wanted.source, Source::Stream(_))
        {
            self.messages
                .push_back(Content::FirstStreamPosition(revision));
        }
    }

    async fn finish(&mut self) -> Result<(), Status> {
        let nothing = self.stage == Stage::First;
        self.stage = Stage::Over;
        let last = match self.wanted.source.clone() {
            Source::All if self.wanted.positions => self.last_of_all().await?,
            Source::Stream(stream) if nothing || self.wanted.positions => {
                self.last_of(&stream, nothing).await?
            }
            Source::All | Source::Stream(_) => None,
        };
        self.messages.extend(last);
        Ok(())
    }

    async fn last_of_all(&mut self) -> Result<Option<Content>, Status> {
        let head = self
            .engine
            .head()
            .await
            .map_err(|error| status::of_store(&error))?;
        Ok(head.map(|head| {
            Content::LastAllStreamPosition(AllStreamPosition {
                commit_position: head.as_u64(),
                prepare_position: head.as_u64(),
            })
        }))
    }

    async fn last_of(
        &mut self,
        stream: &StreamName,
        nothing: bool,
    ) -> Result<Option<Content>, Status> {
        let info = self
            .engine
            .stream_info(stream)
            .await
            .map_err(|error| status::of_store(&error))?;
        if info.tombstoned {
            return Err(status::stream_deleted(stream.as_str()));
        }
        Ok(match info.head() {
            None if nothing => Some(Content::StreamNotFound(StreamNotFound {
                stream_identifier: Some(wire::stream_identifier(stream)),
            })),
            Some(last) if self.wanted.positions => Some(Content::LastStreamPosition(last.as_u64())),
            _ => None,
        })
    }
}

/// The metadata of a tombstoned stream may be written, and not be read.
pub(super) async fn check_readable(engine: &Engine, source: &Source) -> Result<(), Status> {
    let Source::Stream(stream) = source else {
        return Ok(());
    };
    let Some(of) = stream.metadata_of() else {
        return Ok(());
    };
    let info = engine
        .stream_info(&of)
        .await
        .map_err(|error| status::of_store(&error))?;
    if info.tombstoned {
        return Err(status::stream_deleted(stream.as_str()));
    }
    Ok(())
}
