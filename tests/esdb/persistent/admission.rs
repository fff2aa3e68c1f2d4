//! Who may do what with groups and projections.

use super::peer::*;
use crate::raw::{by, trailer};
use plumberd_testkit::esdb::{
    EsdbServerConfig, Status,
    proto::{
        Empty,
        projections::{EnableReq, enable_req, projections_client::ProjectionsClient},
    },
};
use tonic::Code;

fn denied<T: std::fmt::Debug>(result: Result<T, Status>) {
    let status = result.expect_err("denied");
    assert_eq!(status.code(), Code::PermissionDenied, "{status}");
    assert_eq!(status.message(), "Access Denied");
    assert_eq!(trailer(&status, "exception"), Some("access-denied"));
}

async fn guarded() -> Peer {
    let config = EsdbServerConfig::new().with_user("jane", "p");
    Peer::with(config).await.unwrap()
}

#[tokio::test]
async fn only_admins_and_operators_manage_groups() -> TestResult {
    let mut peer = guarded().await;
    let stream = || Source::Stream("Order-1");
    let make = || create(stream(), "g", settings());
    denied(peer.groups.create(by("jane", "p", make())).await);
    for (login, password) in [("admin", "changeit"), ("ops", "changeit")] {
        let make = by(login, password, make());
        peer.groups.create(make).await?;
        let change = || update(stream(), "g", settings());
        denied(peer.groups.update(by("jane", "p", change())).await);
        peer.groups.update(by(login, password, change())).await?;
        let again = || replay("Order-1", "g", None);
        denied(peer.groups.replay_parked(by("jane", "p", again())).await);
        let again = by(login, password, again());
        peer.groups.replay_parked(again).await?;
        let restart = by("jane", "p", Empty {});
        denied(peer.groups.restart_subsystem(restart).await);
        let restart = by(login, password, Empty {});
        peer.groups.restart_subsystem(restart).await?;
        let remove = || delete("Order-1", "g");
        denied(peer.groups.delete(by("jane", "p", remove())).await);
        peer.groups.delete(by(login, password, remove())).await?;
    }
    Ok(())
}

#[tokio::test]
async fn every_user_reads_a_group_and_looks_at_it_and_no_stranger_does() -> TestResult {
    let mut peer = guarded().await;
    let make = create(Source::Stream("Order-1"), "g", settings());
    peer.groups.create(by("ops", "changeit", make)).await?;
    let jane = by("jane", "p", ());
    peer.consume_as(jane, options("Order-1", "g", 1)).await?;
    let info = by("jane", "p", get_info("Order-1", "g"));
    peer.groups.get_info(info).await?;
    peer.groups.list(by("jane", "p", list_all())).await?;

    let refused = peer.consume("Order-1", "g", 1).await.map(drop);
    assert_eq!(refused.unwrap_err().code(), Code::Unauthenticated);
    let refused = peer.list().await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    Ok(())
}

#[tokio::test]
async fn operators_manage_projections_too() -> TestResult {
    let peer = guarded().await;
    let channel = crate::raw::channel(peer.server()).await;
    let mut projections = ProjectionsClient::new(channel);
    let enable = || EnableReq {
        options: Some(enable_req::Options {
            name: "$by_category".to_owned(),
        }),
    };
    denied(projections.enable(by("jane", "p", enable())).await);
    projections.enable(by("ops", "changeit", enable())).await?;
    Ok(())
}
