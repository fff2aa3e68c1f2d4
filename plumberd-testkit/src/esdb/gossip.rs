use super::{
    link::Link,
    proto::{
        Empty, Uuid as WireUuid,
        gossip::{
            ClusterInfo, EndPoint, MemberInfo, gossip_server::Gossip, member_info::VNodeState,
        },
        uuid::Value,
    },
};
use ::uuid::Uuid;
use plumberd::clock::Clock;
use tonic::{Request, Response, Status};

/// Says who is in the cluster: this server alone, as its leader.
#[derive(Debug, Clone)]
pub(super) struct GossipService {
    instance: Uuid,
    clock: Clock,
}

impl GossipService {
    pub(super) const fn new(instance: Uuid, clock: Clock) -> Self {
        Self { instance, clock }
    }
}

#[tonic::async_trait]
impl Gossip for GossipService {
    async fn read(&self, request: Request<Empty>) -> Result<Response<ClusterInfo>, Status> {
        // Where the client has found the server is where it can reach it.
        let local = Link::of(request.extensions())?.local();
        let micros = self.clock.now().timestamp_micros();
        let member = MemberInfo {
            instance_id: Some(WireUuid {
                value: Some(Value::String(self.instance.to_string())),
            }),
            time_stamp: micros.saturating_mul(10),
            state: VNodeState::Leader.into(),
            is_alive: true,
            http_end_point: Some(EndPoint {
                address: local.ip().to_string(),
                port: local.port().into(),
            }),
        };
        Ok(Response::new(ClusterInfo {
            members: vec![member],
        }))
    }
}
