use super::{
    faults::Faults,
    features,
    proto::monitoring::{StatsReq, StatsResp, monitoring_server::Monitoring},
};
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, stream::BoxStream};
use plumberd::clock::Clock;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

/// Figures come no more often than this.
const SHORTEST_PERIOD: Duration = Duration::from_millis(10);

/// And no more seldom: no client waits for longer.
const LONGEST_PERIOD: Duration = Duration::from_secs(86_400);

/// What a server counts while it lives.
#[derive(Debug, Clone)]
pub(super) struct Figures {
    started: DateTime<Utc>,
    clock: Clock,
    calls: Arc<AtomicU64>,
    /// The calls of each method, by its place among all.
    methods: Arc<Mutex<BTreeMap<usize, u64>>>,
    faults: Faults,
}

impl Figures {
    pub(super) fn new(clock: Clock, faults: Faults) -> Self {
        Self {
            started: clock.now(),
            clock,
            calls: Arc::default(),
            methods: Arc::default(),
            faults,
        }
    }

    /// A method was called; one that there is not counts too.
    pub(super) fn called(&self, path: &str) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if let Some(method) = features::place(path) {
            *self.methods().entry(method).or_default() += 1;
        }
    }

    /// How often that method was called.
    pub(super) fn calls_of(&self, path: &str) -> u64 {
        features::place(path)
            .and_then(|method| self.methods().get(&method).copied())
            .unwrap_or(0)
    }

    fn methods(&self) -> MutexGuard<'_, BTreeMap<usize, u64>> {
        self.methods.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> StatsResp {
        let up = self.clock.now().signed_duration_since(self.started);
        let figures = [
            ("proc-id", std::process::id().to_string()),
            ("proc-startTime", self.started.to_rfc3339()),
            ("proc-upTime-ms", up.num_milliseconds().to_string()),
            (
                "proc-tcp-connections",
                self.faults.connections().to_string(),
            ),
            (
                "es-grpc-calls",
                self.calls.load(Ordering::Relaxed).to_string(),
            ),
            ("es-subscriptions", self.faults.subscriptions().to_string()),
        ];
        StatsResp {
            stats: figures
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        }
    }
}

/// Tells a few real figures, again and again.
#[derive(Debug, Clone)]
pub(super) struct MonitoringService {
    figures: Figures,
    stopping: CancellationToken,
}

impl MonitoringService {
    pub(super) const fn new(figures: Figures, stopping: CancellationToken) -> Self {
        Self { figures, stopping }
    }
}

#[tonic::async_trait]
impl Monitoring for MonitoringService {
    type StatsStream = BoxStream<'static, Result<StatsResp, Status>>;

    async fn stats(
        &self,
        request: Request<StatsReq>,
    ) -> Result<Response<Self::StatsStream>, Status> {
        let period = Duration::from_millis(request.get_ref().refresh_time_period_in_ms);
        let mut ticks = tokio::time::interval(period.clamp(SHORTEST_PERIOD, LONGEST_PERIOD));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let Self { figures, stopping } = self.clone();
        let told = futures_util::stream::unfold(ticks, move |mut ticks| {
            let figures = figures.clone();
            async move {
                ticks.tick().await;
                Some((Ok(figures.read()), ticks))
            }
        });
        let end = futures_util::stream::once(async {
            Err(Status::unavailable("Server Is Shutting Down"))
        });
        let told = told.take_until(stopping.cancelled_owned()).chain(end);
        Ok(Response::new(told.boxed()))
    }
}
