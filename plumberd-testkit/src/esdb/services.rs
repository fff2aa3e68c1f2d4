use super::{
    engine::Engine,
    projections::ProjectionsService,
    proto::{
        projections::projections_server::ProjectionsServer, streams::streams_server::StreamsServer,
    },
    server,
    streams::StreamsService,
};
use tokio::net::TcpListener;
use tonic::transport::Server;

/// The largest message a client may send, in bytes: a batch of appends is
/// larger than the 4 MiB that are usual.
const MAX_MESSAGE: usize = 16 << 20;

/// Serves until the engine is told to stop.
pub(super) async fn serve(listener: TcpListener, engine: Engine) {
    let stopping = engine.stopping.clone().cancelled_owned();
    let projections = ProjectionsServer::new(ProjectionsService::new(engine.projections.clone()));
    let streams =
        StreamsServer::new(StreamsService::new(engine)).max_decoding_message_size(MAX_MESSAGE);
    let served = Server::builder()
        .add_service(streams)
        .add_service(projections)
        .serve_with_incoming_shutdown(server::incoming(listener), stopping)
        .await;
    if let Err(error) = served {
        tracing::error!(error = %error, "the server ended");
    }
}
