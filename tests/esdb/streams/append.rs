use super::wire::*;
use bytes::Bytes;
use plumberd::{clock::Clock, event::new_event_id};
use plumberd_testkit::esdb::{
    EsdbServerConfig,
    proto::{
        Empty,
        streams::{
            append_req,
            append_resp::{
                success::{CurrentRevisionOption, PositionOption},
                wrong_expected_version::{
                    CurrentRevisionOption as Current, CurrentRevisionOption2060 as OldCurrent,
                    ExpectedRevisionOption as Expected, ExpectedRevisionOption2060 as OldExpected,
                },
            },
        },
    },
};
use tonic::Code;

#[tokio::test]
async fn an_append_says_where_it_ended_and_is_read_back() -> TestResult {
    let mut peer = Peer::start().await?;
    let first = peer.write("Order-1", &["Opened", "Paid"]).await?;
    assert_eq!(
        first.current_revision_option,
        Some(CurrentRevisionOption::CurrentRevision(1))
    );
    assert!(matches!(
        first.position_option,
        Some(PositionOption::Position(position)) if position.commit_position > 0
    ));
    let events = peer.read(Read::stream("Order-1")).await?;
    assert_eq!(words(&events), ["0@Order-1", "1@Order-1"]);
    let events = peer.read(Read::all().backwards().at_end()).await?;
    assert_eq!(words(&events), ["1@Order-1", "0@Order-1"]);
    Ok(())
}

#[tokio::test]
async fn an_event_comes_back_as_it_was_written() -> TestResult {
    let (clock, _) = Clock::manual("2025-07-13T18:22:19.2192669Z".parse()?);
    let mut peer = Peer::with(EsdbServerConfig::new().with_clock(clock)).await?;
    let id = new_event_id();
    let mut event = proposed("com.myco.Opened");
    event.id = Some(uuid_halves(id));
    event
        .metadata
        .insert("content-type".into(), "text/plain".into());
    event.metadata.insert("colour".into(), "red".into());
    event.custom_metadata = Bytes::from_static(b"not json");
    event.data = Bytes::from_static(&[0, 159, 146, 150]);
    peer.append("Órder-1", no_stream(), vec![event.clone()])
        .await?;

    let read = peer.events(Read::stream("Órder-1")).await?;
    let stored = read[0].event.clone().ok_or("no event")?;
    assert_eq!(stored.id, Some(uuid_text(id)));
    assert_eq!(stored.stream_identifier, Some(identifier("Órder-1")));
    assert_eq!(stored.data, event.data);
    assert_eq!(stored.custom_metadata, event.custom_metadata);
    let mut metadata: Vec<_> = stored.metadata.into_iter().collect();
    metadata.sort();
    let expected = [
        ("content-type", "application/octet-stream"),
        ("created", "17524309392192669"),
        ("type", "com.myco.Opened"),
    ];
    assert_eq!(
        metadata,
        expected.map(|(key, value)| (key.into(), value.into()))
    );
    assert!(stored.commit_position > 0);
    assert_eq!(stored.commit_position, stored.prepare_position);
    Ok(())
}

