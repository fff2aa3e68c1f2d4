//! Groups that are made, changed and deleted while they work.

use super::peer::*;
use crate::streams::wire::in_time;
use plumberd_testkit::esdb::{
    EsdbServerConfig,
    proto::{
        Empty,
        persistent_subscriptions::{Settings, SubscriptionInfo},
    },
};
use plumberd_tests::TempFolder;
use std::{collections::BTreeSet, time::Duration};
use tonic::Code;

#[tokio::test]
async fn a_change_that_is_cut_off_leaves_a_group_that_works() -> TestResult {
    // Where there is a file, a change waits now and then, and can be cut there.
    let folder = TempFolder::new();
    let config = EsdbServerConfig::new().with_file(folder.path().join("streams.db"));
    let mut peer = Peer::with(config).await?;
    peer.write("Order-1", 1).await?;
    peer.create(Source::Stream("Order-1"), "g", settings())
        .await?;
    for round in 0..100 {
        let mut groups = peer.groups.clone();
        let change = update(Source::Stream("Order-1"), "g", settings());
        let changing = tokio::spawn(async move { groups.update(change).await.map(drop) });
        tokio::time::sleep(Duration::from_micros(round * 50)).await;
        peer.server().faults().drop_connections();
        let _ = changing.await;
        peer.again().await?;
        in_time(peer.info("Order-1", "g")).await?;
    }
    let mut consumer = peer.consume("Order-1", "g", 10).await?;
    assert_eq!(revision(&consumer.take().await?), 0);
    Ok(())
}

#[tokio::test]
async fn a_group_that_cannot_be_kept_is_not_created() -> TestResult {
    let mut config = EsdbServerConfig::new();
    config.max_append_size = 1_500;
    let mut peer = Peer::with(config).await?;
    let mut names = BTreeSet::new();
    let refused = loop {
        let name = format!("g{}", names.len());
        match peer
            .create(Source::Stream("Order-1"), &name, settings())
            .await
        {
            Ok(()) => names.insert(name),
            Err(_) => break name,
        };
    };
    assert!(!names.is_empty());
    let listed = |infos: Vec<SubscriptionInfo>| -> BTreeSet<String> {
        infos.into_iter().map(|info| info.group_name).collect()
    };
    let missing = peer.info("Order-1", &refused).await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
    assert_eq!(listed(peer.list().await?), names);
    peer.server().restart().await?;
    peer.again().await?;
    assert_eq!(listed(peer.list().await?), names);
    Ok(())
}

#[tokio::test]
async fn a_change_that_cannot_be_kept_changes_nothing() -> TestResult {
    let mut config = EsdbServerConfig::new();
    config.max_append_size = 1_000;
    let mut peer = Peer::with(config).await?;
    let stream = || Source::Stream("Order-1");
    let short = Settings {
        max_retry_count: 1,
        ..settings()
    };
    peer.create(stream(), "g", short).await?;
    // The longest name that fits leaves no room for longer numbers.
    let mut filler = "x".repeat(800);
    while peer.create(stream(), &filler, settings()).await.is_err() {
        filler.pop().expect("one fits");
    }
    peer.write("Order-1", 1).await?;
    let mut consumer = peer.consume("Order-1", "g", 10).await?;
    let long = Settings {
        max_retry_count: i32::MAX,
        ..settings()
    };
    let changed = peer.update(stream(), "g", long);
    changed.await.unwrap_err();
    assert_eq!(peer.info("Order-1", "g").await?.max_retry_count, 1);
    // Its consumer has not noticed.
    assert_eq!(revision(&consumer.take().await?), 0);
    Ok(())
}

#[tokio::test]
async fn a_group_that_has_done_nothing_begins_where_a_change_says() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", 3).await?;
    peer.create(Source::StreamFromEnd("Order-1"), "g", settings())
        .await?;
    peer.update(Source::Stream("Order-1"), "g", settings())
        .await?;
    let mut consumer = peer.consume("Order-1", "g", 10).await?;
    assert_eq!(revision(&consumer.take().await?), 0);
    Ok(())
}

