use super::wire::*;
use bytes::Bytes;
use plumberd::event::new_event_id;
use tonic::Code;

#[tokio::test]
async fn a_stream_is_read_from_either_end_with_the_event_it_begins_at() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", &["A", "B", "C"]).await?;
    let stream = || Read::stream("Order-1");
    let cases = [
        (stream().at(1), vec![1, 2]),
        (stream().at(1).count(1), vec![1]),
        (stream().at(7), vec![]),
        (stream().at_end(), vec![]),
        (stream().count(0), vec![]),
        (stream().backwards(), vec![0]),
        (stream().backwards().at_end(), vec![2, 1, 0]),
        (stream().backwards().at(1), vec![1, 0]),
        (stream().backwards().at(u64::MAX).count(2), vec![2, 1]),
    ];
    for (number, (read, expected)) in cases.into_iter().enumerate() {
        let expected: Vec<_> = expected.iter().map(|at| format!("{at}@Order-1")).collect();
        assert_eq!(words(&peer.read(read).await?), expected, "case {number}");
    }
    Ok(())
}

#[tokio::test]
async fn everything_is_read_with_the_position_forwards_and_without_it_backwards() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", &["A", "B"]).await?;
    peer.write("Order-2", &["C"]).await?;
    let places: Vec<_> = peer
        .events(Read::all())
        .await?
        .into_iter()
        .map(|read| read.event.map_or(0, |event| event.commit_position))
        .collect();
    assert!(places[0] > 0);
    let forwards = peer.read(Read::all().at(places[1])).await?;
    assert_eq!(words(&forwards), ["1@Order-1", "0@Order-2"]);
    let backwards = peer.read(Read::all().at(places[1]).backwards()).await?;
    assert_eq!(words(&backwards), ["0@Order-1"]);
    assert!(peer.read(Read::all().at_end()).await?.is_empty());
    assert!(peer.read(Read::all().backwards()).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_stream_that_never_was_is_not_found() -> TestResult {
    let mut peer = Peer::start().await?;
    for read in [
        Read::stream("Order-1"),
        Read::stream("Order-1").backwards().at_end(),
    ] {
        assert_eq!(words(&peer.read(read.compatible()).await?), ["not found"]);
    }
    Ok(())
}

#[tokio::test]
async fn first_and_last_are_said_to_those_who_understand() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", &["A", "B", "C"]).await?;
    let read = || Read::stream("Order-1").count(1);
    assert_eq!(words(&peer.read(read()).await?), ["0@Order-1"]);
    let compatible = peer.read(read().compatible()).await?;
    assert_eq!(words(&compatible), ["first 0", "0@Order-1", "last 2"]);
    let mut metadata = proposed("$metadata");
    metadata.data = Bytes::from_static(br#"{"$tb":1}"#);
    peer.append("$$Order-1", any(), vec![metadata]).await?;
    let truncated = peer.read(read().compatible()).await?;
    assert_eq!(words(&truncated), ["first 1", "1@Order-1", "last 2"]);
    let all = peer.read(Read::all().at_end().compatible()).await?;
    assert_eq!(words(&all), ["last of all 4"]);
    Ok(())
}

#[tokio::test]
async fn links_are_resolved_when_asked_for() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", &["A"]).await?;
    let link = |to: &str| {
        let mut link = proposed("$>");
        link.data = Bytes::copy_from_slice(to.as_bytes());
        link
    };
    let links = ["0@Order-1", "1@Order-1", "0@Order-2", "rubbish"].map(link);
    peer.append("Links", any(), links.to_vec()).await?;
    let plain = peer.read(Read::stream("Links").count(1)).await?;
    assert_eq!(words(&plain), ["0@Links"]);
    let resolved = peer.read(Read::stream("Links").resolving()).await?;
    assert_eq!(
        words(&resolved),
        [
            "0@Order-1 by 0@Links",
            "nothing by 1@Links",
            "nothing by 2@Links",
            "nothing by 3@Links"
        ]
    );
    let all = peer.read(Read::all().resolving().count(2)).await?;
    assert_eq!(words(&all), ["0@Order-1", "0@Order-1 by 0@Links"]);
    let mut following = peer.subscribe(Read::stream("Links").resolving()).await?;
    assert_eq!(
        following.words(2).await?,
        ["confirmed", "0@Order-1 by 0@Links"]
    );
    Ok(())
}

#[tokio::test]
async fn ids_are_written_as_the_reader_wants_them() -> TestResult {
    use plumberd_testkit::esdb::proto::{
        Empty,
        streams::read_req::options::{UuidOption, uuid_option},
    };
    let mut peer = Peer::start().await?;
    let id = new_event_id();
    let mut event = proposed("A");
    event.id = Some(uuid_text(id));
    peer.append("Order-1", any(), vec![event]).await?;
    let structured = Read::stream("Order-1").with(|options| {
        options.uuid_option = Some(UuidOption {
            content: Some(uuid_option::Content::Structured(Empty {})),
        });
    });
    let read = peer.events(structured).await?.remove(0);
    assert_eq!(read.event.and_then(|event| event.id), Some(uuid_halves(id)));
    Ok(())
}

#[tokio::test]
async fn a_long_stream_is_read_whole_in_both_directions() -> TestResult {
    let mut peer = Peer::start().await?;
    let names = vec!["A"; 1_000];
    peer.write("Order-1", &names).await?;
    let forwards = peer.read(Read::stream("Order-1")).await?;
    let mut expected: Vec<_> = (0..1_000).map(|at| format!("{at}@Order-1")).collect();
    assert_eq!(words(&forwards), expected);
    let backwards = peer.read(Read::all().backwards().at_end()).await?;
    expected.reverse();
    assert_eq!(words(&backwards), expected);
    Ok(())
}

#[tokio::test]
async fn a_read_that_lacks_a_part_is_refused() -> TestResult {
    let mut peer = Peer::start().await?;
    let reads = [
        Read::all().with(|options| options.uuid_option = None),
        Read::all().with(|options| options.count_option = None),
        Read::all().with(|options| options.filter_option = None),
        Read::all().with(|options| options.stream_option = None),
        Read::all().with(|options| options.read_direction = 7),
        Read::stream(""),
    ];
    for (number, read) in reads.into_iter().enumerate() {
        let refused = peer.read(read).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "case {number}");
    }
    let nothing = peer
        .read_raw(plumberd_testkit::esdb::proto::streams::ReadReq::default())
        .await
        .unwrap_err();
    assert_eq!(nothing.code(), Code::InvalidArgument);
    Ok(())
}
