use super::peer::{Links, Peer, TestResult, number};
use eventstore::{
    CreateProjectionOptions, DeleteProjectionOptions, Error, GenericProjectionOptions,
    UpdateProjectionOptions,
};
use plumberd::{
    BoxError,
    server_projection::{JoinProjection, LookupProjection},
    stream::StreamName,
};
use plumberd_testkit::esdb::proto::{
    Empty,
    projections::{
        CreateReq, DisableReq, ResetReq, StatisticsReq, create_req, disable_req, reset_req,
        statistics_req,
    },
};
use serde_json::{Value, json};
use std::{collections::HashSet, time::Duration};

fn join(types: &[&str]) -> String {
    let output = StreamName::raw(">Tasks").unwrap();
    let types = types.iter().map(|name| name.parse().unwrap());
    JoinProjection::new(output, types).unwrap().to_string()
}

fn options() -> GenericProjectionOptions {
    GenericProjectionOptions::default()
}

impl Peer {
    async fn create(&self, name: &str, query: String) -> TestResult {
        let options = CreateProjectionOptions::default().emit(true);
        Ok(self.projections.create(name, query, &options).await?)
    }

    async fn status(&self, name: &str) -> Result<String, BoxError> {
        let status = self.projections.get_status(name, &options()).await?;
        Ok(status.ok_or("no status")?.status)
    }
}

/// The n-th event of one stream, in the order of the links.
fn in_order(stream: &str, count: usize) -> Links {
    (0..count)
        .map(|n| (n as u64, format!("{n}@{stream}")))
        .collect()
}

#[tokio::test]
async fn a_join_links_what_was_there_and_what_comes_in_one_order() -> TestResult {
    for peer in Peer::each().await? {
        peer.write("Task-1", "Created", number(0)).await?;
        peer.write("Task-1", "Renamed", number(1)).await?;
        peer.write("Task-1", "Completed", number(2)).await?;
        peer.create(">Tasks", join(&["Created", "Completed"]))
            .await?;
        peer.await_links(">Tasks", 2).await?;
        peer.write("Task-2", "Created", number(3)).await?;

        let links = peer.await_links(">Tasks", 3).await?;

        let targets: Vec<_> = links.iter().map(|(_, target)| target.as_str()).collect();
        assert_eq!(targets, ["0@Task-1", "2@Task-1", "0@Task-2"]);
        assert_eq!(peer.status(">Tasks").await?, "Running");
    }
    Ok(())
}

#[tokio::test]
async fn a_join_goes_on_after_a_restart_without_loss_or_repetition() -> TestResult {
    for mut peer in Peer::each().await? {
        peer.create(">Tasks", join(&["Created"])).await?;
        for round in 0..4 {
            for count in 0..120 {
                peer.write("Task-1", "Created", number(round * 120 + count))
                    .await?;
            }
            // Wherever it has come to.
            peer.restart().await?;
        }
        peer.write("Task-1", "Created", number(480)).await?;

        let links = peer.await_links(">Tasks", 481).await?;

        assert_eq!(links, in_order("Task-1", 481));
    }
    Ok(())
}

#[tokio::test]
async fn a_disabled_projection_writes_nothing_and_goes_on_when_it_is_enabled() -> TestResult {
    for mut peer in Peer::each().await? {
        peer.create(">Tasks", join(&["Created"])).await?;
        peer.write("Task-1", "Created", number(0)).await?;
        peer.await_links(">Tasks", 1).await?;

        peer.projections.disable(">Tasks", &options()).await?;
        peer.write("Task-1", "Created", number(1)).await?;
        peer.restart().await?;

        assert_eq!(peer.status(">Tasks").await?, "Stopped");
        assert_eq!(peer.links(">Tasks").await?, in_order("Task-1", 1));
        peer.projections.disable(">Tasks", &options()).await?;
        peer.projections.enable(">Tasks", &options()).await?;
        peer.projections.enable(">Tasks", &options()).await?;
        assert_eq!(peer.await_links(">Tasks", 2).await?, in_order("Task-1", 2));
    }
    Ok(())
}

