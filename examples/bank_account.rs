//! The smallest useful thing: a bank account that is the sum of its events.
//!
//! Teaches: events, an aggregate, decisions, `execute`, loading and saving,
//! conflicts, commands that may be repeated; and that the store is a URL.
//!
//! ```text
//! cargo run --example bank_account
//! ```

use plumberd::prelude::*;

// ── 1. Events: what happened. Plain structs, named in the past tense ────────

/// Stored as the type `AccountOpened` with the data `{"Owner":"Ann"}`.
#[derive(Event, Debug, Clone, PartialEq)]
struct AccountOpened {
    owner: String,
}

/// The stored name and the keys can be chosen, so that other programs on the
/// same store find what they expect.
#[derive(Event, Debug, Clone, PartialEq)]
#[event(type = "com.myco.account.AccountCredited")]
struct AccountCredited {
    amount: Decimal,
    balance: Decimal,
    #[event(rename = "IBAN")]
    iban: Option<String>,
}

#[derive(Event, Debug, Clone, PartialEq)]
struct AccountDebited {
    amount: Decimal,
    balance: Decimal,
}

// ── 2. The aggregate: the state that the events build ───────────────────────

#[derive(Debug, Default)]
struct Account {
    open: bool,
    balance: Decimal,
}

/// One handler for each event. It only notes what happened: it cannot fail,
/// and runs again each time the account is loaded.
#[aggregate(category = "Account")]
impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _event: &AccountOpened) {
        self.open = true;
    }

    #[event_sourcing_handler]
    fn on_credited(&mut self, event: &AccountCredited) {
        self.balance = event.balance;
    }

    #[event_sourcing_handler]
    fn on_debited(&mut self, event: &AccountDebited) {
        self.balance = event.balance;
    }
}

// ── 3. Decisions: plain functions from the state to events, or a refusal ────

#[derive(Debug, PartialEq, thiserror::Error)]
enum AccountError {
    #[error("the account is open already")]
    AlreadyOpen,
    #[error("the account is not open")]
    NotOpen,
    #[error("an amount of {0} is not positive")]
    NotPositive(Decimal),
    #[error("{asked} is more than the balance of {balance}")]
    InsufficientFunds { asked: Decimal, balance: Decimal },
}

impl Account {
    fn open(&self, owner: &str) -> Result<AccountOpened, AccountError> {
        if self.open {
            return Err(AccountError::AlreadyOpen);
        }
        Ok(AccountOpened {
            owner: owner.to_owned(),
        })
    }

    fn credit(&self, amount: Decimal) -> Result<AccountCredited, AccountError> {
        self.check(amount)?;
        Ok(AccountCredited {
            amount,
            balance: self.balance + amount,
            iban: None,
        })
    }

    fn debit(&self, amount: Decimal) -> Result<AccountDebited, AccountError> {
        self.check(amount)?;
        if amount > self.balance {
            return Err(AccountError::InsufficientFunds {
                asked: amount,
                balance: self.balance,
            });
        }
        Ok(AccountDebited {
            amount,
            balance: self.balance - amount,
        })
    }

    fn check(&self, amount: Decimal) -> Result<(), AccountError> {
        if !self.open {
            return Err(AccountError::NotOpen);
        }
        if amount <= Decimal::ZERO {
            return Err(AccountError::NotPositive(amount));
        }
        Ok(())
    }
}

// ── 4. Using it ─────────────────────────────────────────────────────────────

#[tokio::main]
async fn main() -> Result<(), Report> {
    // The store is a URL. `memory:` is gone with the process; a file stays.
    tour("memory:").await?;

    let file = std::env::temp_dir().join(format!("bank-{}.db", std::process::id()));
    let url = format!("sqlite://{}", file.display());
    let outcome = tour(&url).await;
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
    }
    outcome
}

async fn tour(url: &str) -> Result<(), Report> {
    println!("── {}", url.split(':').next().unwrap_or(url));
    let store = plumberd::connect(url).await?;
    let accounts = store.repository::<Account>();

    // `create` makes up an id; `execute` takes one that exists, or does not.
    let created = accounts.create(|account| account.open("Ann")).await?;
    let id = *created.id();

    // `execute` loads the account, decides, and appends. When another writer
    // was first it loads and decides again, so the closure may run more than
    // once: it looks at the account and returns events, nothing else.
    accounts
        .execute(id, |account| account.credit(dec!(100)))
        .await?;

    // A decision may return several events; all or none of them are stored.
    accounts
        .execute(id, |account| {
            let fee = account.debit(dec!(1.50))?;
            let rest = Account {
                balance: fee.balance,
                ..*account
            };
            Ok::<_, AccountError>((fee, rest.debit(dec!(20))?))
        })
        .await?;

    // A refusal is the aggregate's own error, and nothing is stored.
    let refused = accounts
        .execute(id, |account| account.debit(dec!(1000)))
        .await;
    if let Err(ExecuteError::Rejected(error)) = refused {
        println!("refused: {error}");
    }

    // A command with an id is carried out once, however often it is sent: after
    // a time-out, send it again.
    let command = plumberd::event::new_event_id();
    for _ in 0..2 {
        let executed = accounts
            .execute(id, |account| account.credit(dec!(5)))
            .command_id(command)
            .await?;
        println!("credited 5, sent before: {}", executed.is_already_applied());
    }

    // Or step by step: load, decide as often as needed, save once.
    let mut mine = accounts.load(id).await?;
    let mut theirs = accounts.load(id).await?;
    mine.execute(|account| account.credit(dec!(50)))?;
    theirs.execute(|account| account.debit(dec!(10)))?;
    accounts.save(&mut mine).await?;
    // The second one decided on a balance that is no longer true.
    match accounts.save(&mut theirs).await {
        Err(RepositoryError::Conflict { .. }) => println!("conflict: someone else was first"),
        other => println!("unexpected: {other:?}"),
    }

    // The events are all there, and so is every state the account ever had.
    let mut history = accounts.history(&id)?;
    while let Some(event) = history.next_event().await? {
        let data = String::from_utf8_lossy(&event.data);
        println!("{:>3}  {}  {data}", event.revision, event.event_type);
    }
    let then = accounts.load_at(id, Revision::new(1)).await?;
    let now = accounts.load(id).await?;
    println!("balance: {}, it was {}", now.balance, then.balance);
    Ok(())
}
