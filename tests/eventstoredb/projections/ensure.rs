use async_trait::async_trait;
use plumberd::{
    backend::memory::Memory,
    event::EventType,
    server_projection::{
        EnsureError, EnsureProjections, Ensured, JoinProjection, ProjectionQuery, query_hash,
    },
    store::{
        EventStore, EventStoreExt, ServerProjectionError, ServerProjectionState,
        ServerProjectionStatus, ServerProjections,
    },
    stream::StreamName,
};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};

/// A server that does as it is told, and keeps a list.
#[derive(Debug, Clone, Default)]
struct Server {
    streams: Memory,
    told: Arc<Mutex<Told>>,
}

#[derive(Debug, Default)]
struct Told {
    calls: Vec<String>,
    projections: HashMap<String, Projection>,
    /// What the next updates fail with.
    failures: VecDeque<ServerProjectionError>,
    /// How often the status is on its way from one state to another.
    changing: VecDeque<()>,
    /// Whether another process with another text claims the projection and stops
    /// it just before its status is told.
    rival: bool,
    /// Whether a name that is taken is refused without saying why.
    vague: bool,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Projection {
    text: String,
    emit: bool,
    enabled: bool,
    faulted: bool,
}

fn deadline() -> ServerProjectionError {
    ServerProjectionError::Deadline {
        backend: "the fake",
        source: "late".into(),
    }
}

fn failed() -> ServerProjectionError {
    ServerProjectionError::Backend {
        backend: "the fake",
        source: "no".into(),
    }
}

impl Server {
    fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.told.lock().unwrap().calls)
    }

    fn projection(&self, name: &str) -> Option<Projection> {
        self.told.lock().unwrap().projections.get(name).cloned()
    }

    fn change(
        &self,
        call: &str,
        name: &str,
        change: impl FnOnce(&mut Projection),
    ) -> Result<(), ServerProjectionError> {
        let mut told = self.told.lock().unwrap();
        told.calls.push(call.to_owned());
        let found = told.projections.get_mut(name);
        change(found.ok_or_else(|| ServerProjectionError::NotFound { name: name.into() })?);
        Ok(())
    }

    /// What another process does first that brings another text.
    async fn claim(&self, name: &str) {
        let output = StreamName::raw(name).unwrap();
        let (mut metadata, revision) = self.streams.stream_metadata(&output).await.unwrap();
        metadata.other.remove("mp_query_hash");
        metadata.other.insert("mp_query_update", "another").unwrap();
        let written = self
            .streams
            .set_stream_metadata(&output, revision, &metadata);
        written.await.unwrap();
        self.change("disable by another", name, |projection| {
            projection.enabled = false;
        })
        .unwrap();
    }

    async fn hash(&self, output: &str) -> Option<String> {
        let output = StreamName::raw(output).unwrap();
        let (metadata, _) = self.streams.stream_metadata(&output).await.unwrap();
        metadata.other.get_str("mp_query_hash")
    }
}

#[async_trait]
impl ServerProjections for Server {
    fn streams(&self) -> &dyn EventStore {
        &self.streams
    }

    async fn create(&self, name: &str, query: &str) -> Result<(), ServerProjectionError> {
        // Others get their turn between two calls.
        tokio::task::yield_now().await;
        let mut told = self.told.lock().unwrap();
        told.calls.push("create".into());
        if told.projections.contains_key(name) {
            return Err(if told.vague {
                failed()
            } else {
                ServerProjectionError::Exists { name: name.into() }
            });
        }
        let projection = Projection {
            text: query.into(),
            emit: false,
            enabled: true,
            faulted: false,
        };
        told.projections.insert(name.into(), projection);
        Ok(())
    }

    async fn update(
        &self,
        name: &str,
        query: &str,
        emit: bool,
    ) -> Result<(), ServerProjectionError> {
        tokio::task::yield_now().await;
        let failure = self.told.lock().unwrap().failures.pop_front();
        self.change("update", name, |_| {})?;
        match failure {
            Some(failure) => Err(failure),
            None => self.told.lock().unwrap().projections.get_mut(name).map_or(
                Err(failed()),
                |projection| {
                    query.clone_into(&mut projection.text);
                    projection.emit = emit;
                    Ok(())
                },
            ),
        }
    }