#[tokio::test]
async fn a_conflict_fills_the_fields_of_old_and_new_clients() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", &["Opened", "Paid"]).await?;
    let cases = [
        (
            "Order-1",
            no_stream(),
            (
                OldCurrent::CurrentRevision2060(1),
                Current::CurrentRevision(1),
            ),
            (
                OldExpected::ExpectedRevision2060(u64::MAX),
                Expected::ExpectedNoStream(Empty {}),
            ),
        ),
        (
            "Order-1",
            exactly(0),
            (
                OldCurrent::CurrentRevision2060(1),
                Current::CurrentRevision(1),
            ),
            (
                OldExpected::ExpectedRevision2060(0),
                Expected::ExpectedRevision(0),
            ),
        ),
        (
            "Order-2",
            stream_exists(),
            (
                OldCurrent::NoStream2060(Empty {}),
                Current::CurrentNoStream(Empty {}),
            ),
            (
                OldExpected::StreamExists2060(Empty {}),
                Expected::ExpectedStreamExists(Empty {}),
            ),
        ),
    ];
    for (stream, expected, current, wanted) in cases {
        let conflict = conflict(
            peer.append(stream, expected, vec![proposed("Paid")])
                .await?,
        );
        assert_eq!(conflict.current_revision_option_20_6_0, Some(current.0));
        assert_eq!(conflict.current_revision_option, Some(current.1));
        assert_eq!(conflict.expected_revision_option_20_6_0, Some(wanted.0));
        assert_eq!(conflict.expected_revision_option, Some(wanted.1));
    }
    assert_eq!(peer.events(Read::all()).await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn the_same_events_are_written_once() -> TestResult {
    let mut peer = Peer::start().await?;
    let events = vec![proposed("Opened"), proposed("Paid")];
    let first = peer.append("Order-1", no_stream(), events.clone()).await?;
    let again = peer.append("Order-1", no_stream(), events.clone()).await?;
    assert_eq!(first, again);
    // The first is there, the second is not what followed.
    let mixed = vec![events[1].clone(), proposed("Sent")];
    conflict(peer.append("Order-1", any(), mixed).await?);
    assert_eq!(peer.events(Read::stream("Order-1")).await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn an_id_may_be_in_two_streams_and_is_itself_in_both() -> TestResult {
    let mut peer = Peer::start().await?;
    let event = proposed("Opened");
    let both = vec![proposed("Begun"), event.clone()];
    peer.append("Order-1", no_stream(), vec![event.clone()])
        .await?;
    let first = success(peer.append("Order-2", no_stream(), both.clone()).await?)?;
    let again = success(peer.append("Order-2", no_stream(), both).await?)?;
    assert_eq!(first, again);
    for (stream, place) in [("Order-1", 0), ("Order-2", 1)] {
        let read = peer.events(Read::stream(stream)).await?;
        assert_eq!(read.len(), place + 1);
        let stored = read[place].event.clone().ok_or("no event")?;
        assert_eq!(stored.id, event.id);
        assert_eq!(stored.custom_metadata, event.custom_metadata);
    }
    Ok(())
}

#[tokio::test]
async fn metadata_that_look_like_the_servers_own_come_back_as_they_are() -> TestResult {
    let mut peer = Peer::start().await?;
    let mut event = proposed("Opened");
    event.custom_metadata = Bytes::from_static(b"\x00plumberd:id\x000123456789abcdef{}");
    for stream in ["Order-1", "Order-2"] {
        peer.append(stream, no_stream(), vec![event.clone()])
            .await?;
        let stored = peer.events(Read::stream(stream)).await?.remove(0).event;
        let stored = stored.ok_or("no event")?;
        assert_eq!(stored.custom_metadata, event.custom_metadata);
        assert_eq!(stored.id, event.id);
    }
    Ok(())
}

#[tokio::test]
async fn an_append_of_nothing_tells_where_the_stream_is() -> TestResult {
    let mut peer = Peer::start().await?;
    let nothing = success(peer.append("Order-1", any(), vec![]).await?)?;
    assert_eq!(
        nothing.current_revision_option,
        Some(CurrentRevisionOption::NoStream(Empty {}))
    );
    assert_eq!(
        nothing.position_option,
        Some(PositionOption::NoPosition(Empty {}))
    );
    peer.write("Order-1", &["Opened"]).await?;
    let one = success(peer.append("Order-1", exactly(0), vec![]).await?)?;
    assert_eq!(
        one.current_revision_option,
        Some(CurrentRevisionOption::CurrentRevision(0))
    );
    conflict(peer.append("Order-1", no_stream(), vec![]).await?);
    Ok(())
}

#[tokio::test]
async fn what_is_too_large_is_refused_with_the_limit() -> TestResult {
    let mut peer = Peer::start().await?;
    let sized = |size| {
        let mut event = proposed("Opened");
        event.custom_metadata = Bytes::new();
        event.data = vec![b'x'; size].into();
        event
    };
    success(
        peer.append("Order-1", any(), vec![sized(1_048_576)])
            .await?,
    )?;
    let too_large = vec![sized(1_048_575), sized(2)];
    let refused = peer.append("Order-1", any(), too_large).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(
        refused.message(),
        "Maximum Append Size of 1048576 Exceeded."
    );
    assert_eq!(exception(&refused), Some("maximum-append-size-exceeded"));
    assert_eq!(trailer(&refused, "maximum-append-size"), Some("1048576"));
    assert_eq!(peer.events(Read::stream("Order-1")).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn an_event_without_a_type_or_a_content_type_is_refused() -> TestResult {
    let mut peer = Peer::start().await?;
    for property in ["type", "content-type"] {
        let mut event = proposed("Opened");
        event.metadata.remove(property);
        let refused = peer
            .append("Order-1", any(), vec![event])
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert_eq!(
            refused.message(),
            format!("Required Metadata Property '{property}' is missing")
        );
        assert_eq!(
            exception(&refused),
            Some("missing-required-metadata-property")
        );
        assert_eq!(
            trailer(&refused, "required-metadata-properties"),
            Some("type,content-type")
        );
    }
    Ok(())
}

#[tokio::test]
async fn stream_metadata_is_a_stream_and_decides_what_is_read() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", &["A", "B", "C"]).await?;
    let mut metadata = proposed("$metadata");
    metadata.data =
        Bytes::from_static(br#"{"$maxCount":2,"$cacheControl":5,"$acl":{"$r":"$all"},"own":[1]}"#);
    peer.append("$$Order-1", no_stream(), vec![metadata.clone()])
        .await?;
    let events = peer.read(Read::stream("Order-1")).await?;
    assert_eq!(words(&events), ["1@Order-1", "2@Order-1"]);
    let stored = peer
        .events(Read::stream("$$Order-1").backwards().at_end())
        .await?;
    assert_eq!(
        stored[0].event.clone().ok_or("no event")?.data,
        metadata.data
    );
    Ok(())
}

#[tokio::test]
async fn an_append_that_is_not_one_is_refused() -> TestResult {
    let mut peer = Peer::start().await?;
    let whole = append_requests("Order-1", any(), vec![proposed("Opened")]);
    let mut cases = vec![
        vec![],
        vec![whole[1].clone()],
        vec![whole[0].clone(), whole[0].clone()],
    ];
    let mut empty = whole.clone();
    empty[1].content = None;
    cases.push(empty);
    for missing in 0..2 {
        let mut case = whole.clone();
        if let Some(append_req::Content::Options(options)) = &mut case[0].content {
            match missing {
                0 => options.stream_identifier = None,
                _ => options.expected_stream_revision = None,
            }
        }
        cases.push(case);
    }
    for case in cases {
        let refused = peer.append_raw(case).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
    }
    assert!(peer.events(Read::all()).await?.is_empty());
    Ok(())
}
