use super::{
    connection::{Connection, Place, Socket},
    faults::Faults,
    link::Link,
    tls::Tls,
};
use futures_util::Stream;
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// How long a client may take to agree on encryption.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// How long to leave a system alone that has no more sockets to give.
const RESPITE: Duration = Duration::from_millis(20);

/// Takes connections in, until it is stopped.
///
/// No client can hold up another: what takes time is done beside the loop.
pub(super) struct Listener {
    pub(super) tls: Option<Tls>,
    pub(super) faults: Faults,
    /// So many connections there are at once, and no more: each may hold
    /// buffers.
    pub(super) max_connections: usize,
    /// No more connections are taken in.
    pub(super) stopping: CancellationToken,
    /// Those that there are are cut.
    pub(super) cutting: CancellationToken,
}

impl Listener {
    /// The connections that are ready to be served, as they come; and the task
    /// that gives the port back when it ends.
    pub(super) fn listen(
        self,
        listener: TcpListener,
    ) -> (
        impl Stream<Item = io::Result<Connection>> + use<>,
        JoinHandle<()>,
    ) {
        let (ready, connections) = mpsc::channel(16);
        let task = tokio::spawn(async move {
            let stopping = self.stopping.clone();
            stopping
                .run_until_cancelled(self.accept(listener, ready))
                .await;
        });
        let connections = futures_util::stream::unfold(connections, |mut connections| async {
            let connection = connections.recv().await?;
            Some((Ok(connection), connections))
        });
        (connections, task)
    }

    async fn accept(&self, listener: TcpListener, ready: mpsc::Sender<Connection>) {
        let places = Arc::new(Semaphore::new(
            self.max_connections.min(Semaphore::MAX_PERMITS),
        ));
        // Dropped with the loop: handshakes under way end with it.
        let mut handshakes = JoinSet::new();
        loop {
            while handshakes.try_join_next().is_some() {}
            let Ok((stream, peer)) = listener.accept().await else {
                sleep(RESPITE).await;
                continue;
            };
            let (Ok(local), Ok(permit)) =
                (stream.local_addr(), Arc::clone(&places).try_acquire_owned())
            else {
                refuse(&stream);
                continue;
            };
            if self.faults.refuses() {
                refuse(&stream);
                continue;
            }
            let place = Place::new(self.link(local, peer), permit);
            let (tls, ready) = (self.tls.clone(), ready.clone());
            handshakes.spawn(async move {
                let link = place.link().clone();
                let begun = begin(Socket::new(stream), tls, place);
                if let Some(Some(connection)) = link.unless_cut(begun).await {
                    // When nobody serves any more the connection is closed.
                    let _ = ready.send(connection).await;
                }
            });
        }
    }

    fn link(&self, local: SocketAddr, peer: SocketAddr) -> Link {
        Link::open(local, peer, &self.cutting, &self.faults)
    }
}

fn refuse(stream: &TcpStream) {
    // A reset tells the client at once, and leaves nothing behind.
    let _ = stream.set_zero_linger();
}

async fn begin(socket: Socket, tls: Option<Tls>, place: Place) -> Option<Connection> {
    let Some(tls) = tls else {
        return Some(Connection::plain(socket, place));
    };
    place.link().faults().thawed().await;
    match timeout(HANDSHAKE_WITHIN, tls.acceptor.accept(socket)).await {
        Ok(Ok(stream)) => Some(Connection::tls(stream, place)),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a client and the server agree on no encryption");
            None
        }
        Err(_) => None,
    }
}