    async fn enable(&self, name: &str) -> Result<(), ServerProjectionError> {
        tokio::task::yield_now().await;
        self.change("enable", name, |projection| {
            projection.enabled = true;
            projection.faulted = false;
        })
    }

    async fn disable(&self, name: &str) -> Result<(), ServerProjectionError> {
        tokio::task::yield_now().await;
        self.change("disable", name, |projection| projection.enabled = false)
    }

    async fn delete(&self, name: &str) -> Result<(), ServerProjectionError> {
        self.told.lock().unwrap().projections.remove(name);
        Ok(())
    }

    async fn status(
        &self,
        name: &str,
    ) -> Result<Option<ServerProjectionStatus>, ServerProjectionError> {
        tokio::task::yield_now().await;
        if std::mem::take(&mut self.told.lock().unwrap().rival) {
            self.claim(name).await;
        }
        Ok(self.projection(name).map(|projection| {
            let (state, text) = if self.told.lock().unwrap().changing.pop_front().is_some() {
                (ServerProjectionState::Changing, "Stopping")
            } else if projection.faulted {
                (ServerProjectionState::Faulted, "Faulted")
            } else if projection.enabled {
                (ServerProjectionState::Running, "Running")
            } else {
                (ServerProjectionState::Stopped, "Stopped")
            };
            ServerProjectionStatus::new(name, state, text)
        }))
    }
}

fn tasks() -> StreamName {
    StreamName::raw(">Tasks").unwrap()
}

fn types(names: &[&str]) -> Vec<EventType> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn text(names: &[&str]) -> String {
    JoinProjection::new(tasks(), types(names))
        .unwrap()
        .to_string()
}

async fn ensure(server: &Server, names: &[&str]) -> Result<Ensured, EnsureError> {
    server.ensure_join(&tasks(), &types(names)).await
}

#[tokio::test]
async fn a_projection_is_created_so_that_it_may_write_and_its_hash_is_kept() {
    let server = Server::default();

    let ensured = ensure(&server, &["A", "B"]).await.unwrap();

    assert_eq!(ensured, Ensured::Created);
    assert_eq!(server.calls(), ["create", "disable", "update", "enable"]);
    let expected = Projection {
        text: text(&["A", "B"]),
        emit: true,
        enabled: true,
        faulted: false,
    };
    assert_eq!(server.projection(">Tasks"), Some(expected));
    assert_eq!(
        server.hash(">Tasks").await,
        Some(query_hash(&text(&["A", "B"])))
    );
}

#[tokio::test]
async fn a_projection_that_another_process_has_stopped_to_replace_is_not_let_run_under_it() {
    let server = Server::default();
    ensure(&server, &["A"]).await.unwrap();
    server.calls();
    server.told.lock().unwrap().rival = true;

    let ensured = ensure(&server, &["A"]).await.unwrap();

    assert_eq!(ensured, Ensured::Updated);
    assert_eq!(server.calls(), ["disable by another", "update", "enable"]);
    assert_eq!(server.hash(">Tasks").await, Some(query_hash(&text(&["A"]))));
}

#[tokio::test]
async fn an_unchanged_projection_is_left_alone() {
    let server = Server::default();
    ensure(&server, &["A"]).await.unwrap();
    server.calls();

    let ensured = ensure(&server, &["A"]).await.unwrap();

    assert_eq!(ensured, Ensured::Unchanged);
    assert_eq!(server.calls(), [""; 0]);
}

#[tokio::test]
async fn a_projection_that_stands_still_is_let_run_again() {
    for faulted in [false, true] {
        let server = Server::default();
        ensure(&server, &["A"]).await.unwrap();
        if faulted {
            let mut told = server.told.lock().unwrap();
            told.projections.get_mut(">Tasks").unwrap().faulted = true;
        } else {
            server.disable(">Tasks").await.unwrap();
        }
        server.calls();

        let ensured = ensure(&server, &["A"]).await.unwrap();

        assert_eq!(ensured, Ensured::Started);
        assert_eq!(server.calls(), ["enable"]);
        let status = server.status(">Tasks").await.unwrap().unwrap();
        assert_eq!(status.state, ServerProjectionState::Running);
    }
}