#[tokio::test]
async fn a_projection_that_may_not_write_stands_still_until_it_may() -> TestResult {
    let peer = Peer::start().await?;
    let silent = CreateProjectionOptions::default();
    peer.projections
        .create(">Tasks", join(&["Created"]), &silent)
        .await?;
    peer.write("Task-1", "Created", number(0)).await?;
    while peer.status(">Tasks").await? == "Running" {
        tokio::task::yield_now().await;
    }
    let status = peer
        .projections
        .get_status(">Tasks", &options())
        .await?
        .unwrap();
    assert_eq!(status.status, "Faulted (Enabled)");
    assert!(
        status.state_reason.contains("emit"),
        "{}",
        status.state_reason
    );
    assert!(peer.links(">Tasks").await.is_err());

    peer.projections.disable(">Tasks", &options()).await?;
    let emit = UpdateProjectionOptions::default().emit(true);
    peer.projections
        .update(">Tasks", join(&["Created"]), &emit)
        .await?;
    peer.projections.enable(">Tasks", &options()).await?;

    assert_eq!(peer.await_links(">Tasks", 1).await?, in_order("Task-1", 1));
    Ok(())
}

#[tokio::test]
async fn another_text_links_what_it_finds_new_and_nothing_twice() -> TestResult {
    let peer = Peer::start().await?;
    for count in 0..10 {
        let event_type = if count % 2 == 0 {
            "Created"
        } else {
            "Completed"
        };
        peer.write("Task-1", event_type, number(count)).await?;
    }
    peer.create(">Tasks", join(&["Created"])).await?;
    peer.await_links(">Tasks", 5).await?;

    let options = UpdateProjectionOptions::default();
    peer.projections
        .update(">Tasks", join(&["Created", "Completed"]), &options)
        .await?;
    peer.write("Task-1", "Created", number(10)).await?;

    let links = peer.await_links(">Tasks", 11).await?;
    let distinct: HashSet<_> = links.iter().map(|(_, target)| target).collect();
    assert_eq!((links.len(), distinct.len()), (11, 11));
    Ok(())
}

