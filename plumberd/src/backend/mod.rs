//! Backends: what keeps the events. One folder a technology.

// The same role has the same file name in every backend; a file that is missing
// is an ability that is missing, or one that takes no code of its own.
//
// | file         | what it holds                                             |
// |--------------|-----------------------------------------------------------|
// | `mod`        | the store's type, and how it is made                      |
// | `driver`     | from a URL to an open store                               |
// | `config`     | the settings                                              |
// | `url`        | the settings, read from a URL                             |
// | `error`      | the backend's own error, and what it is to the port       |
// | `schema`     | the tables, and `migrations/`                             |
// | `connection` | the way to a server                                       |
// | `store`      | `impl EventStore`: which file answers which call          |
// | `append`     | writes                                                    |
// | `read`       | reads, page by page                                       |
// | `find`       | where an event is, by its id                              |
// | `follow`     | subscriptions                                             |
// | `convert`    | between what the technology keeps and the words           |
//
// What else a backend needs has files with names of their own.

#[cfg(feature = "eventstore-v1")]
pub mod eventstore_v1;
#[cfg(feature = "eventstoredb")]
pub mod eventstoredb;
pub mod memory;
#[cfg(feature = "sqlite")]
pub mod sqlite;

use crate::store::toolkit::driver::Driver;

const EVENTSTORE_V1: &[&str] = &["eventstore+http", "eventstore+https"];
const EVENTSTOREDB: &[&str] = &["esdb", "esdb+discover", "kurrentdb", "kurrentdb+discover"];
const SQLITE: &[&str] = &["sqlite"];

/// The driver of each backend; one that this build was made without says so.
pub(crate) const DRIVERS: &[Driver] = &[
    Driver::new(&["memory"], memory::driver::open),
    #[cfg(feature = "sqlite")]
    Driver::new(SQLITE, sqlite::driver::open),
    #[cfg(not(feature = "sqlite"))]
    Driver::without(SQLITE, "sqlite"),
    Driver::later(&["postgres", "postgresql"], "Postgres"),
    #[cfg(feature = "eventstoredb")]
    Driver::new(EVENTSTOREDB, eventstoredb::driver::open),
    #[cfg(not(feature = "eventstoredb"))]
    Driver::without(EVENTSTOREDB, "eventstoredb"),
    #[cfg(feature = "eventstore-v1")]
    Driver::new(EVENTSTORE_V1, eventstore_v1::driver::open),
    #[cfg(not(feature = "eventstore-v1"))]
    Driver::without(EVENTSTORE_V1, "eventstore-v1"),
];
