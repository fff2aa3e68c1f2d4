use super::{
    connection::{Connection, Entry, Socket},
    faults::Faults,
    link::Link,
    net::{Places, RESPITE, SPEAKS_WITHIN},
    tls::Tls,
};
use futures_util::Stream;
use std::io;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// Takes connections in, until it is stopped.
///
/// No client can hold up another: what takes time is done beside the loop.
pub(super) struct Listener {
    pub(super) tls: Option<Tls>,
    pub(super) faults: Faults,
    /// For so many connections at once, and no more.
    pub(super) places: Places,
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
        // Dropped with the loop: handshakes under way end with it.
        let mut handshakes = JoinSet::new();
        loop {
            while handshakes.try_join_next().is_some() {}
            let Ok((stream, peer)) = listener.accept().await else {
                sleep(RESPITE).await;
                continue;
            };
            if self.faults.refuses() {
                refuse(&stream);
                continue;
            }
            let cut = self.cutting.child_token();
            let (Ok(local), Some(place)) = (stream.local_addr(), self.places.take(&cut)) else {
                refuse(&stream);
                continue;
            };
            let link = Link::open(local, peer, cut, place.seat(), &self.faults);
            let entry = Entry::new(link, place);
            let (tls, ready) = (self.tls.clone(), ready.clone());
            handshakes.spawn(async move {
                let link = entry.link().clone();
                let begun = begin(Socket::new(stream), tls, entry);
                if let Some(Some(connection)) = link.unless_cut(begun).await {
                    // When the server has stopped the connection is closed.
                    let _ = ready.send(connection).await;
                }
            });
        }
    }
}

fn refuse(stream: &TcpStream) {
    // A reset tells the client at once, and leaves nothing behind.
    let _ = stream.set_zero_linger();
}

async fn begin(socket: Socket, tls: Option<Tls>, entry: Entry) -> Option<Connection> {
    let Some(tls) = tls else {
        return Some(Connection::plain(socket, entry));
    };
    entry.link().faults().thawed().await;
    match timeout(SPEAKS_WITHIN, tls.acceptor.accept(socket)).await {
        Ok(Ok(stream)) => Some(Connection::tls(stream, entry)),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a client and the server agree on no encryption");
            None
        }
        Err(_) => None,
    }
}
