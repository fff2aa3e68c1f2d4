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

impl AccountCredited {
    /// One of those that are only appended.
    pub(crate) fn some() -> Self {
        Self {
            amount: 100,
            balance: 123_400,
            reference: "INV-2024".to_owned(),
        }
    }
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
pub(crate) struct PlainCredited {
    pub(crate) amount: i64,
    pub(crate) balance: i64,
    pub(crate) reference: String,
}

impl PlainCredited {
    /// One of those that are only appended.
    pub(crate) fn some() -> Self {
        Self {
            amount: 100,
            balance: 123_400,
            reference: "INV-2024".to_owned(),
        }
    }

    /// Of an event that is stored under this name.
    pub(crate) fn decode(event_type: &str, data: &[u8]) -> Self {
        match event_type {
            CREDITED => serde_json::from_slice(data).expect("an event"),
            other => panic!("unknown event {other}"),
        }
    }

    /// Writes the data to `out`, then the metadata; gives the length of the data.
    pub(crate) fn encode(&self, id: Uuid, out: &mut Vec<u8>) -> usize {
        serde_json::to_writer(&mut *out, self).expect("JSON");
        let data = out.len();
        write_metadata(id, out);
        data
    }
}

pub(crate) const CREDITED: &str = "AccountCredited";

impl PlainAccount {
    pub(crate) const fn events(&self) -> usize {
        self.events
    }

    pub(crate) fn apply(&mut self, event_type: &str, data: &[u8]) {
        let event = PlainCredited::decode(event_type, data);
        self.balance = event.balance;
        self.events += usize::from(!event.reference.is_empty());
    }

    /// Decides, and applies the event.
    pub(crate) fn credit(&mut self, amount: i64) -> PlainCredited {
        let event = PlainCredited {
            amount,
            balance: self.balance + amount,
            reference: "INV-2024".to_owned(),
        };
        self.balance = event.balance;
        self.events += 1;
        event
    }
}

#[derive(Serialize)]
struct PlainMetadata<'a> {
    #[serde(rename = "Created")]
    created: DateTime<Utc>,
    #[serde(rename = "ClientHostName")]
    host: &'a str,
    #[serde(rename = "$correlationId")]
    correlation: &'a str,
    #[serde(rename = "$causationId")]
    causation: &'a str,
}

/// The metadata that every event has: a time, the machine, two ids.
pub(crate) fn write_metadata(id: Uuid, out: &mut Vec<u8>) {
    let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
    let id = &*id.hyphenated().encode_lower(&mut text);
    let metadata = PlainMetadata {
        created: now(),
        host: "bench",
        correlation: id,
        causation: id,
    };
    serde_json::to_writer(out, &metadata).expect("JSON");
}

/// The machine's clock, without plumberd between.
pub(crate) fn now() -> DateTime<Utc> {
    #[expect(clippy::disallowed_methods, reason = "a limit does without plumberd")]
    Utc::now()
}
