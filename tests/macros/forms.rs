//! Aggregates with parameters, with services, in several blocks, and with a
//! handler for what no other handles.

use plumberd::{
    EventValue,
    aggregate::{Aggregate, HandlesCommand},
    prelude::*,
};
use std::{convert::Infallible, marker::PhantomData};

#[derive(Event, Debug, Clone, PartialEq)]
struct Credited<T> {
    amount: T,
}

#[derive(Event, Debug, Clone, PartialEq)]
#[event(alias = "Ended")]
struct Closed;

mod of_parameters {
    use super::*;

    trait Currency: Send + Sync + 'static {
        const CATEGORY: &'static str;
    }

    struct Eur;

    impl Currency for Eur {
        const CATEGORY: &'static str = "EurAccount";
    }

    struct Usd;

    impl Currency for Usd {
        const CATEGORY: &'static str = "UsdAccount";
    }

    struct Account<C, T> {
        balance: T,
        currency: PhantomData<C>,
    }

    impl<C, T: Default> Default for Account<C, T> {
        fn default() -> Self {
            Self {
                balance: T::default(),
                currency: PhantomData,
            }
        }
    }

    #[aggregate(category = C::CATEGORY)]
    impl<C: Currency, T: EventValue + Copy + Send + Sync + 'static> Account<C, T> {
        #[event_sourcing_handler]
        fn on_credited(&mut self, event: &Credited<T>) {
            self.balance = event.amount;
        }

        #[event_sourcing_handler]
        fn on_closed(&mut self, _: &Closed) {}

        #[command_handler]
        fn close(&self, _: Close) -> Result<Closed, Infallible> {
            Ok(Closed)
        }
    }

    #[derive(Clone)]
    struct Close;

    #[tokio::test]
    async fn each_type_of_an_aggregate_with_parameters_has_its_own_category() {
        let store = plumberd::connect("memory:").await.unwrap();
        let euros = store.repository::<Account<Eur, u64>>();
        let dollars = store.repository::<Account<Usd, u8>>();
        let id = Uuid::from_u128(1);

        let credit = |_: &Account<Eur, u64>| Ok::<_, Infallible>(Credited { amount: 500_u64 });
        euros.execute(id, credit).await.unwrap();

        assert_eq!(euros.load(id).await.unwrap().balance, 500);
        assert!(!dollars.exists(&id).await.unwrap());
        dollars.handle(id, Close).await.unwrap();
        assert_eq!(dollars.load(id).await.unwrap().balance, 0);
        assert_eq!(Account::<Eur, u64>::CATEGORY, "EurAccount");
        assert_eq!(Account::<Usd, u64>::HANDLERS.rows().len(), 2);
    }

    const SHARED: &str = "Shared";

    #[derive(Default)]
    struct Shared;

    #[aggregate(category = SHARED)]
    impl Shared {
        #[event_sourcing_handler]
        fn on_closed(&mut self, _: &Closed) {}
    }

    #[test]
    fn a_category_may_be_a_constant() {
        assert_eq!(Shared::CATEGORY, "Shared");
    }
}

#[allow(clippy::needless_lifetimes, reason = "a handler may name them")]
mod with_a_service {
    use super::*;

    trait Rates: Send + Sync {
        fn of(&self, currency: &str) -> Option<u64>;
    }

    struct Fixed(u64);

    impl Rates for Fixed {
        fn of(&self, currency: &str) -> Option<u64> {
            (currency == "EUR").then_some(self.0)
        }
    }

    #[derive(Clone, Copy)]
    struct Credit<'a> {
        amount: u64,
        currency: &'a str,
    }

    #[derive(Clone)]
    struct Double;

    #[derive(Default)]
    struct Account {
        balance: u64,
    }

    #[aggregate]
    impl Account {
        #[event_sourcing_handler]
        fn on_credited(&mut self, event: &Credited<u64>) {
            self.balance += event.amount;
        }

        #[command_handler]
        #[allow(
            clippy::elidable_lifetime_names,
            reason = "a lifetime that has a name is the case"
        )]
        fn credit<'a>(
            &self,
            command: Credit<'a>,
            rates: &dyn Rates,
        ) -> Result<Credited<u64>, String> {
            let rate = rates.of(command.currency).ok_or(command.currency)?;
            Ok(Credited {
                amount: command.amount * rate,
            })
        }

        #[command_handler]
        fn double(&self, _: Double, by: &Fixed) -> Result<Credited<u64>, Infallible> {
            Ok(Credited {
                amount: self.balance * by.0,
            })
        }
    }

    #[tokio::test]
    async fn a_command_is_decided_with_the_service_it_is_given() {
        let store = plumberd::connect("memory:").await.unwrap();
        let accounts = store.repository::<Account>();
        let id = Uuid::from_u128(1);
        let rates: &dyn Rates = &Fixed(3);
        let credit = |currency| Credit {
            amount: 5,
            currency,
        };

        accounts
            .handle_with(id, credit("EUR"), rates)
            .await
            .unwrap();
        accounts.handle_with(id, Double, &Fixed(2)).await.unwrap();
        let refused = accounts.handle_with(id, credit("USD"), rates).await;

        assert!(matches!(refused, Err(ExecuteError::Rejected(currency)) if currency == "USD"));
        assert_eq!(accounts.load(id).await.unwrap().balance, 45);
    }

    #[tokio::test]
    async fn a_command_with_a_service_is_carried_out_once_under_its_id() {
        let store = plumberd::connect("memory:").await.unwrap();
        let accounts = store.repository::<Account>();
        let id = Uuid::from_u128(1);
        let rates: &dyn Rates = &Fixed(1);
        let credit = Credit {
            amount: 5,
            currency: "EUR",
        };
        let key = Uuid::from_u128(9);

        for _ in 0..2 {
            let again = accounts.handle_with(id, credit, rates);
            again.command_id(key).await.unwrap();
        }

        assert_eq!(accounts.load(id).await.unwrap().balance, 5);
    }
}

