//! Commands from one program to another, by way of the store.
//!
//! Teaches: commands, handlers, a server and a bus; what each kind of failure
//! looks like to the sender; commands that are sent twice, and commands that
//! no caller waits for. The server and the sender share nothing but the store, so
//! with a store that two programs can open they can be two programs.
//!
//! ```text
//! cargo run --example commands
//! cargo run --example commands -- --store sqlite://commands.db
//! ```

use clap::Parser;
use plumberd::{
    command::{
        Command, CommandBus, CommandContext, CommandFault, CommandHandlers, CommandQueue,
        CommandServer, NoFault, SendError, ValidationError,
    },
    prelude::*,
};
use std::time::Duration;

// ── 1. The aggregate ────────────────────────────────────────────────────────

#[derive(Event, Debug, Clone)]
struct MoneyPaidIn {
    amount: Decimal,
}

#[derive(Event, Debug, Clone)]
struct MoneyPaidOut {
    amount: Decimal,
}

#[derive(Debug, Default)]
struct Account {
    balance: Decimal,
}

#[aggregate]
impl Account {
    #[event_sourcing_handler]
    fn on_paid_in(&mut self, event: &MoneyPaidIn) {
        self.balance += event.amount;
    }

    #[event_sourcing_handler]
    fn on_paid_out(&mut self, event: &MoneyPaidOut) {
        self.balance -= event.amount;
    }
}

/// Why an account refuses to pay.
#[derive(Debug, thiserror::Error)]
#[error("{missing} is missing")]
struct Missing {
    missing: Decimal,
}

impl Account {
    fn pay_out(&self, amount: Decimal) -> Result<MoneyPaidOut, Missing> {
        if amount > self.balance {
            return Err(Missing {
                missing: amount - self.balance,
            });
        }
        Ok(MoneyPaidOut { amount })
    }
}

// ── 2. Commands: written as events are, with what may go wrong ──────────────

/// Written as `PayIn` with the data `{"Id":"…","Amount":100}`.
#[derive(Event, Debug, Clone)]
struct PayIn {
    #[event(id)]
    id: Uuid,
    amount: Decimal,
}

impl Command for PayIn {
    type Fault = NoFault;

    // Asked before it is sent, and by the server where the sender did not ask.
    fn validate(&self) -> Result<(), ValidationError> {
        if self.amount <= dec!(0) {
            return Err(ValidationError::new("Amount must be positive"));
        }
        Ok(())
    }
}

#[derive(Event, Debug, Clone)]
struct PayOut {
    #[event(id)]
    id: Uuid,
    amount: Decimal,
}

/// A refusal that the sender can take apart.
#[derive(Event, Debug, Clone)]
struct InsufficientFunds {
    missing: Decimal,
}

impl Command for PayOut {
    type Fault = InsufficientFunds;
}

// ── 3. Handlers: each `async` method is for one command ─────────────────────

struct Accounts {
    accounts: Repository<Account>,
}

#[command_handler]
impl Accounts {
    async fn pay_in(
        &self,
        account: Uuid,
        command: &PayIn,
        context: &CommandContext,
    ) -> Result<(), CommandFault> {
        let amount = command.amount;
        self.accounts
            .execute(account, |_| {
                Ok::<_, std::convert::Infallible>(MoneyPaidIn { amount })
            })
            // After a crash the command is run again; so it is done once.
            .command_id(context.command_id())
            .await?;
        Ok(())
    }

    async fn pay_out(
        &self,
        account: Uuid,
        command: &PayOut,
        context: &CommandContext,
    ) -> Result<(), CommandFault> {
        let paid = self
            .accounts
            .execute(account, |account| account.pay_out(command.amount))
            .command_id(context.command_id())
            .await;
        match paid {
            Err(ExecuteError::Rejected(Missing { missing })) => {
                let fault = InsufficientFunds { missing };
                Err(CommandFault::fault(409, "not enough money", &fault))
            }
            // Every other error is the code 500 for the sender.
            other => Ok(other.map(drop)?),
        }
    }
}

// ── 4. Using it ─────────────────────────────────────────────────────────────

#[derive(Parser)]
struct Arguments {
    /// The store that the server and the sender share.
    #[arg(long, default_value = "memory:")]
    store: String,
}

#[tokio::main]
async fn main() -> Result<(), Report> {
    let store = plumberd::connect(&Arguments::parse().store).await?;

    // One program handles. Its name keeps its place in the store.
    let handlers = CommandHandlers::new().with(Accounts {
        accounts: store.repository(),
    });
    let server = CommandServer::new(store.clone(), "Bank", handlers)
        .start()
        .await?;

    // Another one sends, in a session of its own.
    let bus = CommandBus::new(store.clone()).with_timeout(Duration::from_secs(10));
    let account = plumberd::event::new_event_id();
    let id = plumberd::event::new_event_id();
    let pay_in = PayIn {
        id,
        amount: dec!(100),
    };
    let done = bus.send(account, pay_in.clone()).await?;
    println!("paid in 100 by {}", done.command_id);

    // After a time-out, send it again: it is done once.
    let again = bus.send(account, pay_in).await?;
    println!("sent again, the first outcome: {}", again == done);

    // Wrong in itself: it is not sent at all.
    let nothing = PayIn {
        id: Uuid::nil(),
        amount: dec!(0),
    };
    if let Err(error) = bus.send(account, nothing).await {
        println!("refused: {error}, code {:?}", error.code());
    }

    // Refused by the account, with a fault of a type.
    let too_much = PayOut {
        id: Uuid::nil(),
        amount: dec!(250.50),
    };
    match bus.send(account, too_much).await {
        Err(SendError::Fault(fault)) => {
            println!("refused: {fault}, {} missing", fault.data.missing);
        }
        other => println!("unexpected: {other:?}"),
    }

    // No caller waits for these. They are in the store when `queue` returns, and
    // done when the server comes to them.
    let queue = CommandQueue::new(store.clone());
    for amount in [dec!(1), dec!(2), dec!(3)] {
        let id = Uuid::nil();
        queue.queue(account, PayIn { id, amount }).await?;
    }
    // Those to one recipient are done in order; so this is the last of them.
    let id = Uuid::nil();
    let amount = dec!(6);
    bus.send(account, PayOut { id, amount }).await?;

    let stats = server.shutdown().await?;
    let balance = store.repository::<Account>().load(account).await?.balance;
    println!(
        "{} commands done, {} refused, balance {balance}",
        stats.executed, stats.failed
    );
    store.close().await;
    Ok(())
}
