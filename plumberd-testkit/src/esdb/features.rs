use super::proto::{
    Empty,
    server_features::{SupportedMethod, SupportedMethods, server_features_server::ServerFeatures},
};
use tonic::{Request, Response, Status};

/// The version of EventStoreDB whose protocol is spoken.
const VERSION: &str = "24.6.0";

/// A service and what it can do, as clients look it up: methods in lower case,
/// each with its features.
type Service = (
    &'static str,
    &'static [(&'static str, &'static [&'static str])],
);

/// What persistent subscriptions can follow.
const STREAM_AND_ALL: &[&str] = &["stream", "all"];

/// Every service of this server.
static SERVICES: [Service; 7] = [
    (
        "event_store.client.streams.streams",
        &[
            ("append", &[]),
            ("batchappend", &["deadline_duration"]),
            ("delete", &[]),
            ("read", &["position", "events"]),
            ("tombstone", &[]),
        ],
    ),
    (
        "event_store.client.persistent_subscriptions.persistentsubscriptions",
        &[
            ("create", STREAM_AND_ALL),
            ("update", STREAM_AND_ALL),
            ("delete", STREAM_AND_ALL),
            ("read", STREAM_AND_ALL),
            ("getinfo", STREAM_AND_ALL),
            ("replayparked", STREAM_AND_ALL),
            ("list", STREAM_AND_ALL),
            ("restartsubsystem", &[]),
        ],
    ),
    (
        "event_store.client.projections.projections",
        &[
            ("create", &["track_emitted_streams"]),
            ("update", &[]),
            ("delete", &[]),
            ("statistics", &[]),
            ("disable", &[]),
            ("enable", &[]),
            ("reset", &[]),
            ("state", &[]),
            ("result", &[]),
            ("restartsubsystem", &[]),
        ],
    ),
    (
        "event_store.client.users.users",
        &[
            ("create", &[]),
            ("update", &[]),
            ("delete", &[]),
            ("disable", &[]),
            ("enable", &[]),
            ("details", &[]),
            ("changepassword", &[]),
            ("resetpassword", &[]),
        ],
    ),
    ("event_store.client.gossip.gossip", &[("read", &[])]),
    (
        "event_store.client.monitoring.monitoring",
        &[("stats", &[])],
    ),
    (
        "event_store.client.server_features.serverfeatures",
        &[("getsupportedmethods", &[])],
    ),
];

/// The place of that method among all of this server, by its path in any
/// letters: `event_store.client.streams.Streams/Read`.
pub(super) fn place(path: &str) -> Option<usize> {
    let (service, method) = path.trim_start_matches('/').split_once('/')?;
    all().position(|(its_service, its_method, _)| {
        its_service.eq_ignore_ascii_case(service) && its_method.eq_ignore_ascii_case(method)
    })
}

/// Every method: its service, its name, its features.
fn all() -> impl Iterator<Item = (&'static str, &'static str, &'static [&'static str])> {
    SERVICES.iter().flat_map(|(service, methods)| {
        methods
            .iter()
            .map(|(method, features)| (*service, *method, *features))
    })
}

/// Says what the server can do.
#[derive(Debug, Clone, Copy)]
pub(super) struct FeaturesService;

#[tonic::async_trait]
impl ServerFeatures for FeaturesService {
    async fn get_supported_methods(
        &self,
        _: Request<Empty>,
    ) -> Result<Response<SupportedMethods>, Status> {
        let methods = all().map(|(service, method, features)| SupportedMethod {
            method_name: method.to_owned(),
            service_name: service.to_owned(),
            features: features.iter().map(|name| (*name).to_owned()).collect(),
        });
        Ok(Response::new(SupportedMethods {
            methods: methods.collect(),
            event_store_server_version: VERSION.to_owned(),
        }))
    }
}
