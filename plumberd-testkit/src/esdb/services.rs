use super::{
    engine::Engine,
    features::FeaturesService,
    front::Front,
    gossip::GossipService,
    listener::Listener,
    monitoring::MonitoringService,
    net::{MAX_CALLS, PING},
    persistent::PersistentService,
    projections::ProjectionsService,
    proto::{
        gossip::gossip_server::GossipServer, monitoring::monitoring_server::MonitoringServer,
        persistent_subscriptions::persistent_subscriptions_server::PersistentSubscriptionsServer,
        projections::projections_server::ProjectionsServer,
        server_features::server_features_server::ServerFeaturesServer,
        streams::streams_server::StreamsServer, users::users_server::UsersServer,
    },
    streams::StreamsService,
    users::UsersService,
};
use plumberd::clock::Clock;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;

/// What a message may have beside the events of the largest append, in bytes:
/// what some ten thousand events are wrapped in.
///
/// It is no more, because messages of no bytes are read from two each, and take
/// a hundred times as much in memory.
const WRAPPING: usize = 2 << 20;

/// Serves until the engine is told to stop; what is still open is cut when
/// `cutting` says so.
pub(super) async fn serve(
    listener: TcpListener,
    engine: Engine,
    front: Front,
    clock: Clock,
    cutting: CancellationToken,
) {
    let stopping = engine.stopping.clone();
    let max_message = engine.max_append_size.saturating_add(WRAPPING);
    let incoming = Listener {
        tls: front.tls.clone(),
        faults: front.faults.clone(),
        places: front.places.clone(),
        stopping: stopping.clone(),
        cutting,
    };
    let (connections, accepting) = incoming.listen(listener);
    let users = UsersService::new(front.users.clone());
    let monitoring = MonitoringService::new(front.figures.clone(), stopping.clone());
    let gossip = GossipService::new(front.instance, clock);
    let projections = ProjectionsServer::new(ProjectionsService::new(engine.projections.clone()));
    let persistent = PersistentSubscriptionsServer::new(PersistentService::new(engine.clone()))
        .max_decoding_message_size(max_message);
    let streams =
        StreamsServer::new(StreamsService::new(engine)).max_decoding_message_size(max_message);
    let served = Server::builder()
        .max_concurrent_streams(MAX_CALLS)
        .http2_keepalive_interval(Some(PING))
        .http2_keepalive_timeout(Some(PING))
        .add_service(front.guard(streams))
        .add_service(front.guard(persistent))
        .add_service(front.guard(projections))
        .add_service(front.guard(UsersServer::new(users)))
        .add_service(front.guard(MonitoringServer::new(monitoring)))
        .add_service(front.open(GossipServer::new(gossip)))
        .add_service(front.open(ServerFeaturesServer::new(FeaturesService)))
        .serve_with_incoming_shutdown(connections, stopping.cancelled_owned())
        .await;
    if let Err(error) = served {
        tracing::error!(error = %error, "the server ended");
    }
    // Only then is the port free for the next start.
    let _ = accepting.await;
}
