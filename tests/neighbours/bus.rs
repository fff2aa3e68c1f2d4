//! Requests and replies.

use crate::domain::{
    Account, Accounts, Credit, Debit, DebitFault, answers, bus, every_store, memory, read, start,
    wait_for_answers,
};
use plumberd::{
    Event,
    codec::{Codec, CodecError, Json},
    command::{
        Command, CommandBus, CommandContext, CommandFault, CommandHandlers, CommandQueue,
        CommandServer, InvalidHandlers, NoFault, PostError, SendError, ServerError, outcome_id,
        session_in, session_out,
    },
    event::{EventValue, NewEvent, new_event_id},
    prelude::*,
    stream::TenantId,
};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::sync::Semaphore;

#[tokio::test]
async fn a_command_is_done_and_everything_is_written_as_dotnet_writes_it() {
    for (store, kept) in every_store().await {
        let accounts = Accounts::new(&store);
        let server = start(&store, &accounts).await;
        let bus = bus(&store);
        let recipient = new_event_id();
        let mut command = Credit::number(1);
        command.id = new_event_id();
        let user = MessageContext::new().with_user("joe");

        let done = bus
            .send(recipient, command.clone())
            .context(user)
            .await
            .unwrap();

        let (id, session) = (command.id.to_string(), bus.session().to_string());
        assert_eq!(done.command_id, command.id);
        // The request.
        let sent = read(&store, &session_in(&session).unwrap()).await;
        assert_eq!(sent.len(), 1);
        assert_eq!(
            (sent[0].id, sent[0].event_type.as_str()),
            (command.id, "Credit")
        );
        assert_eq!(
            sent[0].data,
            format!(r#"{{"Id":"{id}","Amount":1,"Number":1}}"#)
        );
        let metadata = sent[0].metadata().unwrap();
        let keys: Vec<_> = metadata.json().iter().map(|(key, _)| key).collect();
        assert_eq!(
            keys,
            [
                "Created",
                "ClientHostName",
                "$correlationId",
                "$causationId",
                "RecipientId",
                "SessionId",
                "UserId"
            ]
        );
        // The event of the handler, and the answer.
        let stream = StreamName::new("Account", recipient).unwrap();
        let event = read(&store, &stream).await.remove(0);
        let answer = answers(&store, bus.session()).await.remove(0);
        assert_eq!(answer.event_type.as_str(), "CreditExecuted");
        assert_eq!(answer.id, outcome_id(command.id, &session));
        let body: serde_json::Value = serde_json::from_slice(&answer.data).unwrap();
        assert_eq!(body["CommandId"], id.as_str());
        assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
        // A `TimeSpan` of hours, minutes and seconds.
        let duration = body["Duration"].as_str().unwrap();
        assert_eq!(duration.split('.').next().unwrap().len(), "00:00:00".len());
        assert_eq!(duration.matches(':').count(), 2, "{duration}");
        for written in [&sent[0], &event, &answer] {
            let metadata = written.metadata().unwrap();
            assert_eq!(metadata.correlation_id(), Some(id.clone()));
            assert_eq!(metadata.causation_id(), Some(id.clone()));
            assert_eq!(metadata.recipient_id(), Some(recipient.to_string()));
            assert_eq!(metadata.session_id(), Some(session.clone()));
            assert_eq!(metadata.user_id().as_deref(), Some("joe"));
            assert!(metadata.created().unwrap().is_some());
        }
        // The streams of the session are not kept for ever.
        for stream in [session_in(&session), session_out(&session)] {
            let (metadata, _) = store.stream_metadata(&stream.unwrap()).await.unwrap();
            let month = Duration::from_secs(30 * 86_400);
            assert_eq!(metadata.max_age, kept.forgets().then_some(month));
        }
        let stats = server.shutdown().await.unwrap();
        assert_eq!((stats.executed, stats.failed, stats.skipped), (1, 0, 0));
    }
}

#[tokio::test]
async fn an_unknown_user_is_written_as_null() {
    let (store, _) = memory().await;
    let bus = bus(&store);

    bus.post("r", Credit::number(1)).await.unwrap();

    let sent = read(&store, &session_in(bus.session()).unwrap()).await;
    let metadata = sent[0].metadata().unwrap();
    assert_eq!(metadata.json().get("UserId").unwrap().get(), "null");
}

#[tokio::test]
async fn each_way_to_fail_has_its_code_its_name_and_its_type() {
    for (store, _folder) in every_store().await {
        let accounts = Accounts::new(&store);
        let server = start(&store, &accounts).await;
        let bus = bus(&store);
        let to = new_event_id();
        let send = async |how| bus.send(to, Debit::refused_with(how)).await.unwrap_err();

        for (how, code, message) in [
            ("invalid", 400, "bad"),
            ("error", 500, "the disk is full"),
            ("code", 402, "pay"),
            ("panic", 500, "the handler of the command panicked"),
        ] {
            let error = send(how).await;
            assert!(matches!(&error, SendError::Failed { .. }), "{error:?}");
            assert_eq!(error.code(), Some(code), "{how}");
            assert!(error.to_string().starts_with(message), "{error}");
        }
        let SendError::Fault(fault) = send("fault").await else {
            panic!("no fault")
        };
        let missing = dec!(1.50);
        assert_eq!(fault.data, DebitFault::InsufficientFunds { missing });
        assert_eq!((fault.code, fault.message.as_str()), (409, "no"));
        let closed = send("closed").await;
        assert!(
            matches!(closed, SendError::Fault(fault) if fault.data == DebitFault::AccountClosed)
        );

        let written = answers(&store, bus.session()).await;
        let types: Vec<_> = written.iter().map(|a| a.event_type.as_str()).collect();
        assert_eq!(types[0], "DebitFailed");
        assert_eq!(types[4], "DebitFailed<InsufficientFunds>");
        assert_eq!(types[5], "DebitFailed<AccountClosed>");
        let body = String::from_utf8_lossy(&written[4].data).into_owned();
        assert!(
            body.ends_with(r#","Message":"no","Code":409,"Fault":{"Missing":1.50}}"#),
            "{body}"
        );
        assert_eq!(server.shutdown().await.unwrap().failed, 6);
    }
}

#[tokio::test]
async fn a_command_that_is_wrong_in_itself_is_not_sent() {
    let (store, _) = memory().await;
    let bus = bus(&store);
    let mut command = Credit::number(1);
    command.amount = dec!(0);

    let error = bus.send("r", command.clone()).await.unwrap_err();
    let posted = bus.post("r", command).await.unwrap_err();

    assert!(matches!(error, SendError::Invalid(_)));
    assert_eq!(error.code(), Some(400));
    assert!(matches!(posted, PostError::Invalid(_)));
    assert!(
        read(&store, &session_in(bus.session()).unwrap())
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn handlers_check_what_others_send_unchecked() {
    #[derive(Event)]
    #[event(type = "Credit")]
    struct Unchecked {
        amount: i32,
        #[event(id)]
        id: Uuid,
        number: u32,
    }
    impl Command for Unchecked {
        type Fault = NoFault;
    }
    let (store, _) = memory().await;
    let accounts = Accounts::new(&store);
    let _server = start(&store, &accounts).await;
    let bus = bus(&store);
    let command = Unchecked {
        amount: -5,
        id: new_event_id(),
        number: 0,
    };

    let error = bus.send(new_event_id(), command).await.unwrap_err();

    assert_eq!(error.code(), Some(400));
    assert_eq!(accounts.runs(), 0);
}

#[tokio::test]
async fn a_recipient_that_is_no_id_is_answered_with_400() {
    let (store, _) = memory().await;
    let accounts = Accounts::new(&store);
    let _server = start(&store, &accounts).await;

    let error = bus(&store).send("nobody", Credit::number(1)).await;

    let error = error.unwrap_err();
    assert_eq!(error.code(), Some(400));
    assert!(
        error.to_string().contains("`RecipientId` is no Uuid"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn no_answer_in_time_is_an_error_of_its_own() {
    let (store, _) = memory().await;
    let bus = bus(&store);

    let error = bus.send("r", Credit::number(1)).await.unwrap_err();

    let two_minutes = Duration::from_secs(120);
    assert!(
        matches!(error, SendError::TimedOut { after, .. } if after == two_minutes),
        "{error:?}"
    );
    let quick = bus
        .send("r", Credit::number(2))
        .timeout(Duration::from_millis(5));
    assert!(quick.await.unwrap_err().is_transient());
    assert_eq!(bus.pending(), 0);
}

#[tokio::test]
async fn a_command_that_is_posted_is_done_by_and_by() {
    for (store, _folder) in every_store().await {
        let accounts = Accounts::new(&store);
        let bus = bus(&store);
        let to = new_event_id();

        let id = bus.post(to, Credit::number(1)).await.unwrap();
        let server = start(&store, &accounts).await;

        wait_for_answers(&store, bus.session(), 1).await;
        let answer = answers(&store, bus.session()).await.remove(0);
        assert_eq!(answer.id, outcome_id(id, &bus.session().to_string()));
        server.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn a_queue_has_no_more_sessions_than_it_says() {
    let (store, _) = memory().await;
    let queue = CommandQueue::with_sessions(store.clone(), 3);
    let to = new_event_id();

    let all = (0..40).map(|number| queue.queue(to, Credit::number(number)));
    let ids: BTreeSet<_> = futures_util::future::join_all(all)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();

    assert_eq!(ids.len(), 40);
    let sent = store
        .read_all(
            ReadOptions::forwards(),
            Filter::new().stream_prefix(">SessionIn-"),
        )
        .collect_all()
        .await
        .unwrap();
    let sessions: BTreeSet<_> = sent.iter().map(|event| event.stream.clone()).collect();
    assert_eq!(sent.len(), 40);
    assert!(sessions.len() <= 3, "{sessions:?}");
    assert_eq!(
        (CommandQueue::new(store).sessions(), queue.sessions()),
        (64, 3)
    );
}

#[tokio::test]
async fn a_handler_of_this_process_is_run_without_the_store() {
    let (store, _) = memory().await;
    let accounts = Accounts::new(&store);
    let handlers = CommandHandlers::new().with(accounts.clone());
    let bus = bus(&store).with_handlers(handlers).unwrap();
    let to = new_event_id();
    let mut command = Credit::number(1);
    command.id = new_event_id();

    let first = bus.send(to, command.clone()).await.unwrap();
    let again = bus.send(to, command.clone()).await.unwrap();
    let fault = bus
        .send(to, Debit::refused_with("fault"))
        .await
        .unwrap_err();
    let panicked = bus.send(to, Debit::refused_with("panic")).await;

    assert_eq!(first, again);
    assert_eq!(accounts.runs(), 3, "the second was answered from memory");
    assert!(matches!(fault, SendError::Fault(_)));
    assert_eq!(panicked.unwrap_err().code(), Some(500));
    assert!(
        read(&store, &session_in(bus.session()).unwrap())
            .await
            .is_empty()
    );
    let event = read(&store, &StreamName::new("Account", to).unwrap()).await;
    let metadata = event[0].metadata().unwrap();
    assert_eq!(metadata.causation_id(), Some(command.id.to_string()));
    assert_eq!(metadata.recipient_id(), Some(to.to_string()));
}

#[tokio::test]
async fn a_command_sent_twice_is_done_once_and_both_get_the_first_outcome() {
    for (store, _folder) in every_store().await {
        let accounts = Accounts::new(&store);
        let server = start(&store, &accounts).await;
        let bus = bus(&store);
        let to = new_event_id();
        let mut command = Credit::number(1);
        command.id = new_event_id();

        let (a, b) = tokio::join!(async { bus.send(to, command.clone()).await }, async {
            bus.send(to, command.clone()).await
        });
        let later = bus.send(to, command.clone()).await.unwrap();
        // After a restart of the sender, too.
        let again = CommandBus::in_session(store.clone(), bus.session());
        let last = again.send(to, command).await.unwrap();

        assert_eq!(a.unwrap(), b.unwrap());
        assert_eq!(later, last);
        assert_eq!(accounts.runs(), 1);
        assert_eq!(answers(&store, bus.session()).await.len(), 1);
        server.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn a_failure_is_the_first_outcome_as_well() {
    let (store, _) = memory().await;
    let accounts = Accounts::new(&store);
    let _server = start(&store, &accounts).await;
    let bus = bus(&store);
    let mut command = Debit::refused_with("fault");
    command.id = new_event_id();
    let to = new_event_id();

    let first = bus.send(to, command.clone()).await.unwrap_err();
    let again = bus.send(to, command).await.unwrap_err();

    assert_eq!(format!("{first:?}"), format!("{again:?}"));
    assert_eq!(accounts.runs(), 1);
}

#[tokio::test]
async fn a_command_sent_again_in_another_session_appends_nothing_more() {
    let (store, _) = memory().await;
    let accounts = Accounts::new(&store);
    let _server = start(&store, &accounts).await;
    let to = new_event_id();
    let mut command = Credit::number(1);
    command.id = new_event_id();

    for _ in 0..3 {
        bus(&store).send(to, command.clone()).await.unwrap();
    }

    let stream = StreamName::new("Account", to).unwrap();
    assert_eq!(read(&store, &stream).await.len(), 1);
}

#[tokio::test]
async fn an_id_of_another_command_is_refused() {
    let (store, _) = memory().await;
    let bus = bus(&store);
    let mut command = Credit::number(1);
    command.id = new_event_id();
    bus.post("r", command.clone()).await.unwrap();
    command.number = 2;

    let error = bus.send("r", command).await.unwrap_err();

    assert!(matches!(error, SendError::IdTaken { .. }), "{error:?}");
    assert_eq!(bus.pending(), 0);
}

#[tokio::test]
async fn an_id_of_one_command_is_not_for_other_content_another_type_or_another_recipient() {
    for in_process in [false, true] {
        let (store, _) = memory().await;
        let accounts = Accounts::new(&store);
        let _server = start(&store, &accounts).await;
        let mut bus = bus(&store);
        if in_process {
            let handlers = CommandHandlers::new().with(accounts.clone());
            bus = bus.with_handlers(handlers).unwrap();
        }
        let (to, id) = (new_event_id(), new_event_id());
        let credit = |number| {
            let mut credit = Credit::number(number);
            credit.id = id;
            credit
        };
        let mut debit = Debit::refused_with("code");
        debit.id = id;
        let first = bus.send(to, credit(1)).await.unwrap();

        let content = bus.send(to, credit(2)).await;
        let kind = bus.send(to, debit).await;
        let recipient = bus.send(new_event_id(), credit(1)).await;

        let taken = [
            matches!(content, Err(SendError::IdTaken { command_id }) if command_id == id),
            matches!(kind, Err(SendError::IdTaken { command_id }) if command_id == id),
            matches!(recipient, Err(SendError::IdTaken { command_id }) if command_id == id),
        ];
        assert_eq!(taken, [true; 3], "in process: {in_process}");
        assert_eq!(bus.send(to, credit(1)).await.unwrap(), first);
        assert_eq!(accounts.runs(), 1);
        assert_eq!(bus.pending(), 0);
    }
}

#[tokio::test]
async fn a_command_without_an_id_is_written_with_one_that_dotnet_finds() {
    #[derive(Event)]
    struct Ring {
        times: u32,
    }
    impl Command for Ring {
        type Fault = NoFault;
    }
    #[derive(EventValue)]
    struct Swept {
        id: Uuid,
    }
    #[derive(Event)]
    struct Sweep(#[event(with = "of_unknown_keys")] Swept);
    impl Command for Sweep {
        type Fault = NoFault;
    }
    let (store, _) = memory().await;
    let bus = bus(&store);
    // Not marked as the id, and so not made by anybody.
    let nil = Sweep(Swept { id: Uuid::nil() });

    let ring = bus.post("r", Ring { times: 3 }).await.unwrap();
    let sweep = bus.post("r", nil).await.unwrap();

    let sent = read(&store, &session_in(bus.session()).unwrap()).await;
    assert_eq!(sent[0].data, format!(r#"{{"Id":"{ring}","Times":3}}"#));
    assert_eq!(sent[0].id, ring);
    assert_eq!(sent[1].data, format!(r#"{{"Id":"{sweep}"}}"#));
    assert_eq!(sent[1].id, sweep);
}

/// Functions that may write any key, for all that the compiler knows: with the form of the
/// value itself it would refuse an unmarked `Id`.
mod of_unknown_keys {
    use plumberd::EventValue;
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<T: EventValue, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
    }

    pub(super) fn deserialize<'de, T: EventValue, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        T::deserialize(deserializer)
    }
}

/// A codec that is none of JSON's.
struct Binary;

impl Codec for Binary {
    const CONTENT_TYPE: &'static str = "application/octet-stream";

    fn encode<T: EventValue>(value: &T, out: &mut Vec<u8>) -> Result<(), CodecError> {
        Json::encode(value, out)
    }

    fn decode<T: EventValue>(data: &[u8]) -> Result<T, CodecError> {
        Json::decode(data)
    }
}

#[tokio::test]
async fn a_command_that_is_not_json_is_refused_and_not_written() {
    #[derive(Event)]
    #[event(codec = Binary)]
    struct Tick {
        times: u32,
    }
    impl Command for Tick {
        type Fault = NoFault;
    }
    let (store, _) = memory().await;
    let bus = bus(&store);

    let sent = bus.send("r", Tick { times: 1 }).await.unwrap_err();
    let posted = bus.post("r", Tick { times: 1 }).await.unwrap_err();

    assert!(matches!(sent, SendError::Encode(_)), "{sent:?}");
    let PostError::Encode(error) = posted else {
        panic!("{posted:?}")
    };
    let why = error.source.to_string();
    assert!(why.contains("`application/octet-stream`"), "{why}");
    let written = read(&store, &session_in(bus.session()).unwrap()).await;
    assert!(written.is_empty());
}

#[tokio::test]
async fn the_tenant_of_the_sender_is_the_handler_s() {
    for in_process in [false, true] {
        let (store, _) = memory().await;
        let (seen, mut tenants) = tokio::sync::mpsc::unbounded_channel();
        let mut handlers = CommandHandlers::new();
        handlers.add(move |_: Uuid, _: Credit, context: CommandContext| {
            let _ = seen.send(context.message().tenant_id().cloned());
            async { Ok::<_, CommandFault>(()) }
        });
        let mut bus = bus(&store);
        let server = CommandServer::new(store.clone(), "Tenants", handlers.clone());
        let _server = server.start().await.unwrap();
        if in_process {
            bus = bus.with_handlers(handlers).unwrap();
        }
        let tenant: TenantId = "acme".parse().unwrap();

        bus.send(new_event_id(), Credit::number(1))
            .context(MessageContext::new().with_tenant(tenant.clone()))
            .await
            .unwrap();

        assert_eq!(tenants.recv().await.unwrap(), Some(tenant));
    }
}

#[tokio::test]
async fn the_first_of_several_answers_is_the_one_that_a_repeated_command_gets() {
    for (store, _folder) in every_store().await {
        let bus = bus(&store);
        let mut command = Credit::number(1);
        command.id = new_event_id();
        let id = bus.post("r", command.clone()).await.unwrap();
        let answer = |event_type: &str, id: Uuid, seconds: u32| {
            let data = format!(r#"{{"CommandId":"{id}","Duration":"00:00:0{seconds}"}}"#);
            // Not with plumberd's id: another program answers.
            NewEvent::new(new_event_id(), event_type.parse().unwrap(), data)
        };
        let other = new_event_id();
        let written = vec![
            answer("CreditExecuted", other, 3),
            answer("CreditExecuted", id, 5),
            answer("CreditFailed", id, 7),
            answer("CreditExecuted", other, 9),
        ];
        store
            .append(
                &session_out(bus.session()).unwrap(),
                ExpectedRevision::Any,
                written,
            )
            .await
            .unwrap();

        let done = bus.send("r", command).await.unwrap();

        assert_eq!((done.command_id, done.duration.as_secs()), (id, 5));
    }
}

#[tokio::test]
async fn the_names_of_handlers_come_in_order() {
    let mut handlers = CommandHandlers::new();
    let names: [&'static str; 6] = ["F", "B", "E", "A", "D", "C"];
    macro_rules! add {
        ($($name:literal),*) => {$({
            #[derive(Event)]
            #[event(type = $name)]
            struct Named {}
            impl Command for Named {
                type Fault = NoFault;
            }
            handlers.add(|_: Uuid, _: Named, _| async { Ok::<_, CommandFault>(()) });
        })*};
    }
    add!("F", "B", "E", "A", "D", "C");

    let found: Vec<_> = handlers.names().collect();

    let mut sorted = names;
    sorted.sort_unstable();
    assert_eq!(found, sorted);
}

#[tokio::test]
async fn an_id_that_is_not_marked_is_the_command_s_all_the_same() {
    #[derive(EventValue)]
    struct Inside {
        id: Uuid,
        amount: Decimal,
        number: u32,
    }
    #[derive(Event)]
    #[event(type = "Credit")]
    struct Plain(#[event(with = "of_unknown_keys")] Inside);
    impl Command for Plain {
        type Fault = NoFault;
    }
    let (store, _) = memory().await;
    let accounts = Accounts::new(&store);
    let _server = start(&store, &accounts).await;
    let (bus, id) = (bus(&store), new_event_id());
    let command = Plain(Inside {
        id,
        amount: dec!(1),
        number: 1,
    });

    let done = bus.send(new_event_id(), command).await.unwrap();

    assert_eq!(done.command_id, id);
    let sent = read(&store, &session_in(bus.session()).unwrap()).await;
    assert_eq!(sent[0].id, id);
}

#[tokio::test]
async fn commands_to_one_recipient_are_done_in_order_and_others_beside_them() {
    for (store, _folder) in every_store().await {
        let gate = Arc::new(Semaphore::new(0));
        let mut accounts = Accounts::new(&store);
        accounts.gate = Some(Arc::clone(&gate));
        let bus = bus(&store);
        let recipients = [new_event_id(), new_event_id(), new_event_id()];
        for number in 0..30 {
            let to = recipients[usize::try_from(number).unwrap() % 3];
            bus.post(to, Credit::number(number)).await.unwrap();
        }

        let server = start(&store, &accounts).await;
        // One of each recipient is in its handler, and no more.
        accounts.seen(3).await;
        assert_eq!(accounts.runs(), 3);
        gate.add_permits(30);
        wait_for_answers(&store, bus.session(), 30).await;

        for (first, to) in (0_u32..).zip(recipients) {
            let stream = StreamName::new("Account", to).unwrap();
            let events = read(&store, &stream).await;
            let numbers: Vec<_> = events
                .iter()
                .map(|event| event.decode::<crate::domain::Credited>().unwrap().command)
                .collect();
            let expected: Vec<_> = (0..10).map(|round| first + 3 * round).collect();
            assert_eq!(numbers, expected);
        }
        server.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn no_more_run_at_once_than_were_asked_for() {
    let (store, _) = memory().await;
    let gate = Arc::new(Semaphore::new(0));
    let mut accounts = Accounts::new(&store);
    accounts.gate = Some(Arc::clone(&gate));
    let bus = bus(&store);
    for number in 0..20 {
        bus.post(new_event_id(), Credit::number(number))
            .await
            .unwrap();
    }

    let server = crate::domain::server(&store, &accounts).concurrency(4);
    let server = server.start().await.unwrap();
    accounts.seen(4).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(accounts.runs(), 4);
    gate.add_permits(20);
    wait_for_answers(&store, bus.session(), 20).await;
    assert_eq!(server.shutdown().await.unwrap().executed, 20);
}

#[tokio::test]
async fn two_handlers_for_one_command_and_none_at_all_are_refused() {
    let (store, _) = memory().await;
    let accounts = Accounts::new(&store);
    let two = CommandHandlers::new().with(accounts.clone()).with(accounts);

    let error = CommandServer::new(store.clone(), "Two", two.clone())
        .start()
        .await;
    assert!(matches!(
        error,
        Err(ServerError::Handlers(InvalidHandlers::TwoHandlers { .. }))
    ));
    assert!(bus(&store).with_handlers(two).is_err());
    let none = CommandServer::new(store, "None", CommandHandlers::new());
    assert!(matches!(
        none.start().await,
        Err(ServerError::Handlers(InvalidHandlers::None))
    ));
}

#[tokio::test]
async fn a_fault_can_be_looked_at_by_the_handler_s_own_tests() {
    let fault = CommandFault::fault(409, "no", &DebitFault::AccountClosed);

    assert_eq!((fault.code(), fault.message()), (409, "no"));
    assert_eq!(
        format!("{fault:?}"),
        r#"CommandFault { code: 409, message: "no", fault: Some("AccountClosed") }"#
    );
    let _ = Account::default();
}
