use super::peer::{Peer, TestResult, next, number};
use eventstore::{
    AppendToStreamOptions, DeleteStreamOptions, Error, EventData, StreamMetadataBuilder,
};
use serde_json::json;

#[tokio::test]
async fn a_category_has_a_link_to_each_event_of_its_streams_in_their_order() -> TestResult {
    for peer in Peer::each().await? {
        peer.write("Account-1", "Opened", number(1)).await?;
        peer.write("Order-1", "Opened", number(2)).await?;
        peer.write("Account-2-b", "Opened", number(3)).await?;
        peer.write("Account-1", "Closed", number(4)).await?;
        peer.write("Accounts", "Counted", number(5)).await?;
        peer.write("-x", "Odd", number(6)).await?;

        assert_eq!(
            peer.resolved("$ce-Account").await?,
            [
                "Opened 0@Account-1",
                "Opened 0@Account-2-b",
                "Closed 1@Account-1"
            ]
        );
        assert_eq!(
            peer.links("$ce-Account").await?,
            [
                (0, "0@Account-1".to_owned()),
                (1, "0@Account-2-b".to_owned()),
                (2, "1@Account-1".to_owned())
            ]
        );
        let missing_stream = peer.resolved("$ce-Nobody").await.unwrap_err();
        assert!(matches!(
            missing_stream.downcast_ref(),
            Some(Error::ResourceNotFound)
        ));
    }
    Ok(())
}

#[tokio::test]
async fn a_type_has_a_link_to_each_event_of_it() -> TestResult {
    let peer = Peer::start().await?;
    peer.write("Account-1", "Opened", number(1)).await?;
    peer.write("Inbox", "Opened", number(2)).await?;
    peer.write("Account-1", "Closed", number(3)).await?;

    assert_eq!(
        peer.resolved("$et-Opened").await?,
        ["Opened 0@Account-1", "Opened 0@Inbox"]
    );
    assert_eq!(peer.resolved("$et-Closed").await?, ["Closed 1@Account-1"]);
    Ok(())
}

#[tokio::test]
async fn a_correlation_has_a_link_to_each_event_that_names_it() -> TestResult {
    let peer = Peer::start().await?;
    let anything = AppendToStreamOptions::default();
    for (stream, correlation) in [
        ("A-1", json!("c-1")),
        ("A-2", json!(7)),
        ("B-1", json!("c-1")),
    ] {
        let event = EventData::json("Done", &json!({}))?
            .metadata_as_json(&json!({ "$correlationId": correlation }))?;
        peer.client
            .append_to_stream(stream, &anything, event)
            .await?;
    }
    let rubbish = EventData::json("Done", &json!({}))?.metadata("{".into());
    peer.client
        .append_to_stream("C-1", &anything, rubbish)
        .await?;

    assert_eq!(
        peer.resolved("$bc-c-1").await?,
        ["Done 0@A-1", "Done 0@B-1"]
    );
    Ok(())
}

#[tokio::test]
async fn every_stream_of_clients_is_listed_once() -> TestResult {
    let peer = Peer::start().await?;
    peer.write("B", "Done", number(1)).await?;
    peer.write("A-1", "Done", number(2)).await?;
    peer.write("B", "Done", number(3)).await?;
    let metadata = StreamMetadataBuilder::new().max_count(9).build();
    let anything = AppendToStreamOptions::default();
    peer.client
        .set_stream_metadata("A-1", &anything, &metadata)
        .await?;
    peer.write("$own-1", "Done", number(4)).await?;

    assert_eq!(
        peer.links("$streams").await?,
        [(0, "0@B".to_owned()), (1, "0@A-1".to_owned())]
    );
    assert!(peer.links("$ce-$own").await.is_err());
    assert!(peer.links("$et-$metadata").await.is_err());
    Ok(())
}

#[tokio::test]
async fn a_reader_sees_what_it_has_just_written() -> TestResult {
    let peer = Peer::start().await?;
    for count in 1..=50 {
        peer.write("Account-1", "Changed", number(count)).await?;
        assert_eq!(peer.links("$ce-Account").await?.len(), count);
        assert_eq!(peer.links("$et-Changed").await?.len(), count);
    }
    Ok(())
}