mod in_several_blocks {
    use super::*;

    #[derive(Clone)]
    struct Close;

    #[derive(Default)]
    struct Account {
        log: Vec<&'static str>,
    }

    #[aggregate(blocks = 3)]
    impl Account {
        #[event_sourcing_handler]
        fn on_credited(&mut self, _: &Credited<u8>) {
            self.log.push("credited");
        }
    }

    #[aggregate(block = 2)]
    impl Account {
        #[event_sourcing_handler]
        fn on_closed(&mut self, _: &Closed) {
            self.log.push("closed");
        }
    }

    #[aggregate(block = 3)]
    impl Account {
        #[command_handler]
        fn close(&self, _: Close) -> Result<(Credited<u8>, Closed), Infallible> {
            Ok((Credited { amount: 0 }, Closed))
        }
    }

    #[tokio::test]
    async fn the_handlers_of_all_blocks_are_in_the_table() {
        let store = plumberd::connect("memory:").await.unwrap();
        let accounts = store.repository::<Account>();
        let id = Uuid::from_u128(1);

        accounts.handle(id, Close).await.unwrap();

        assert_eq!(accounts.load(id).await.unwrap().log, ["credited", "closed"]);
        let methods: Vec<_> = Account::HANDLERS
            .rows()
            .iter()
            .map(plumberd::aggregate::Row::method)
            .collect();
        assert_eq!(methods, ["on_credited", "on_closed"]);
        assert_eq!(Account::HANDLERS.rows()[1].types()[0].aliases, ["Ended"]);
    }

    #[test]
    fn a_block_may_hold_only_commands() {
        let decided = HandlesCommand::decide(&Account::default(), Close);

        assert_eq!(decided, Ok((Credited { amount: 0 }, Closed)));
    }
}

mod with_a_handler_of_all_others {
    use super::*;
    use plumberd::event::NewEvent;

    #[derive(Event)]
    #[event(type = "FromAnotherProgram")]
    struct Unknown {
        note: String,
    }

    #[derive(Default)]
    struct Account {
        closed: bool,
        others: Vec<(String, String)>,
    }

    #[aggregate(category = "Account")]
    impl Account {
        #[event_sourcing_handler]
        fn on_closed(&mut self, _: &Closed) {
            self.closed = true;
        }

        #[event_sourcing_handler(other)]
        fn on_other(&mut self, event: &RecordedEvent) {
            let data = String::from_utf8_lossy(&event.data).into_owned();
            let name = event.event_type.as_str().to_owned();
            self.others.push((name, data));
        }
    }

    #[derive(Default)]
    struct Strict;

    #[aggregate(category = "Account")]
    impl Strict {
        #[event_sourcing_handler]
        fn on_closed(&mut self, _: &Closed) {}
    }

    async fn store_with_an_unknown_event(id: Uuid) -> Store {
        let store = plumberd::connect("memory:").await.unwrap();
        let stream = StreamName::new("Account", id).unwrap();
        let unknown = Unknown { note: "hi".into() };
        let events = vec![
            NewEvent::encode(&unknown).unwrap(),
            NewEvent::encode(&Closed).unwrap(),
        ];
        store
            .append(&stream, ExpectedRevision::NoStream, events)
            .await
            .unwrap();
        store
    }

    #[tokio::test]
    async fn an_event_that_no_handler_is_for_goes_to_the_handler_of_all_others_as_recorded() {
        let id = Uuid::from_u128(1);
        let store = store_with_an_unknown_event(id).await;

        let account = store.repository::<Account>().load(id).await.unwrap();

        let expected = ("FromAnotherProgram".into(), r#"{"Note":"hi"}"#.into());
        assert_eq!(account.others, [expected]);
        assert!(account.closed, "what has a handler goes there");
        assert_eq!(account.revision(), Some(Revision::new(1)));
    }

    #[tokio::test]
    async fn without_such_a_handler_an_unknown_event_is_an_error() {
        let id = Uuid::from_u128(1);
        let store = store_with_an_unknown_event(id).await;

        let error = store.repository::<Strict>().load(id).await.unwrap_err();

        let text = format!("{:?}", plumberd::Report::from(error));
        assert!(
            text.contains("no handler for `FromAnotherProgram`"),
            "{text}"
        );
    }
}
