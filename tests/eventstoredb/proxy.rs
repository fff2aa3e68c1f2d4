//! What lies between a client and its server, and may lose what it carries.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

/// Carries connections to a server; dropped, it is gone with them.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    swallowed: watch::Sender<u64>,
    accepted: Arc<AtomicUsize>,
    _carried: JoinSet<()>,
}

impl Proxy {
    pub(crate) async fn start(to: SocketAddr) -> Self {
        let listener = crate::scripted::free().await;
        let address = listener.local_addr().unwrap();
        let (swallowed, _) = watch::channel(0);
        let mut carried = JoinSet::new();
        let accepted = Arc::default();
        let carry = carry_all(listener, to, swallowed.clone(), Arc::clone(&accepted));
        carried.spawn(carry);
        Self {
            address,
            swallowed,
            accepted,
            _carried: carried,
        }
    }

    /// How many connections were ever made.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// From now on the connections there are carry nothing more, and neither side is
    /// told: as when the way between two machines is cut.
    pub(crate) fn swallow(&self) {
        self.swallowed.send_modify(|times| *times += 1);
    }
}

async fn carry_all(
    listener: TcpListener,
    to: SocketAddr,
    swallowed: watch::Sender<u64>,
    accepted: Arc<AtomicUsize>,
) {
    let mut connections = JoinSet::new();
    loop {
        let (mut near, _) = listener.accept().await.unwrap();
        accepted.fetch_add(1, Ordering::SeqCst);
        let mut swallowed = swallowed.subscribe();
        connections.spawn(async move {
            let Ok(mut far) = TcpStream::connect(to).await else {
                return;
            };
            near.set_nodelay(true).unwrap();
            far.set_nodelay(true).unwrap();
            tokio::select! {
                _ = copy_bidirectional(&mut near, &mut far) => {}
                _ = swallowed.changed() => std::future::pending().await,
            }
        });
    }
}
