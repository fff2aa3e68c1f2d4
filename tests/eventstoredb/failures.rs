//! What every failure of a call means: whether it may pass, and what it says
//! of what was written.

use crate::{
    faults::{config, stream, try_append},
    scripted::{Answer, Script, Scripted},
};
use futures_util::future::join_all;
use plumberd::{
    backend::eventstoredb::EventStoreDb,
    store::{EventStore, Filter, ReadOptions, StoreError, SubscribeFrom},
    stream::ExpectedRevision::Any,
};
use plumberd_testkit::esdb::{EsdbServer, Status};
use std::time::Duration;
use tonic::Code;

/// How long a call may go on when it is not answered well.
const DEADLINE: Duration = Duration::from_secs(10);

/// What an error says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// It may have been written; the same again tells.
    Unknown,
    /// Nothing was written, and it may pass.
    Passes,
    /// Nothing was written, and it does not pass.
    Lasts,
}

fn said(error: &StoreError) -> Says {
    let says = match error {
        StoreError::OutcomeUnknown { .. } => Says::Unknown,
        StoreError::Unavailable { .. } => Says::Passes,
        StoreError::Backend { .. }
        | StoreError::Unsupported { .. }
        | StoreError::Unauthenticated { .. }
        | StoreError::Conflict { .. }
        | StoreError::Forbidden { .. } => Says::Lasts,
        other => panic!("another error: {other:?}"),
    };
    assert_eq!(error.is_transient(), says != Says::Lasts, "{error:?}");
    says
}

/// What each kind of call says of this status.
async fn of(code: Code) -> (Code, [Says; 2], [Says; 3]) {
    let server = EsdbServer::start().await.unwrap();
    let store = EventStoreDb::lazy(config(&server, DEADLINE)).unwrap();
    let status = Status::new(code, "no more than that");
    server.faults().answer(usize::MAX, status.clone());
    // A stream is looked at before it is deleted.
    let script = Script::well();
    *script.delete.lock().unwrap() = status;
    let reads_only = Scripted::start(script).await;
    let config = reads_only.config().with_deadline(DEADLINE);
    let reads_well = EventStoreDb::lazy(config).unwrap();

    let name = stream("Order-1");
    let appended = try_append(&store, "Order-1");
    let deleted = reads_well.tombstone(&name, Any);
    let one = store.read_stream(&name, ReadOptions::forwards());
    let all = store.read_all(ReadOptions::forwards(), Filter::new());
    let followed = store.subscribe_stream(&name, SubscribeFrom::Start);
    let (appended, deleted, one, all, followed) = tokio::join!(
        appended,
        deleted,
        one.collect_all(),
        all.collect_all(),
        followed
    );

    let writes = [appended.map(|_| ()), deleted];
    let reads = [one.map(|_| ()), all.map(|_| ()), followed.map(|_| ())];
    (
        code,
        writes.map(|error| said(&error.unwrap_err())),
        reads.map(|error| said(&error.unwrap_err())),
    )
}

#[tokio::test]
async fn every_status_of_a_server_says_what_may_have_been_written_and_whether_it_passes() {
    use Says::{Lasts, Passes, Unknown};

    let expected = [
        (Code::Cancelled, [Unknown; 2], Passes),
        (Code::Unknown, [Unknown; 2], Passes),
        (Code::InvalidArgument, [Lasts; 2], Lasts),
        (Code::DeadlineExceeded, [Unknown; 2], Passes),
        // A server never says of a stream that there is none by this code.
        (Code::NotFound, [Unknown, Lasts], Passes),
        (Code::AlreadyExists, [Lasts; 2], Lasts),
        (Code::PermissionDenied, [Lasts; 2], Lasts),
        (Code::ResourceExhausted, [Unknown; 2], Passes),
        (Code::FailedPrecondition, [Lasts; 2], Lasts),
        (Code::Aborted, [Unknown; 2], Passes),
        // A client says so itself of an answer that it does not take.
        (Code::OutOfRange, [Unknown; 2], Lasts),
        (Code::Unimplemented, [Lasts; 2], Lasts),
        (Code::Internal, [Unknown; 2], Passes),
        (Code::Unavailable, [Unknown; 2], Passes),
        (Code::DataLoss, [Unknown; 2], Passes),
        (Code::Unauthenticated, [Lasts; 2], Lasts),
    ];

    let told = join_all(expected.iter().map(|(code, ..)| of(*code))).await;

    for ((code, writes, read), told) in expected.into_iter().zip(told) {
        assert_eq!(told, (code, writes, [read; 3]));
    }
}

/// An append goes through a session first, and by itself when that one ended
/// without an answer: a refusal then says nothing of what came before.
#[tokio::test]
async fn a_refusal_after_an_answer_that_leaves_it_open_leaves_it_open() {
    for (of_session, says) in [
        (Code::ResourceExhausted, Says::Unknown),
        (Code::OutOfRange, Says::Unknown),
        (Code::Unavailable, Says::Unknown),
        (Code::PermissionDenied, Says::Lasts),
    ] {
        let mut script = Script::new(|_| Answer::Status(Status::permission_denied("not you")));
        script.batch_code = Some(of_session.into());
        *script.append.lock().unwrap() = Err(Status::permission_denied("not you"));
        let server = Scripted::start(script).await;
        let store = EventStoreDb::lazy(server.config().with_deadline(DEADLINE)).unwrap();

        let error = try_append(&store, "Order-1").await.unwrap_err();

        assert_eq!(said(&error), says, "{of_session:?}: {error:?}");
    }
}
