//! Users: who is let in, and who may do what with them.

use crate::raw::{
    self, ask, bare, basic, by, details, features, trailer, users, with_authorization,
};
use plumberd_testkit::esdb::{
    EsdbServer, EsdbServerConfig, Status,
    proto::{
        Empty,
        event_store::client::users::{
            ChangePasswordReq, CreateReq, DeleteReq, DisableReq, EnableReq, ResetPasswordReq,
            UpdateReq, change_password_req, create_req, delete_req, details_resp::UserDetails,
            disable_req, enable_req, reset_password_req, update_req, users_client::UsersClient,
        },
        gossip::{gossip_client::GossipClient, member_info::VNodeState},
        streams::{ReadReq, streams_client::StreamsClient},
    },
};
use tonic::{Code, Request, transport::Channel};

async fn guarded() -> EsdbServer {
    EsdbServerConfig::new()
        .with_basic_auth()
        .start()
        .await
        .unwrap()
}

async fn logs_in(server: &EsdbServer, login: &str, password: &str) -> Result<(), Status> {
    let request = by(login, password, details(login));
    users(server).await.details(request).await.map(drop)
}

async fn all(client: &mut UsersClient<Channel>, login: &str) -> Vec<UserDetails> {
    let request = by("admin", "changeit", details(login));
    let mut answers = client.details(request).await.unwrap().into_inner();
    let mut found = Vec::new();
    while let Some(answer) = answers.message().await.unwrap() {
        found.push(answer.user_details.unwrap());
    }
    found
}

fn create(login: &str, password: &str) -> CreateReq {
    CreateReq {
        options: Some(create_req::Options {
            login_name: login.to_owned(),
            password: password.to_owned(),
            full_name: "Jane".to_owned(),
            groups: vec!["readers".to_owned()],
        }),
    }
}

fn denied(status: &Status) {
    assert_eq!(status.code(), Code::PermissionDenied);
    assert_eq!(status.message(), "Access Denied");
    assert_eq!(trailer(status, "exception"), Some("access-denied"));
}

fn missing(status: &Status, login: &str) {
    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(status.message(), format!("User '{login}' is not found."));
    assert_eq!(trailer(status, "exception"), Some("user-not-found"));
    assert_eq!(trailer(status, "login-name"), Some(login));
}

#[tokio::test]
async fn a_server_asks_no_user_unless_it_is_told_to() {
    let server = EsdbServer::start().await.unwrap();
    let anonymous = users(&server).await.details(details("admin")).await;
    anonymous.unwrap();
    logs_in(&server, "nobody", "at all")
        .await
        .map(drop)
        .unwrap_err();
    ask(&bare(&server.url())).await.unwrap();
}

#[tokio::test]
async fn who_gives_no_credentials_or_false_ones_is_not_let_in() {
    let server = guarded().await;
    let right = basic("admin", "changeit");
    let rubbish = [
        basic("admin", "wrong"),
        basic("admin", ""),
        basic("nobody", "changeit"),
        right.replace("Basic", "Bearer"),
        right.replace(' ', ""),
        "Basic".to_owned(),
        "Basic ".to_owned(),
        "Basic ***".to_owned(),
        "Basic YWRtaW4=".to_owned(), // `admin`, without a colon
        "Basic /w==".to_owned(),     // not UTF-8
    ];
    let mut client = users(&server).await;
    let anonymous = client.details(details("admin")).await.unwrap_err();
    assert_eq!(anonymous.code(), Code::Unauthenticated);
    for header in rubbish {
        let request = with_authorization(&header, details("admin"));
        let refusal = client.details(request).await.unwrap_err();
        assert_eq!(refusal.code(), Code::Unauthenticated, "{header}");
    }
    for header in [right.clone(), right.replace("Basic", "basic")] {
        let request = with_authorization(&header, details("admin"));
        client.details(request).await.unwrap();
    }
}