#[tokio::test(start_paused = true)]
async fn a_projection_that_is_being_stopped_is_waited_for_and_let_run_again() {
    let server = Server::default();
    ensure(&server, &["A"]).await.unwrap();
    server.disable(">Tasks").await.unwrap();
    server.calls();
    server.told.lock().unwrap().changing = [(); 3].into();

    let ensured = ensure(&server, &["A"]).await.unwrap();

    assert_eq!(ensured, Ensured::Started);
    assert!(server.projection(">Tasks").unwrap().enabled);
    // One that never ends is left to itself.
    server.told.lock().unwrap().changing = [(); 100].into();
    assert_eq!(ensure(&server, &["A"]).await.unwrap(), Ensured::Unchanged);
}

#[tokio::test(start_paused = true)]
async fn what_a_process_that_died_left_is_repaired_by_the_next() {
    let turns = |count: usize| async move {
        for _ in 0..count {
            tokio::task::yield_now().await;
        }
    };
    for (begins, lives) in (0..12).flat_map(|begins| (0..30).map(move |lives| (begins, lives))) {
        let server = Server::default();
        let stays = ensure(&server, &["A"]);
        let dies = async {
            turns(begins).await;
            tokio::select! {
                biased;
                _ = ensure(&server, &["A"]) => {}
                () = turns(lives) => {}
            }
        };
        let (stays, ()) = tokio::join!(stays, dies);
        stays.unwrap();

        ensure(&server, &["A"]).await.unwrap();

        let expected = Projection {
            text: text(&["A"]),
            emit: true,
            enabled: true,
            faulted: false,
        };
        let left = server.projection(">Tasks");
        assert_eq!(left, Some(expected), "began at {begins}, lived {lives}");
    }
}

#[tokio::test]
async fn another_text_replaces_the_old_one() {
    let server = Server::default();
    ensure(&server, &["A"]).await.unwrap();
    server.calls();

    let ensured = ensure(&server, &["A", "B"]).await.unwrap();

    assert_eq!(ensured, Ensured::Updated);
    assert_eq!(server.calls(), ["disable", "update", "enable"]);
    assert_eq!(server.projection(">Tasks").unwrap().text, text(&["A", "B"]));
    assert_eq!(
        server.hash(">Tasks").await,
        Some(query_hash(&text(&["A", "B"])))
    );
}

#[tokio::test]
async fn a_stopped_projection_is_not_stopped_again() {
    let server = Server::default();
    ensure(&server, &["A"]).await.unwrap();
    server.disable(">Tasks").await.unwrap();
    server.calls();

    ensure(&server, &["B"]).await.unwrap();

    assert_eq!(server.calls(), ["update", "enable"]);
    assert!(server.projection(">Tasks").unwrap().enabled);
}

#[tokio::test]
async fn a_hash_without_its_projection_is_no_projection() {
    let server = Server::default();
    ensure(&server, &["A"]).await.unwrap();
    server.delete(">Tasks").await.unwrap();

    assert_eq!(ensure(&server, &["A"]).await.unwrap(), Ensured::Created);
    assert!(server.projection(">Tasks").unwrap().emit);
}

#[tokio::test]
async fn other_metadata_of_the_output_stays() {
    let server = Server::default();
    let output = tasks();
    let (mut metadata, expected) = server.streams.stream_metadata(&output).await.unwrap();
    metadata.max_count = Some(7);
    metadata.other.insert("Owner", "Ada").unwrap();
    server
        .streams
        .set_stream_metadata(&output, expected, &metadata)
        .await
        .unwrap();

    ensure(&server, &["A"]).await.unwrap();

    let (kept, _) = server.streams.stream_metadata(&output).await.unwrap();
    assert_eq!(kept.max_count, Some(7));
    assert_eq!(kept.other.get_str("Owner").as_deref(), Some("Ada"));
    assert_eq!(kept.other.len(), 2, "nothing but the hash is added");
}