#[tokio::test]
async fn a_projection_that_is_reset_or_made_anew_links_nothing_twice() -> TestResult {
    for peer in Peer::each().await? {
        for count in 0..300 {
            peer.write("Task-1", "Created", number(count)).await?;
        }
        peer.create(">Tasks", join(&["Created"])).await?;
        peer.await_links(">Tasks", 300).await?;

        peer.projections.reset(">Tasks", &options()).await?;
        peer.write("Task-1", "Created", number(300)).await?;
        assert_eq!(
            peer.await_links(">Tasks", 301).await?,
            in_order("Task-1", 301)
        );

        peer.projections.disable(">Tasks", &options()).await?;
        let keep = DeleteProjectionOptions::default();
        peer.projections.delete(">Tasks", &keep).await?;
        peer.create(">Tasks", join(&["Created"])).await?;
        peer.write("Task-1", "Created", number(301)).await?;
        assert_eq!(
            peer.await_links(">Tasks", 302).await?,
            in_order("Task-1", 302)
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_lookup_sorts_a_category_by_a_property() -> TestResult {
    for peer in Peer::each().await? {
        let owners: [Value; 8] = [
            json!("Ada"),
            json!(""),
            json!(null),
            json!(42),
            json!(1.50),
            json!(true),
            json!({}),
            json!("Ada"),
        ];
        for (index, owner) in owners.into_iter().enumerate() {
            let data = json!({ "Owner": owner, "Number": index });
            peer.write(&format!("Order-{index}"), "Placed", data)
                .await?;
        }
        peer.write("Other-1", "Placed", json!({ "Owner": "Ada" }))
            .await?;
        let lookup = LookupProjection::new("Order", "Owner", "OrdersOf")?;

        peer.create("OrdersOf", lookup.to_string()).await?;

        let links = peer.await_links("OrdersOf-Ada", 2).await?;
        assert_eq!(
            links,
            [(0, "0@Order-0".to_owned()), (1, "0@Order-7".to_owned())]
        );
        for (stream, target) in [
            ("OrdersOf-42", "0@Order-3"),
            ("OrdersOf-1.5", "0@Order-4"),
            ("OrdersOf-true", "0@Order-5"),
        ] {
            assert_eq!(peer.await_links(stream, 1).await?, [(0, target.to_owned())]);
        }
        assert_eq!(peer.links("$ce-OrdersOf").await?.len(), 5);
    }
    Ok(())
}

#[tokio::test]
async fn events_that_are_gone_are_passed_over() -> TestResult {
    let peer = Peer::start().await?;
    peer.write("Task-1", "Created", number(0)).await?;
    peer.write("Task-2", "Created", number(1)).await?;
    let anything = eventstore::DeleteStreamOptions::default();
    peer.client.delete_stream("Task-1", &anything).await?;

    peer.create(">Tasks", join(&["Created"])).await?;

    let links = peer.await_links(">Tasks", 1).await?;
    assert_eq!(links, [(0, "0@Task-2".to_owned())]);
    Ok(())
}

#[tokio::test]
async fn the_server_says_what_it_recognises() -> TestResult {
    let peer = Peer::start().await?;
    let mut raw = peer.raw().await?;
    let continuous = create_req::options::Continuous {
        name: "Mine".into(),
        track_emitted_streams: false,
    };
    let create = |query: &str| CreateReq {
        options: Some(create_req::Options {
            query: query.into(),
            mode: Some(create_req::options::Mode::Continuous(continuous.clone())),
        }),
    };

    let refused = raw
        .create(create("fromAll().outputState()"))
        .await
        .unwrap_err();

    assert_eq!(refused.code(), tonic::Code::Unimplemented);
    assert!(
        refused.message().contains("micro-plumberd"),
        "{}",
        refused.message()
    );
    raw.create(create(&join(&["Created"]))).await?;
    let refused = raw.create(create(&join(&["Created"]))).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::AlreadyExists);
    let once = CreateReq {
        options: Some(create_req::Options {
            query: join(&["Created"]),
            mode: Some(create_req::options::Mode::Transient(
                create_req::options::Transient { name: "X".into() },
            )),
        }),
    };
    let refused = raw.create(once).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Unimplemented);
    Ok(())
}

#[tokio::test]
async fn a_name_that_is_not_there_is_not_found() -> TestResult {
    let peer = Peer::start().await?;
    let name = "Nobody";
    let projections = &peer.projections;
    let update = UpdateProjectionOptions::default();
    let results = [
        projections.enable(name, &options()).await,
        projections.disable(name, &options()).await,
        projections.abort(name, &options()).await,
        projections.reset(name, &options()).await,
        projections.update(name, join(&["A"]), &update).await,
        projections
            .delete(name, &DeleteProjectionOptions::default())
            .await,
        projections.get_status(name, &options()).await.map(drop),
    ];
    for result in results {
        assert!(matches!(result, Err(Error::ResourceNotFound)), "{result:?}");
    }
    let mut raw = peer.raw().await?;
    let refused = raw.disable(DisableReq {
        options: Some(disable_req::Options {
            name: name.into(),
            write_checkpoint: true,
        }),
    });
    let refused = refused.await.unwrap_err();
    assert!(refused.message().contains("Nobody"));
    // A request without its options is the caller's mistake, not a crash.
    let refused = raw.disable(DisableReq { options: None }).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::InvalidArgument);
    Ok(())
}

