//! py-micro-plumberd's bus: it sends, and does not listen.

use crate::domain::{Accounts, answers, every_store, start, wait_for_answers};
use plumberd::{
    command::{outcome_id, session_in},
    event::{NewEvent, RawMetadata, new_event_id},
    prelude::*,
};

/// Writes a command as Python writes it: the event's id is random, the
/// command's is in the data.
pub(crate) async fn send(store: &Store, session: Uuid, name: &str, data: String, metadata: String) {
    let event = NewEvent::new(new_event_id(), name.parse().unwrap(), data)
        .with_raw_metadata(RawMetadata::new(metadata.into()));
    let stream = session_in(session).unwrap();
    loop {
        let batch = vec![event.clone()];
        match store.append(&stream, ExpectedRevision::Any, batch).await {
            Ok(_) => return,
            Err(error) if error.is_transient() => tokio::time::sleep(PAUSE).await,
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// Before something is tried again while the store is away.
pub(crate) const PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

pub(crate) fn metadata(id: Uuid, session: Uuid, recipient: &str) -> String {
    format!(
        "{{\"Created\": \"2025-07-13T18:22:19.2192660+00:00\", \"ClientHostName\": \"MARS\", \
         \"$correlationId\": \"{id}\", \"$causationId\": \"{id}\", \"RecipientId\": \"{recipient}\", \
         \"SessionId\": \"{session}\", \"UserId\": null}}"
    )
}

#[tokio::test]
async fn a_command_of_python_is_done_and_answered_on_its_session() {
    for (store, _folder) in every_store().await {
        let accounts = Accounts::new(&store);
        let server = start(&store, &accounts).await;
        let (id, session, to) = (new_event_id(), new_event_id(), new_event_id());
        let data = format!("{{\"Id\": \"{id}\", \"Amount\": 2.5, \"Number\": 7}}");

        let metadata = metadata(id, session, &to.to_string());
        send(&store, session, "Credit", data.clone(), metadata.clone()).await;
        // Python has no idempotence: a retry is another event.
        send(&store, session, "Credit", data, metadata).await;

        wait_for_answers(&store, session, 1).await;
        server.shutdown().await.unwrap();
        let answers = answers(&store, session).await;
        assert_eq!(answers.len(), 1);
        assert_eq!(answers[0].event_type.as_str(), "CreditExecuted");
        assert_eq!(answers[0].id, outcome_id(id, &session.to_string()));
        let metadata = answers[0].metadata().unwrap();
        assert_eq!(metadata.correlation_id(), Some(id.to_string()));
        assert_eq!(metadata.recipient_id(), Some(to.to_string()));
        assert_eq!(metadata.user_id(), None);
        let account = StreamName::new("Account", to).unwrap();
        assert_eq!(crate::domain::read(&store, &account).await.len(), 1);
    }
}

#[tokio::test]
async fn a_command_of_python_that_was_answered_long_ago_is_not_run_again() {
    for (store, _folder) in every_store().await {
        let accounts = Accounts::new(&store);
        let (session, to) = (new_event_id(), new_event_id());
        let command = async |id: Uuid| {
            let data = format!("{{\"Id\": \"{id}\", \"Amount\": 1, \"Number\": 7}}");
            let metadata = metadata(id, session, &to.to_string());
            send(&store, session, "Credit", data, metadata).await;
        };
        let (first, last) = (new_event_id(), new_event_id());
        command(first).await;
        let server = start(&store, &accounts).await;
        wait_for_answers(&store, session, 1).await;
        let others = answers_of_others(300);
        let stream = plumberd::command::session_out(session).unwrap();
        store
            .append(&stream, ExpectedRevision::Any, others)
            .await
            .unwrap();
        server.shutdown().await.unwrap();

        let server = start(&store, &accounts).await;
        // Python has no idempotence: its retry is another event.
        command(first).await;
        command(last).await;
        wait_for_answers(&store, session, 302).await;
        let stats = server.shutdown().await.unwrap();

        assert_eq!(accounts.runs(), 2);
        assert_eq!((stats.executed, stats.answered_before), (1, 1));
    }
}

fn answers_of_others(count: usize) -> Vec<NewEvent> {
    let answer = |id| {
        let data = format!(r#"{{"CommandId":"{id}","Duration":"00:00:00"}}"#);
        NewEvent::new(new_event_id(), "CreditExecuted".parse().unwrap(), data)
    };
    (0..count).map(|_| answer(new_event_id())).collect()
}

#[tokio::test]
async fn answers_to_python_are_not_kept_for_ever() {
    for (store, kept) in every_store().await {
        let accounts = Accounts::new(&store);
        let server = start(&store, &accounts).await;
        let (id, session, to) = (new_event_id(), new_event_id(), new_event_id());
        let data = format!("{{\"Id\": \"{id}\", \"Amount\": 2.5, \"Number\": 7}}");
        let metadata = metadata(id, session, &to.to_string());

        send(&store, session, "Credit", data, metadata).await;
        wait_for_answers(&store, session, 1).await;
        server.shutdown().await.unwrap();

        let stream = plumberd::command::session_out(session).unwrap();
        let (metadata, _) = store.stream_metadata(&stream).await.unwrap();
        let month = std::time::Duration::from_secs(30 * 86_400);
        assert_eq!(metadata.max_age, kept.forgets().then_some(month));
    }
}
