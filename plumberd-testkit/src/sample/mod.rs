//! A bank account: the one domain that suites and examples share.
//!
//! Small on purpose: four events, decisions as plain functions, two commands.
//!
//! ```
//! use plumberd_testkit::{given_nothing, sample::*};
//!
//! given_nothing::<Account>()
//!     .command(Open { owner: "Joe".into() })
//!     .command(Credit { amount: 40 })
//!     .when_command(Debit { amount: 50 })
//!     .then_error(AccountError::InsufficientFunds { balance: 40 });
//! ```

mod account;
mod command;
mod error;
mod event;

pub use account::Account;
pub use command::{Close, Credit, Debit, Open};
pub use error::AccountError;
pub use event::{AccountClosed, AccountCredited, AccountDebited, AccountOpened};