#[tokio::test(start_paused = true)]
async fn an_update_that_is_late_is_tried_ten_times_and_no_more() {
    let server = Server::default();
    server.told.lock().unwrap().failures = (0..9).map(|_| deadline()).collect();
    assert_eq!(ensure(&server, &["A"]).await.unwrap(), Ensured::Created);
    let updates = |calls: Vec<String>| calls.iter().filter(|call| *call == "update").count();
    assert_eq!(updates(server.calls()), 10);

    server.told.lock().unwrap().failures = (0..20).map(|_| deadline()).collect();
    let late = ensure(&server, &["B"]).await;

    assert!(matches!(
        late,
        Err(EnsureError::Projection(
            ServerProjectionError::Deadline { .. }
        ))
    ));
    assert_eq!(updates(server.calls()), 10);
}

#[tokio::test]
async fn an_update_that_is_refused_is_not_tried_again_and_leaves_the_projection_running() {
    let server = Server::default();
    ensure(&server, &["A"]).await.unwrap();
    server.told.lock().unwrap().failures = [failed()].into();
    server.calls();

    let refused = ensure(&server, &["B"]).await;

    assert!(matches!(
        refused,
        Err(EnsureError::Projection(
            ServerProjectionError::Backend { .. }
        ))
    ));
    assert_eq!(server.calls(), ["disable", "update", "enable"]);
    assert!(server.projection(">Tasks").unwrap().enabled);
    // The hash of neither text is kept: the next attempt does not believe it.
    assert_eq!(server.hash(">Tasks").await, None);
    assert_eq!(ensure(&server, &["A"]).await.unwrap(), Ensured::Updated);
}

#[tokio::test]
async fn a_name_that_is_taken_is_no_failure_also_where_the_server_has_no_code_for_it() {
    for vague in [false, true] {
        let server = Server::default();
        server.told.lock().unwrap().vague = vague;
        let mut racing: Vec<_> = Vec::new();
        for _ in 0..2 {
            let server = server.clone();
            racing.push(tokio::spawn(async move { ensure(&server, &["A"]).await }));
        }
        for process in racing {
            process.await.unwrap().unwrap();
        }
        let projection = server.projection(">Tasks").unwrap();
        assert!(projection.emit && projection.enabled);
        assert!(server.hash(">Tasks").await.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn processes_with_different_texts_leave_one_of_them_with_its_own_hash() {
    for round in 0..50_u64 {
        let server = Server::default();
        let racing: Vec<_> = ["A", "B", "C"]
            .into_iter()
            .enumerate()
            .map(|(index, name)| {
                let server = server.clone();
                tokio::spawn(async move {
                    for _ in 0..(round * (index as u64 + 1)) % 17 {
                        tokio::task::yield_now().await;
                    }
                    ensure(&server, &[name]).await
                })
            })
            .collect();
        for process in racing {
            process.await.unwrap().unwrap();
        }

        let projection = server.projection(">Tasks").unwrap();

        assert!(projection.emit && projection.enabled);
        assert_eq!(
            server.hash(">Tasks").await,
            Some(query_hash(&projection.text)),
            "in round {round}"
        );
    }
}

#[tokio::test]
async fn what_would_be_another_program_never_reaches_the_server() {
    let server = Server::default();
    let output = StreamName::raw("x', e); emit('y").unwrap();

    let refused = server.ensure_join(&output, &types(&["A"])).await;

    assert!(matches!(refused, Err(EnsureError::Invalid(_))));
    assert!(matches!(
        server.ensure_join(&tasks(), &[]).await,
        Err(EnsureError::Invalid(_))
    ));
    assert!(matches!(
        server.ensure_lookup("Order", "Id) x(", "By").await,
        Err(EnsureError::Invalid(_))
    ));
    assert_eq!(server.calls(), [""; 0]);
}

#[tokio::test]
async fn a_lookup_is_named_by_the_category_it_fills() {
    let server = Server::default();

    server
        .ensure_lookup("Order", "CustomerId", "By")
        .await
        .unwrap();

    let query = server.projection("By").unwrap().text;
    assert!(matches!(
        ProjectionQuery::recognise(&query),
        Some(ProjectionQuery::Lookup(_))
    ));
    assert_eq!(server.hash("By").await, Some(query_hash(&query)));
}
