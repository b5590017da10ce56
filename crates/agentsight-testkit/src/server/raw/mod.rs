//! What an HTTP library cannot send: resets, answers that break off or come byte by byte, silence.
//!
//! Hyper reads every request; where a fault ends the exchange, the connection is taken from it and ended here.

mod gzip;

use std::io;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(super) use self::gzip::{gzip_of, gzip_of_spaces};

/// How a connection ends that is no longer hyper's.
#[derive(Debug)]
pub(super) enum End {
    /// After these bytes, by a reset or in an orderly way.
    Cut { bytes: Bytes, is_reset: bool },
    /// After `quick`, `slow` one byte at a time, and `rest`.
    Dribble { quick: Bytes, slow: Bytes, rest: Bytes, pause: Duration },
    /// When the client closes it.
    Silence,
}

impl End {
    /// Ends the connection so. A client that is gone before is its own concern.
    pub(super) async fn carry_out(self, mut stream: TcpStream) {
        let _ = self.write_to(&mut stream).await;
    }

    async fn write_to(self, stream: &mut TcpStream) -> io::Result<()> {
        match self {
            Self::Cut { bytes, is_reset } => {
                stream.write_all(&bytes).await?;
                if is_reset { stream.set_zero_linger() } else { stream.shutdown().await }
            }
            Self::Dribble { quick, slow, rest, pause } => {
                stream.write_all(&quick).await?;
                for byte in slow {
                    tokio::time::sleep(pause).await;
                    stream.write_u8(byte).await?;
                }
                stream.write_all(&rest).await?;
                stream.shutdown().await
            }
            Self::Silence => {
                let mut ignored = [0; 1024];
                while stream.read(&mut ignored).await? > 0 {}
                Ok(())
            }
        }
    }
}