#[tokio::test]
async fn the_servers_own_projections_are_listed_and_always_run() -> TestResult {
    let peer = Peer::start().await?;
    peer.create(">Tasks", join(&["Created"])).await?;
    let mut raw = peer.raw().await?;
    let all = StatisticsReq {
        options: Some(statistics_req::Options {
            mode: Some(statistics_req::options::Mode::All(Empty {})),
        }),
    };
    let mut answers = raw.statistics(all).await?.into_inner();
    let mut names = Vec::new();
    while let Some(answer) = answers.message().await? {
        let details = answer.details.unwrap();
        assert_eq!(
            (details.status.as_str(), details.mode.as_str()),
            ("Running", "Continuous")
        );
        names.push(details.name);
    }
    assert_eq!(
        names,
        [
            "$by_category",
            "$by_correlation_id",
            "$by_event_type",
            "$streams",
            ">Tasks"
        ]
    );
    let projections = &peer.projections;
    projections.enable("$by_category", &options()).await?;
    let refused = projections.disable("$by_category", &options()).await;
    assert!(matches!(refused, Err(Error::AccessDenied)), "{refused:?}");
    Ok(())
}

#[tokio::test]
async fn a_projection_is_stopped_before_it_is_deleted_and_does_not_come_back() -> TestResult {
    for mut peer in Peer::each().await? {
        let tracking = CreateProjectionOptions::default()
            .track_emitted_streams(true)
            .emit(true);
        peer.projections
            .create(">Tasks", join(&["Created"]), &tracking)
            .await?;
        peer.write("Task-1", "Created", number(0)).await?;
        peer.await_links(">Tasks", 1).await?;
        let with_streams = DeleteProjectionOptions::default().delete_emitted_streams(true);
        assert!(
            peer.projections
                .delete(">Tasks", &with_streams)
                .await
                .is_err()
        );

        peer.projections.disable(">Tasks", &options()).await?;
        peer.projections.delete(">Tasks", &with_streams).await?;
        peer.restart().await?;

        assert!(peer.status(">Tasks").await.is_err());
        assert!(peer.links(">Tasks").await.is_err());
    }
    Ok(())
}

#[tokio::test]
async fn a_projection_keeps_no_state() -> TestResult {
    let peer = Peer::start().await?;
    peer.create(">Tasks", join(&["Created"])).await?;
    let state: Value = peer
        .projections
        .get_state(">Tasks", &eventstore::GetStateProjectionOptions::default())
        .await??;
    let result: Value = peer
        .projections
        .get_result(">Tasks", &eventstore::GetResultProjectionOptions::default())
        .await??;
    assert_eq!((state, result), (json!({}), json!({})));
    peer.projections.restart_subsystem(&options()).await?;
    assert_eq!(peer.status(">Tasks").await?, "Running");
    Ok(())
}

#[tokio::test]
async fn a_change_that_is_cut_off_leaves_a_projection_that_runs() -> TestResult {
    let peer = Peer::on_file().await?;
    peer.create(">Tasks", join(&["Created"])).await?;
    for round in 0..60 {
        let mut projections = peer.raw().await?;
        let reset = ResetReq {
            options: Some(reset_req::Options {
                name: ">Tasks".to_owned(),
                write_checkpoint: false,
            }),
        };
        let changing = tokio::spawn(async move { projections.reset(reset).await.map(drop) });
        tokio::time::sleep(Duration::from_micros(round * 50)).await;
        peer.server.faults().drop_connections();
        let _ = changing.await;
        let options = statistics_req::Options {
            mode: Some(statistics_req::options::Mode::Name(">Tasks".to_owned())),
        };
        let asked = StatisticsReq {
            options: Some(options),
        };
        let mut told = peer.raw().await?.statistics(asked).await?.into_inner();
        let details = told.message().await?.unwrap().details.unwrap();
        assert_eq!(details.status, "Running", "round {round}");
    }
    Ok(())
}