#[tokio::test]
async fn a_group_that_has_done_something_goes_on_after_a_change() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", 3).await?;
    peer.create(Source::Stream("Order-1"), "g", settings())
        .await?;
    let mut consumer = peer.consume("Order-1", "g", 10).await?;
    for expected in 0..2 {
        assert_eq!(revision(&consumer.take().await?), expected);
    }
    peer.info_when("Order-1", "g", |info| info.total_in_flight_messages == 1)
        .await?;
    peer.update(Source::Stream("Order-1"), "g", settings())
        .await?;
    let mut consumer = peer.consume("Order-1", "g", 10).await?;
    assert_eq!(revision(&consumer.take().await?), 2);
    Ok(())
}

#[tokio::test]
async fn a_group_that_is_deleted_while_groups_are_listed_is_left_out() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.create(Source::Stream("Order-1"), "stays", settings())
        .await?;
    for _ in 0..60 {
        for group in ["a", "b", "c"] {
            peer.create(Source::Stream("Order-1"), group, settings())
                .await?;
        }
        let mut groups = peer.groups.clone();
        let deleting = tokio::spawn(async move {
            for group in ["c", "b", "a"] {
                groups.delete(delete("Order-1", group)).await?;
            }
            Ok::<_, tonic::Status>(())
        });
        while !deleting.is_finished() {
            let listed = in_time(peer.list()).await?;
            assert!(listed.iter().any(|info| info.group_name == "stays"));
        }
        deleting.await??;
    }
    Ok(())
}

#[tokio::test]
async fn a_restart_of_the_subsystem_keeps_every_group_and_where_it_was() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", 3).await?;
    let orders = Source::All(Some(filter("^Order-", &[])));
    peer.create(orders, "everything", settings()).await?;
    peer.create(Source::Stream("Order-1"), "g", settings())
        .await?;
    let mut consumer = peer.consume("Order-1", "g", 10).await?;
    assert_eq!(revision(&consumer.take().await?), 0);
    peer.info_when("Order-1", "g", |info| info.total_in_flight_messages == 2)
        .await?;
    peer.groups.restart_subsystem(Empty {}).await?;
    assert_eq!(consumer.ending().await.code(), Code::Cancelled);
    let mut consumer = peer.consume("Order-1", "g", 10).await?;
    assert_eq!(revision(&consumer.take().await?), 1);
    let mut consumer = peer.consume("$all", "everything", 10).await?;
    assert_eq!(revision(&consumer.take().await?), 0);
    Ok(())
}

#[tokio::test]
async fn groups_that_an_older_kit_has_kept_are_there() -> TestResult {
    use crate::streams::wire::{any, proposed};

    let mut peer = Peer::start().await?;
    let entry = |group: &str, filter: &str| {
        format!(
            r#"{{"stream":"$all","group":"{group}","filter":{filter},"startFrom":"start",
                "beginAfter":null,"resolveLinkTos":false,"extraStatistics":false,
                "messageTimeout":30000,"maxRetryCount":10,"checkPointAfter":2000,
                "minCheckPointCount":10,"maxCheckPointCount":1000,"maxSubscriberCount":0,
                "liveBufferSize":500,"readBatchSize":20,"historyBufferSize":500,
                "namedConsumerStrategy":"RoundRobin"}}"#
        )
    };
    let by_pattern = entry("pattern", r#"{"by":"stream","regex":"^Order-"}"#);
    let by_prefix = entry("prefix", r#"{"by":"stream","prefixes":["Order-"]}"#);
    let mut event = proposed("$PersistentConfig");
    event.data = format!(r#"{{"version":"2","entries":[{by_pattern},{by_prefix}]}}"#).into();
    let config = "$persistentSubscriptionConfig";
    peer.streams.append(config, any(), vec![event]).await?;
    peer.write("Other-1", 1).await?;
    peer.write("Order-1", 1).await?;
    for group in ["pattern", "prefix"] {
        let mut consumer = peer.consume("$all", group, 10).await?;
        let event = consumer.take().await?.event.unwrap();
        assert_eq!(event.stream_identifier.unwrap().stream_name, "Order-1");
    }
    Ok(())
}
