use super::proto;
use prost::Message;

/// The type the detail of a conflict is packed as.
const TYPE: &str = "eventstore.v1.ConcurrencyErrorDetail";

/// What a server says beside a refused append: where the stream is.
///
/// # Examples
///
/// ```
/// use plumberd::backend::eventstore_v1::ConflictDetail;
///
/// assert_eq!(ConflictDetail::decode(b""), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConflictDetail {
    /// Whose stream it is.
    pub tenant: String,
    /// The stream.
    pub aggregate_id: String,
    /// The nonce of its last event, from 1; 0 when it has none.
    pub last_nonce: u64,
    /// The position of its last event; 0 when it has none.
    pub last_global_nonce: u64,
}

impl ConflictDetail {
    /// Reads the bytes of `grpc-status-details-bin`: a bare `Any`, as the
    /// servers send it, else a `google.rpc.Status` with one among its details,
    /// as the protocol says. `None` when it is neither.
    pub fn decode(details: &[u8]) -> Option<Self> {
        if let Some(detail) = prost_types::Any::decode(details)
            .ok()
            .as_ref()
            .and_then(unpack)
        {
            return Some(detail);
        }
        let status = RpcStatus::decode(details).ok()?;
        status.details.iter().find_map(unpack)
    }
}

fn unpack(any: &prost_types::Any) -> Option<ConflictDetail> {
    let name = any.type_url.rsplit('/').next()?;
    if name != TYPE {
        return None;
    }
    let detail = proto::ConcurrencyErrorDetail::decode(any.value.as_slice()).ok()?;
    Some(ConflictDetail {
        tenant: detail.tenant_id,
        aggregate_id: detail.aggregate_id,
        last_nonce: detail.actual_last_aggregate_nonce,
        last_global_nonce: detail.actual_last_global_nonce,
    })
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}
