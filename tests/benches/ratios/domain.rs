//! A bank account twice: as plumberd's users write it, and by hand with serde.

use plumberd::prelude::*;
use serde::{Deserialize, Serialize};

/// About 54 bytes of JSON, as in the comparison with other libraries.
#[derive(Event, Debug, Clone)]
pub(crate) struct AccountCredited {
    pub(crate) amount: i64,
    pub(crate) balance: i64,
    pub(crate) reference: String,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Account {
    pub(crate) balance: i64,
    events: u64,
}

#[aggregate(category = "Account")]
impl Account {
    #[event_sourcing_handler]
    fn on_credited(&mut self, event: &AccountCredited) {
        self.balance = event.balance;
        self.events += u64::from(!event.reference.is_empty());
    }
}

impl Account {
    pub(crate) fn credit(&self, amount: i64) -> AccountCredited {
        AccountCredited {
            amount,
            balance: self.balance + amount,
            reference: "INV-2024".to_owned(),
        }
    }
}

/// The same by hand.
#[derive(Debug, Clone, Default)]
pub(crate) struct PlainAccount {
    pub(crate) balance: i64,
    events: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PlainCredited {
    amount: i64,
    balance: i64,
    reference: String,
}

pub(crate) const CREDITED: &str = "AccountCredited";

impl PlainAccount {
    pub(crate) const fn events(&self) -> usize {
        self.events
    }

    pub(crate) fn apply(&mut self, event_type: &str, data: &[u8]) {
        match event_type {
            CREDITED => {
                let event: PlainCredited = serde_json::from_slice(data).expect("an event");
                self.balance = event.balance;
                self.events += usize::from(!event.reference.is_empty());
            }
            other => panic!("unknown event {other}"),
        }
    }

    /// Decides, and applies and encodes the event.
    pub(crate) fn credit(&mut self, amount: i64) -> Vec<u8> {
        let event = PlainCredited {
            amount,
            balance: self.balance + amount,
            reference: "INV-2024".to_owned(),
        };
        self.balance = event.balance;
        self.events += 1;
        serde_json::to_vec(&event).expect("JSON")
    }
}

#[derive(Serialize)]
struct PlainMetadata<'a> {
    #[serde(rename = "Created")]
    created: String,
    #[serde(rename = "ClientHostName")]
    host: &'a str,
    #[serde(rename = "$correlationId")]
    correlation: &'a str,
    #[serde(rename = "$causationId")]
    causation: &'a str,
}

/// The metadata that every event has: a time, the machine, two ids.
pub(crate) fn plain_metadata(id: Uuid) -> Vec<u8> {
    let now = plumberd::clock::Clock::system().now();
    let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
    let id = &*id.hyphenated().encode_lower(&mut text);
    let metadata = PlainMetadata {
        created: now.to_rfc3339_opts(chrono::SecondsFormat::Micros, false),
        host: "bench",
        correlation: id,
        causation: id,
    };
    serde_json::to_vec(&metadata).expect("JSON")
}
