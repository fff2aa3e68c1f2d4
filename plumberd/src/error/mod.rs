//! What all errors have in common: a kind, and a report for `main`.
//!
//! Every public error of plumberd has a method `kind`, so that an application
//! maps errors to what its callers see in one place, whatever failed:
//!
//! ```
//! use plumberd::{ErrorKind, prelude::*};
//! # #[derive(Event)]
//! # struct Shipped {}
//! # #[derive(Default)]
//! # struct Order { shipped: bool }
//! # #[aggregate]
//! # impl Order {
//! #     #[event_sourcing_handler]
//! #     fn on_shipped(&mut self, _: &Shipped) { self.shipped = true; }
//! # }
//! # #[derive(Debug, thiserror::Error)]
//! # #[error("it was shipped before")]
//! # struct ShippedBefore;
//! # impl Order {
//! #     fn ship(&self) -> Result<Shipped, ShippedBefore> {
//! #         if self.shipped { Err(ShippedBefore) } else { Ok(Shipped {}) }
//! #     }
//! # }
//!
//! fn status(kind: ErrorKind) -> u16 {
//!     match kind {
//!         ErrorKind::Invalid => 400,
//!         ErrorKind::Unauthenticated => 401,
//!         ErrorKind::Forbidden => 403,
//!         ErrorKind::NotFound => 404,
//!         ErrorKind::Conflict | ErrorKind::AlreadyExists => 409,
//!         ErrorKind::Rejected => 422,
//!         ErrorKind::Unsupported => 501,
//!         ErrorKind::Unavailable | ErrorKind::Closed => 503,
//!         ErrorKind::OutcomeUnknown => 504,
//!         _ => 500, // not the caller's: log it
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Report> {
//! let orders = plumberd::connect("memory:").await?.repository::<Order>();
//! let id = Uuid::from_u128(7);
//!
//! let missing = orders.load(id).await.unwrap_err();
//! assert_eq!(status(missing.kind()), 404);
//!
//! orders.execute(id, |order| order.ship()).await?;
//! let rejected = orders.execute(id, |order| order.ship()).await.unwrap_err();
//! assert_eq!(status(rejected.kind()), 422);
//! assert_eq!(rejected.to_string(), "it was shipped before");
//! # Ok(())
//! # }
//! ```

mod kind;
mod report;

pub use kind::ErrorKind;
pub(crate) use kind::always;
pub use report::Report;
