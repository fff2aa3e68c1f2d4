use plumberd::{
    Store,
    event::{EventType, NewEvent, RawMetadata, new_event_id},
    server_projection::ProjectionQuery,
    store::{EventStore, ReadOptions, StoreError},
    stream::{ExpectedRevision, Position, StreamName},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The stream that keeps what clients created.
const DEFINITIONS: &str = "$projections-$all";

const UPDATED: &str = "$ProjectionUpdated";
const DELETED: &str = "$ProjectionDeleted";
const CHECKPOINT: &str = "$ProjectionCheckpoint";

/// A projection as a client wants it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) query: ProjectionQuery,
    /// Whether it may write.
    pub(super) emit: bool,
    pub(super) enabled: bool,
    /// Whether the streams it writes may be deleted with it.
    pub(super) track: bool,
    /// How often it was changed.
    pub(super) version: i64,
    /// Changes when it is to begin anew: an older checkpoint is not its own.
    pub(super) epoch: Uuid,
}

impl Definition {
    pub(super) fn new(name: String, text: String, query: ProjectionQuery, track: bool) -> Self {
        Self {
            name,
            text,
            query,
            emit: false,
            enabled: true,
            track,
            version: 0,
            epoch: new_event_id(),
        }
    }

    fn read(json: &Value) -> Option<Self> {
        let flag = |key: &str| json[key].as_bool();
        let text = json["Query"].as_str()?.to_owned();
        Some(Self {
            name: json["Name"].as_str()?.to_owned(),
            query: ProjectionQuery::recognise(&text)?,
            text,
            emit: flag("EmitEnabled")?,
            enabled: flag("Enabled")?,
            track: flag("TrackEmittedStreams")?,
            version: json["Version"].as_i64()?,
            epoch: json["Epoch"].as_str()?.parse().ok()?,
        })
    }

    fn write(&self) -> Value {
        json!({
            "Name": self.name,
            "Query": self.text,
            "Mode": "Continuous",
            "EmitEnabled": self.emit,
            "Enabled": self.enabled,
            "TrackEmittedStreams": self.track,
            "Version": self.version,
            "Epoch": self.epoch.to_string(),
        })
    }

    /// Keeps it for the next start of the server.
    pub(super) async fn save(&self, store: &Store) -> Result<(), StoreError> {
        append(store, DEFINITIONS, UPDATED, &self.write()).await
    }

    /// Forgets it.
    pub(super) async fn remove(&self, store: &Store) -> Result<(), StoreError> {
        append(store, DEFINITIONS, DELETED, &json!({ "Name": self.name })).await
    }

    /// How far it has come, as far as it is known.
    pub(super) async fn checkpoint(&self, store: &Store) -> Result<Option<Position>, StoreError> {
        let newest = ReadOptions::backwards().limit(1);
        let Some(stream) = self.checkpoints() else {
            return Ok(None);
        };
        let Some(event) = store.read_stream(&stream, newest).next_event().await? else {
            return Ok(None);
        };
        let json: Value = serde_json::from_slice(&event.data).unwrap_or_default();
        let is_own = json["Epoch"].as_str() == Some(&self.epoch.to_string());
        let position = json["Position"].as_u64().filter(|_| is_own);
        Ok(position.map(Position::new))
    }

    /// Keeps how far it has come.
    pub(super) async fn set_checkpoint(
        &self,
        store: &Store,
        position: Position,
    ) -> Result<(), StoreError> {
        let Some(stream) = self.checkpoints() else {
            return Ok(());
        };
        let json = json!({ "Epoch": self.epoch.to_string(), "Position": position.as_u64() });
        append(store, stream.as_str(), CHECKPOINT, &json).await
    }

    /// None for a name so long that there is no stream of it; such a
    /// projection begins anew at every start, and finds its links there.
    fn checkpoints(&self) -> Option<StreamName> {
        StreamName::raw(format!("$projections-{}-checkpoint", self.name)).ok()
    }
}

/// What clients created and did not delete.
pub(super) async fn load(store: &Store) -> Result<BTreeMap<String, Definition>, StoreError> {
    let mut found = BTreeMap::new();
    let Ok(stream) = StreamName::raw(DEFINITIONS) else {
        return Ok(found);
    };
    let mut events = store.read_stream(&stream, ReadOptions::forwards());
    while let Some(event) = events.next_event().await? {
        let json: Value = serde_json::from_slice(&event.data).unwrap_or_default();
        if event.event_type == DELETED {
            found.remove(json["Name"].as_str().unwrap_or_default());
        } else if let Some(definition) = Definition::read(&json) {
            found.insert(definition.name.clone(), definition);
        } else {
            tracing::warn!(revision = %event.revision, "no projection is read from this event");
        }
    }
    Ok(found)
}

async fn append(
    store: &Store,
    stream: &str,
    event_type: &'static str,
    json: &Value,
) -> Result<(), StoreError> {
    let (Ok(stream), Ok(event_type)) =
        (StreamName::raw(stream), EventType::from_static(event_type))
    else {
        return Ok(());
    };
    let event = NewEvent::new(new_event_id(), event_type, json.to_string().into_bytes())
        .with_raw_metadata(RawMetadata::default());
    store
        .append(&stream, ExpectedRevision::Any, vec![event])
        .await
        .map(drop)
}
