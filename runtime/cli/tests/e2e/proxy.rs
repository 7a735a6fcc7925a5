//! A way to the simulator that can be cut.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Forwards connections to one address while it is up; while it is down, its own address refuses them.
pub(crate) struct Proxy {
    address: SocketAddr,
    target: SocketAddr,
    listening: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Proxy {
    pub(crate) async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self { address: listener.local_addr().unwrap(), target, listening: Arc::default() };
        proxy.listen(listener);
        proxy
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Refuses connections, and breaks off those that are open.
    pub(crate) async fn down(&self) {
        let listening = self.listening.lock().unwrap().take();
        if let Some(listening) = listening {
            listening.abort();
            // Once the task has ended, its sockets are closed.
            drop(listening.await);
        }
    }

    pub(crate) async fn up(&self) {
        self.listen(TcpListener::bind(self.address).await.unwrap());
    }

    fn listen(&self, listener: TcpListener) {
        let target = self.target;
        let accepting = async move {
            let mut open = tokio::task::JoinSet::new();
            while let Ok((mut near, _)) = listener.accept().await {
                open.spawn(async move {
                    if let Ok(mut far) = TcpStream::connect(target).await {
                        drop(tokio::io::copy_bidirectional(&mut near, &mut far).await);
                    }
                });
            }
        };
        *self.listening.lock().unwrap() = Some(tokio::spawn(accepting));
    }
}