#[tokio::test]
async fn streams_are_for_users_and_the_search_for_a_server_is_for_all() {
    let server = guarded().await;
    let channel = raw::channel(&server).await;
    let read = StreamsClient::new(channel.clone())
        .read(ReadReq::default())
        .await;
    assert_eq!(read.unwrap_err().code(), Code::Unauthenticated);

    features(channel.clone()).await.unwrap();
    let mut gossip = GossipClient::new(channel);
    let members = gossip.read(Empty {}).await.unwrap().into_inner().members;
    let [member] = members.as_slice() else {
        panic!("one server, {} members", members.len());
    };
    assert_eq!(member.state(), VNodeState::Leader);
    assert!(member.is_alive);
    let end_point = member.http_end_point.as_ref().unwrap();
    assert_eq!(
        format!("{}:{}", end_point.address, end_point.port),
        server.address().to_string()
    );
}

#[tokio::test]
async fn the_client_crate_logs_in_and_is_refused() {
    let server = EsdbServerConfig::new()
        .with_user("reader", "p-1")
        .with_user("admin", "p-2")
        .start()
        .await
        .unwrap();
    ask(&bare(&server.url_as("admin", "p-2"))).await.unwrap();
    let wrong = ask(&bare(&server.url_as("admin", "changeit"))).await;
    assert!(matches!(wrong, Err(eventstore::Error::AccessDenied)));
    // Known, and no admin.
    let reader = ask(&bare(&server.url_as("reader", "p-1"))).await;
    assert!(matches!(reader, Err(eventstore::Error::AccessDenied)));
}

#[tokio::test]
async fn a_cluster_url_finds_the_one_leader() {
    let server = EsdbServer::start().await.unwrap();
    let url = server.url().replace("esdb://", "esdb+discover://");
    ask(&bare(&url)).await.unwrap();
}

#[tokio::test]
async fn passwords_are_in_no_configuration_and_no_server() {
    let config = EsdbServerConfig::new().with_user("jane", "hunter2");
    assert!(!format!("{config:?}").contains("hunter2"));
    let server = config.start().await.unwrap();
    // Not even what would print nothing.
    let printed = format!("{server:?}");
    assert!(!printed.contains("hunter2") && !printed.contains("Password"));
    logs_in(&server, "jane", "hunter2").await.unwrap();
}

#[tokio::test]
async fn a_user_is_created_once_and_read_back() {
    let server = guarded().await;
    let mut client = users(&server).await;
    // A colon belongs to the password: the name ends at the first.
    let request = || by("admin", "changeit", create("jane", "a:b"));
    client.create(request()).await.unwrap();
    logs_in(&server, "jane", "a:b").await.unwrap();

    let conflict = client.create(request()).await.unwrap_err();
    assert_eq!(conflict.code(), Code::FailedPrecondition);
    assert_eq!(trailer(&conflict, "exception"), Some("user-conflict"));
    assert_eq!(trailer(&conflict, "login-name"), Some("jane"));

    let found = all(&mut client, "jane").await;
    let [jane] = found.as_slice() else {
        panic!("one jane, not {}", found.len());
    };
    assert_eq!((jane.full_name.as_str(), jane.disabled), ("Jane", false));
    assert_eq!(jane.groups, ["readers"]);
    assert!(jane.last_updated.unwrap().ticks_since_epoch > 0);
    let names: Vec<_> = all(&mut client, "").await.into_iter().collect();
    let names: Vec<_> = names.iter().map(|user| user.login_name.as_str()).collect();
    assert_eq!(names, ["admin", "jane", "ops"]);
}

