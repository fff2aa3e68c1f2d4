use super::{
    engine::Engine,
    persistent::PersistentService,
    proto::{
        persistent_subscriptions::persistent_subscriptions_server::PersistentSubscriptionsServer,
        streams::streams_server::StreamsServer,
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
    let persistent = PersistentSubscriptionsServer::new(PersistentService::new(engine.clone()))
        .max_decoding_message_size(MAX_MESSAGE);
    let streams =
        StreamsServer::new(StreamsService::new(engine)).max_decoding_message_size(MAX_MESSAGE);
    let served = Server::builder()
        .add_service(streams)
        .add_service(persistent)
        .serve_with_incoming_shutdown(server::incoming(listener), stopping)
        .await;
    if let Err(error) = served {
        tracing::error!(error = %error, "the server ended");
    }
}
