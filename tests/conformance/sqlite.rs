//! The SQLite store keeps the contract; its two handles are two stores on one
//! file, as two processes have them.

use plumberd::backend::sqlite::{Sqlite, SqliteConfig, Synchronous};
use std::{path::PathBuf, sync::LazyLock, time::Duration};

/// Files that are left are swept away by the next run.
static FILES: LazyLock<PathBuf> = LazyLock::new(|| {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("sqlite-conformance");
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
});

fn config() -> SqliteConfig {
    let name = format!("{}.db", plumberd::event::new_event_id());
    SqliteConfig::new(FILES.join(name)).with_poll_interval(Duration::from_millis(5))
}

plumberd_testkit::event_store_conformance!(
    async { Sqlite::open(config()).await.unwrap() },
    clock: |clock| async move { Sqlite::open(config().with_clock(clock)).await.unwrap() },
    handles: async {
        let config = config();
        let other = config
            .clone()
            .with_synchronous(Synchronous::Normal)
            .with_readers(1)
            .with_page_events(3)
            .with_max_group(1);
        let one = Sqlite::open(config).await.unwrap();
        (one, Sqlite::open(other).await.unwrap())
    },
);