#[tokio::test]
async fn a_user_is_updated_disabled_enabled_and_deleted() {
    let server = guarded().await;
    let mut client = users(&server).await;
    let admin = |login: &str| (login.to_owned(), "admin", "changeit");
    client
        .create(by("admin", "changeit", create("jane", "p")))
        .await
        .unwrap();
    let (login_name, user, password) = admin("jane");
    let update = UpdateReq {
        options: Some(update_req::Options {
            login_name: login_name.clone(),
            full_name: "Jane Doe".to_owned(),
            groups: vec!["$admins".to_owned()],
            ..update_req::Options::default()
        }),
    };
    client.update(by(user, password, update)).await.unwrap();
    assert_eq!(all(&mut client, "jane").await[0].full_name, "Jane Doe");
    // With the group came the right, and the password stayed.
    let listed = client.details(by("jane", "p", details(""))).await;
    listed.unwrap();

    let options = Some(disable_req::Options {
        login_name: login_name.clone(),
    });
    let disable = DisableReq { options };
    client.disable(by(user, password, disable)).await.unwrap();
    assert!(all(&mut client, "jane").await[0].disabled);
    let refusal = logs_in(&server, "jane", "p").await.unwrap_err();
    assert_eq!(refusal.code(), Code::Unauthenticated);

    let options = Some(enable_req::Options {
        login_name: login_name.clone(),
    });
    let enable = EnableReq { options };
    client.enable(by(user, password, enable)).await.unwrap();
    logs_in(&server, "jane", "p").await.unwrap();

    let options = Some(delete_req::Options { login_name });
    let delete = DeleteReq { options };
    client
        .delete(by(user, password, delete.clone()))
        .await
        .unwrap();
    let refusal = logs_in(&server, "jane", "p").await.unwrap_err();
    assert_eq!(refusal.code(), Code::Unauthenticated);
    let again = client.delete(by(user, password, delete)).await.unwrap_err();
    missing(&again, "jane");
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it_and_reset_by_admins() {
    let server = guarded().await;
    let mut client = users(&server).await;
    let change = |current: &str| ChangePasswordReq {
        options: Some(change_password_req::Options {
            login_name: "ops".to_owned(),
            current_password: current.to_owned(),
            new_password: "second".to_owned(),
        }),
    };
    let wrong = client
        .change_password(by("ops", "changeit", change("wrong")))
        .await;
    denied(&wrong.unwrap_err());
    let right = by("ops", "changeit", change("changeit"));
    client.change_password(right).await.unwrap();
    logs_in(&server, "ops", "changeit").await.unwrap_err();
    logs_in(&server, "ops", "second").await.unwrap();

    let reset = |login: &str| ResetPasswordReq {
        options: Some(reset_password_req::Options {
            login_name: login.to_owned(),
            new_password: "third".to_owned(),
        }),
    };
    let by_himself = client
        .reset_password(by("ops", "second", reset("ops")))
        .await;
    denied(&by_himself.unwrap_err());
    let by_admin = by("admin", "changeit", reset("ops"));
    client.reset_password(by_admin).await.unwrap();
    logs_in(&server, "ops", "third").await.unwrap();
    let missing_user = client
        .reset_password(by("admin", "changeit", reset("x")))
        .await;
    missing(&missing_user.unwrap_err(), "x");
}

#[tokio::test]
async fn only_admins_manage_users() {
    let server = guarded().await;
    let mut client = users(&server).await;
    let create = client
        .create(by("ops", "changeit", create("jane", "p")))
        .await;
    denied(&create.unwrap_err());
    for login in ["", "admin"] {
        let read = client.details(by("ops", "changeit", details(login))).await;
        denied(&read.unwrap_err());
    }
    let own = client.details(by("ops", "changeit", details("ops"))).await;
    own.unwrap();
}

#[tokio::test]
async fn requests_without_a_user_to_speak_of_are_invalid() {
    let server = EsdbServer::start().await.unwrap();
    let mut client = users(&server).await;
    for request in [CreateReq::default(), create("", "p"), create("a:b", "p")] {
        let refusal = client.create(Request::new(request)).await.unwrap_err();
        assert_eq!(refusal.code(), Code::InvalidArgument);
    }
    let strange = details("kein Nutzer\u{e9}\n");
    let refusal = client.details(strange).await.unwrap_err();
    assert_eq!(refusal.code(), Code::NotFound);
}
