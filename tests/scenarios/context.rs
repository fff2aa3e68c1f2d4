//! The ambient context, as it reaches the metadata.

use plumberd::{backend::memory::Memory, event::new_event_id, prelude::*};
use plumberd_tests::counter::Counter;

async fn only_event(counters: &Repository<Counter>, id: Uuid) -> RecordedEvent {
    let mut events = counters.history(&id).unwrap().collect_all().await.unwrap();
    assert_eq!(events.len(), 1);
    events.remove(0)
}

fn keys(event: &RecordedEvent) -> Vec<String> {
    let metadata = event.metadata().unwrap();
    metadata
        .json()
        .iter()
        .map(|(key, _)| key.to_owned())
        .collect()
}

#[tokio::test]
async fn without_a_context_an_event_is_its_own_correlation_and_cause() {
    let counters = Store::new(Memory::new()).repository();
    let id = new_event_id();

    counters.execute(id, |c: &Counter| c.add(1)).await.unwrap();

    let event = only_event(&counters, id).await;
    let metadata = event.metadata().unwrap();
    assert_eq!(
        keys(&event),
        [
            "Created",
            "ClientHostName",
            "$correlationId",
            "$causationId"
        ]
    );
    assert_eq!(metadata.correlation_id(), Some(event.id.to_string()));
    assert_eq!(metadata.causation_id(), Some(event.id.to_string()));
    assert!(
        metadata
            .client_host_name()
            .is_some_and(|host| !host.is_empty())
    );
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_client_host_name_is_the_name_of_the_machine() {
    let counters = Store::new(Memory::new()).repository();
    let id = new_event_id();
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();

    counters.execute(id, |c: &Counter| c.add(1)).await.unwrap();

    let event = only_event(&counters, id).await;
    let written = event.metadata().unwrap().client_host_name();
    assert_eq!(written.as_deref(), Some(name.trim_end()));
}

#[tokio::test]
async fn the_ambient_context_is_written_in_its_order_and_headers_may_override() {
    let counters = Store::new(Memory::new()).repository();
    let id = new_event_id();
    let correlation = new_event_id();
    let context = MessageContext::new()
        .with_correlation(correlation)
        .with_user("joe")
        .with_session("s-1")
        .with_recipient("r-1")
        .with_tenant("acme".parse().unwrap())
        .with_header("Reason", &["a", "b"])
        .unwrap()
        .with_header("ClientHostName", "MARS")
        .unwrap();

    context
        .scope(async { counters.execute(id, |c: &Counter| c.add(1)).await.unwrap() })
        .await;

    let event = only_event(&counters, id).await;
    let metadata = event.metadata().unwrap();
    assert_eq!(
        keys(&event),
        [
            "Created",
            "ClientHostName",
            "$correlationId",
            "$causationId",
            "UserId",
            "SessionId",
            "RecipientId",
            "TenantId",
            "Reason"
        ]
    );
    assert_eq!(metadata.correlation_id(), Some(correlation.to_string()));
    assert_eq!(metadata.client_host_name().as_deref(), Some("MARS"));
    assert_eq!(metadata.json().get("Reason").unwrap().get(), r#"["a","b"]"#);
}

#[tokio::test]
async fn a_commands_own_context_comes_before_the_ambient_one() {
    let counters = Store::new(Memory::new()).repository();
    let id = new_event_id();
    let own = MessageContext::new().with_user("own");

    MessageContext::new()
        .with_user("ambient")
        .scope(async {
            counters
                .execute(id, |c: &Counter| c.add(1))
                .context(own)
                .await
                .unwrap()
        })
        .await;

    let user = only_event(&counters, id)
        .await
        .metadata()
        .unwrap()
        .user_id();
    assert_eq!(user.as_deref(), Some("own"));
}

#[tokio::test]
async fn what_reacts_to_an_event_has_it_as_its_cause() {
    let counters = Store::new(Memory::new()).repository();
    let (first, second) = (new_event_id(), new_event_id());
    let begin = MessageContext::new().with_user("joe");
    counters
        .execute(first, |c: &Counter| c.add(1))
        .context(begin)
        .await
        .unwrap();
    let cause = only_event(&counters, first).await;

    let context = MessageContext::caused_by(&cause).unwrap();
    context
        .scope(async { counters.execute(second, |c| c.add(1)).await.unwrap() })
        .await;

    let effect = only_event(&counters, second).await.metadata().unwrap();
    assert_eq!(effect.causation_id(), Some(cause.id.to_string()));
    assert_eq!(
        effect.correlation_id(),
        cause.metadata().unwrap().correlation_id()
    );
    assert_eq!(effect.user_id().as_deref(), Some("joe"));
}

#[tokio::test(flavor = "multi_thread")]
async fn contexts_of_tasks_that_run_together_do_not_mix() {
    let tasks: Vec<_> = (0..16)
        .map(|task| {
            let context = MessageContext::new().with_user(task.to_string());
            tokio::spawn(async move {
                let future = async move {
                    for _ in 0..100 {
                        tokio::task::yield_now().await;
                        let user = task.to_string();
                        assert_eq!(MessageContext::current().user_id(), Some(user.as_str()));
                    }
                };
                context.scope(future).await;
                assert_eq!(MessageContext::current(), MessageContext::new());
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn the_log_of_another_system_keeps_its_own_time() {
    let counters = Store::new(Memory::new()).repository();
    let id = new_event_id();
    let time = DateTime::parse_from_rfc3339("2011-10-11T13:45:40.2760001+02:00").unwrap();
    let context = MessageContext::new().with_created(time).unwrap();

    counters
        .execute(id, |c: &Counter| c.add(1))
        .context(context)
        .await
        .unwrap();

    let event = only_event(&counters, id).await;
    let created = event
        .metadata()
        .unwrap()
        .json()
        .get("Created")
        .unwrap()
        .get()
        .to_owned();
    assert_eq!(created, "\"2011-10-11T13:45:40.2760001+02:00\"");
    assert!(event.recorded_at.fixed_offset() > time);
}
