//! What the pages show of the kit's server.

use plumberd::prelude::*;
use plumberd_testkit::esdb::EsdbServer;
#[cfg(feature = "sqlite")]
use plumberd_testkit::esdb::EsdbServerConfig;

#[derive(Event)]
struct Noted {}

#[tokio::test]
async fn the_pages_server_loses_an_answer_and_no_event_and_starts_again() -> Result<(), Report> {
    let server = EsdbServer::start().await?;
    let store = plumberd::connect(&server.url()).await?;
    let stream = StreamName::new("Note", 1)?;

    server.faults().cut_after_commits(1);
    let noted = vec![plumberd::event::NewEvent::encode(&Noted {})?];
    store
        .append(&stream, ExpectedRevision::NoStream, noted)
        .await?;

    server.stop().await;
    server.restart().await?;
    let read = store.read_stream(&stream, ReadOptions::forwards());
    assert_eq!(read.collect_all().await?.len(), 1);
    Ok(())
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn the_pages_server_has_a_file_tls_and_users() -> Result<(), Report> {
    let folder = tempfile::tempdir()?;
    let config = EsdbServerConfig::new()
        .with_file(folder.path().join("x.db"))
        .with_tls()
        .with_basic_auth();
    let server = config.start().await?;

    plumberd::connect(&server.url_as("admin", "changeit")).await?;

    let stranger = plumberd::connect(&server.url()).await.map(|_| ());
    assert_eq!(stranger.unwrap_err().kind(), ErrorKind::Unauthenticated);
    Ok(())
}
