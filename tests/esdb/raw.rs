//! Ways to a server that no client library stands in.

use base64::{Engine, prelude::BASE64_STANDARD};
use plumberd_testkit::esdb::{
    EsdbServer, Status,
    proto::{
        Empty,
        server_features::{SupportedMethods, server_features_client::ServerFeaturesClient},
        users::{DetailsReq, details_req, users_client::UsersClient},
    },
};
use tonic::{Request, transport::Channel};

/// A connection to a server that does not encrypt.
pub(crate) async fn channel(server: &EsdbServer) -> Channel {
    let url = format!("http://{}", server.address());
    Channel::from_shared(url).unwrap().connect().await.unwrap()
}

pub(crate) async fn users(server: &EsdbServer) -> UsersClient<Channel> {
    let channel = channel(server).await;
    // The two have greeted each other only once something was answered.
    features(channel.clone()).await.unwrap();
    UsersClient::new(channel)
}

/// A call that needs no credentials.
pub(crate) async fn features(channel: Channel) -> Result<SupportedMethods, Status> {
    let mut client = ServerFeaturesClient::new(channel);
    let answer = client.get_supported_methods(Empty {}).await?;
    Ok(answer.into_inner())
}

/// Whether a new client is served.
pub(crate) async fn serves(server: &EsdbServer) -> bool {
    features(channel(server).await).await.is_ok()
}

/// That message from that user.
pub(crate) fn by<T>(login: &str, password: &str, message: T) -> Request<T> {
    with_authorization(&basic(login, password), message)
}

pub(crate) fn basic(login: &str, password: &str) -> String {
    format!(
        "Basic {}",
        BASE64_STANDARD.encode(format!("{login}:{password}"))
    )
}

pub(crate) fn with_authorization<T>(header: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let header = header.parse().unwrap();
    request.metadata_mut().insert("authorization", header);
    request
}

/// A request for the details of a user, the simplest call for credentials.
pub(crate) fn details(login: &str) -> DetailsReq {
    DetailsReq {
        options: Some(details_req::Options {
            login_name: login.to_owned(),
        }),
    }
}

/// What a trailer of a refusal says.
pub(crate) fn trailer<'a>(status: &'a Status, key: &str) -> Option<&'a str> {
    status.metadata().get(key)?.to_str().ok()
}

/// The client crate itself, at that address.
pub(crate) fn bare(url: &str) -> eventstore::Client {
    eventstore::Client::new(url.parse().unwrap()).unwrap()
}

/// Any call of the client crate that needs a user where users are asked for.
pub(crate) async fn ask(client: &eventstore::Client) -> eventstore::Result<()> {
    let operations = eventstore::operations::Client::from(client.clone());
    let mut details = operations
        .user_details(
            "admin",
            &eventstore::operations::OperationalOptions::default(),
        )
        .await?;
    details.next().await?.expect("there is an admin");
    Ok(())
}