#[tokio::test]
async fn a_follower_sees_what_is_there_and_what_comes() -> TestResult {
    for peer in Peer::each().await? {
        for count in 0..300 {
            peer.write("Account-1", "Changed", number(count)).await?;
        }
        let mut events = peer.follow("$ce-Account").await?;
        for count in 0..300 {
            assert_eq!(next(&mut events).await?, number(count));
        }
        for count in 300..320 {
            peer.write(&format!("Account-{count}"), "Changed", number(count))
                .await?;
            assert_eq!(next(&mut events).await?, number(count));
        }
    }
    Ok(())
}

#[tokio::test]
async fn links_are_the_same_after_a_restart() -> TestResult {
    for mut peer in Peer::each().await? {
        for count in 0..40 {
            let stream = format!("Account-{}", count % 7);
            peer.write(&stream, "Changed", number(count)).await?;
        }
        let streams = ["$ce-Account", "$et-Changed", "$streams"];
        let mut before = Vec::new();
        for stream in streams {
            before.push(peer.links(stream).await?);
        }

        peer.restart().await?;

        peer.write("Account-8", "Changed", number(40)).await?;
        for (stream, before) in streams.into_iter().zip(before) {
            let after = peer.links(stream).await?;
            assert_eq!(after[..before.len()], before);
            assert_eq!(after.len(), before.len() + 1);
            assert_eq!(after.last().unwrap().1, "0@Account-8");
        }
    }
    Ok(())
}

#[tokio::test]
async fn metadata_of_a_category_counts() -> TestResult {
    for mut peer in Peer::each().await? {
        for count in 0..5 {
            peer.write("Account-1", "Changed", number(count)).await?;
        }
        let metadata = StreamMetadataBuilder::new().max_count(2).build();
        let anything = AppendToStreamOptions::default();
        peer.client
            .set_stream_metadata("$ce-Account", &anything, &metadata)
            .await?;

        let expected = [(3, "3@Account-1".to_owned()), (4, "4@Account-1".to_owned())];
        assert_eq!(peer.links("$ce-Account").await?, expected);
        peer.restart().await?;
        assert_eq!(peer.links("$ce-Account").await?, expected);
    }
    Ok(())
}

#[tokio::test]
async fn a_link_to_a_deleted_event_leads_nowhere_and_is_still_there() -> TestResult {
    let peer = Peer::start().await?;
    peer.write("Account-1", "Opened", number(1)).await?;
    peer.write("Account-2", "Opened", number(2)).await?;
    let anything = DeleteStreamOptions::default();
    peer.client.delete_stream("Account-1", &anything).await?;

    assert_eq!(
        peer.resolved("$ce-Account").await?,
        ["gone 0@Account-1", "Opened 0@Account-2"]
    );
    peer.client
        .tombstone_stream("Account-2", &eventstore::TombstoneStreamOptions::default())
        .await?;
    assert_eq!(
        peer.resolved("$ce-Account").await?,
        ["gone 0@Account-1", "gone 0@Account-2"]
    );
    Ok(())
}

#[tokio::test]
async fn a_link_in_a_category_is_linked_to_as_its_event() -> TestResult {
    let peer = Peer::start().await?;
    peer.write("Account-1", "Opened", number(1)).await?;
    let link = EventData::binary("$>", "0@Account-1".into());
    let anything = AppendToStreamOptions::default();
    peer.client
        .append_to_stream("Audit-1", &anything, link)
        .await?;

    assert_eq!(peer.resolved("$ce-Audit").await?, ["Opened 0@Account-1"]);
    assert_eq!(peer.links("$et-Opened").await?.len(), 1);
    assert!(peer.links("$et-$>").await.is_err());
    Ok(())
}

#[tokio::test]
async fn no_client_writes_or_deletes_what_projections_fill() -> TestResult {
    let peer = Peer::start().await?;
    peer.write("Account-1", "Opened", number(1)).await?;
    for stream in ["$ce-Account", "$et-Opened", "$bc-x", "$streams"] {
        let refused = peer.write(stream, "Forged", number(2)).await.unwrap_err();
        assert!(
            matches!(refused.downcast_ref(), Some(Error::AccessDenied)),
            "{stream}"
        );
        let options = DeleteStreamOptions::default();
        let refused = peer.client.delete_stream(stream, &options).await;
        assert!(
            matches!(refused, Err(Error::AccessDenied)),
            "{stream}: {refused:?}"
        );
        let options = eventstore::TombstoneStreamOptions::default();
        let refused = peer.client.tombstone_stream(stream, &options).await;
        assert!(
            matches!(refused, Err(Error::AccessDenied)),
            "{stream}: {refused:?}"
        );
    }
    assert_eq!(peer.links("$ce-Account").await?.len(), 1);
    Ok(())
}
