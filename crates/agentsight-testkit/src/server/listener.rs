use std::io;
use std::net::SocketAddr;
use std::sync::mpsc;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::mpsc::UnboundedReceiver;

use super::connection::Connections;

/// What the server's thread is told. It ends when nobody can tell it anything any more.
#[derive(Debug)]
pub(super) enum Order {
    /// Refuse connections from now on.
    Refuse(mpsc::Sender<io::Result<()>>),
    /// Accept them again.
    Accept(mpsc::Sender<io::Result<()>>),
}

/// The port: open, or held without listening so that connections are refused and nobody else gets it.
#[derive(Debug)]
enum Port {
    Open(TcpListener),
    Shut(TcpSocket),
    /// Lost while it was being shut or opened.
    Gone,
}

/// How many connections the system keeps that are not accepted yet.
const BACKLOG: u32 = 1024;

impl Connections {
    /// Accepts until no more orders can come; the caller's runtime then drops what is still open.
    pub(super) async fn serve(
        self,
        listener: std::net::TcpListener,
        address: SocketAddr,
        mut orders: UnboundedReceiver<Order>,
    ) {
        let Ok(listener) = TcpListener::from_std(listener) else { return };
        let mut port = Port::Open(listener);
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    None => return,
                    Some(Order::Refuse(done)) => {
                        let _ = done.send(port.shut(address));
                    }
                    Some(Order::Accept(done)) => {
                        let _ = done.send(port.open(address));
                    }
                },
                accepted = port.accept() => match accepted {
                    Ok(stream) => {
                        // Answers are small and single: waiting to fill a packet only slows tests down.
                        let _ = stream.set_nodelay(true);
                        tokio::spawn(self.clone().serve_one(stream));
                    }
                    // A connection that was gone before it was accepted, or no more descriptors for a moment.
                    Err(error) => pause_after(&error).await,
                },
            }
        }
    }
}

impl Port {
    async fn accept(&self) -> io::Result<tokio::net::TcpStream> {
        match self {
            Self::Open(listener) => listener.accept().await.map(|(stream, _)| stream),
            Self::Shut(_) | Self::Gone => std::future::pending().await,
        }
    }

    fn shut(&mut self, address: SocketAddr) -> io::Result<()> {
        if !matches!(self, Self::Shut(_)) {
            // The listener must be gone before the port can be held by another socket.
            *self = Self::Gone;
            *self = Self::Shut(held(address)?);
        }
        Ok(())
    }

    fn open(&mut self, address: SocketAddr) -> io::Result<()> {
        let socket = match std::mem::replace(self, Self::Gone) {
            Self::Open(listener) => {
                *self = Self::Open(listener);
                return Ok(());
            }
            Self::Shut(socket) => socket,
            Self::Gone => held(address)?,
        };
        *self = Self::Open(socket.listen(BACKLOG)?);
        Ok(())
    }
}

fn held(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

async fn pause_after(error: &io::Error) {
    if !matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
