use super::proto::ConcurrencyErrorDetail;
use prost::Message;
use tonic::{Code, Status};

const DETAIL: &str = "type.googleapis.com/eventstore.v1.ConcurrencyErrorDetail";

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

/// An append that expected something else; with a detail as the servers send
/// it, or as the protocol says.
pub(super) fn conflict(detail: &ConcurrencyErrorDetail, as_status: bool) -> Status {
    const MESSAGE: &str = "append precondition failed";
    let any = prost_types::Any {
        type_url: DETAIL.to_owned(),
        value: detail.encode_to_vec(),
    };
    let details = if as_status {
        RpcStatus {
            code: Code::Aborted as i32,
            message: MESSAGE.to_owned(),
            details: vec![any],
        }
        .encode_to_vec()
    } else {
        any.encode_to_vec()
    };
    Status::with_details(Code::Aborted, MESSAGE, details.into())
}

/// What a database says of a number or an id that is taken.
pub(super) fn taken() -> Status {
    Status::aborted("duplicate key value violates unique constraint")
}

pub(super) fn internal(error: &dyn std::error::Error) -> Status {
    Status::internal(error.to_string())
}
