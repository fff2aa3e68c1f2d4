//! A counter: the smallest aggregate whose state shows a lost or doubled event.

use plumberd::{Event, EventValue, aggregate};

#[derive(Event, Debug, Clone, PartialEq)]
pub struct Opened {
    pub name: String,
}

#[derive(Event, Debug, Clone, PartialEq)]
pub struct Added {
    pub amount: i64,
    /// What the writer saw before: a lost update shows as a wrong one.
    pub before: i64,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    #[error("it is open already")]
    AlreadyOpen,
    #[error("{total} is less than {amount}")]
    TooLittle { total: i64, amount: i64 },
}

#[derive(Debug, Default, Clone, PartialEq, EventValue)]
pub struct Counter {
    pub name: Option<String>,
    pub total: i64,
    pub events: u64,
}

#[derive(Debug, Clone, Copy)]
pub struct Add(pub i64);

#[aggregate(category = "Counter")]
impl Counter {
    #[event_sourcing_handler]
    fn on_opened(&mut self, event: &Opened) {
        self.name = Some(event.name.clone());
        self.events += 1;
    }

    #[event_sourcing_handler]
    fn on_added(&mut self, event: &Added) {
        assert_eq!(
            event.before, self.total,
            "an update was lost or applied twice"
        );
        self.total += event.amount;
        self.events += 1;
    }

    #[command_handler]
    fn handle_add(&self, command: Add) -> Result<Added, Refusal> {
        self.add(command.0)
    }
}

impl Counter {
    pub fn open(&self, name: &str) -> Result<Opened, Refusal> {
        match self.name {
            Some(_) => Err(Refusal::AlreadyOpen),
            None => Ok(Opened { name: name.into() }),
        }
    }

    pub fn add(&self, amount: i64) -> Result<Added, Refusal> {
        if self.total + amount < 0 {
            return Err(Refusal::TooLittle {
                total: self.total,
                amount: -amount,
            });
        }
        Ok(Added {
            amount,
            before: self.total,
        })
    }
}
