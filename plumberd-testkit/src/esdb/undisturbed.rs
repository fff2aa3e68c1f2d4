use super::status;
use tonic::Status;

/// Makes a change to its end, even when the call that asks for it is cut off:
/// then the future of the call is dropped, wherever it is.
///
/// # Errors
///
/// `Unavailable` when the change came to no end.
pub(super) async fn undisturbed<T: Send + 'static>(
    change: impl Future<Output = T> + Send + 'static,
) -> Result<T, Status> {
    let changed = tokio::spawn(change).await;
    changed.map_err(|_| status::not_ready())
}
