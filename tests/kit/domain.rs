//! Aggregates that are broken, each in one way, and the events they need.

use plumberd::{
    aggregate::{Aggregate, ApplyError, HandlerTable, Handles, Row, UnknownEvents},
    codec::{CodecError, JsonObject},
    event::{
        DecodeError, EncodeError, EncodedEvent, Event, EventInfo, RawMetadata, Shape, ShapeBuilder,
    },
};
use std::marker::PhantomData;
use uuid::Uuid;

/// How an event that is made by hand is stored, so that it can be broken.
pub(crate) trait Form: Send + Sync + 'static {
    const INFO: EventInfo = EventInfo::new("Counted");

    fn write(value: &Counted<Self>, json: &mut JsonObject) -> Result<(), CodecError>
    where
        Self: Sized;

    fn read(revision: u32, json: &JsonObject) -> Result<u64, CodecError> {
        let key = if revision == 1 && Self::INFO.revision > 1 {
            "Old"
        } else {
            "Amount"
        };
        json.get_as(key)?
            .ok_or_else(|| CodecError::new(format!("no `{key}`")))
    }

    fn shape() -> Vec<(&'static str, Shape)> {
        vec![("Amount", Shape::Scalar("number"))]
    }
}

/// An amount was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted<F> {
    pub(crate) amount: u64,
    pub(crate) id: Option<Uuid>,
    pub(crate) form: PhantomData<F>,
}

pub(crate) fn counted<F>(amount: u64) -> Counted<F> {
    Counted {
        amount,
        id: None,
        form: PhantomData,
    }
}

impl<F: Form> Event for Counted<F> {
    const TYPES: &'static [EventInfo] = &[F::INFO];

    fn type_index(&self) -> usize {
        0
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let mut json = JsonObject::new();
        if let Some(id) = self.id {
            json.insert("Id", &id.to_string())
                .map_err(|error| EncodeError::new(F::INFO.name, error))?;
        }
        F::write(self, &mut json).map_err(|error| EncodeError::new(F::INFO.name, error))?;
        out.extend(json.to_bytes());
        Ok(())
    }

    fn decode(_: usize, encoded: &EncodedEvent<'_>) -> Result<Self, DecodeError> {
        let malformed = |source| DecodeError::Malformed {
            event_type: F::INFO.name.to_owned(),
            source,
        };
        let json = JsonObject::parse(encoded.data).map_err(malformed)?;
        Ok(Self {
            amount: F::read(encoded.revision, &json).map_err(malformed)?,
            id: json.get_str("Id").map(|id| id.parse().unwrap()),
            form: PhantomData,
        })
    }

    fn shape(_: usize, _: &mut ShapeBuilder) -> Shape {
        Shape::Object(F::shape())
    }

    fn id(&self) -> Option<Uuid> {
        self.id
    }

    fn assign_id(&mut self, id: Uuid) {
        self.id = Some(id);
    }
}

/// Counts amounts of one form.
#[derive(Debug)]
pub(crate) struct Counter<F> {
    pub(crate) total: u64,
    form: PhantomData<F>,
}

impl<F> PartialEq for Counter<F> {
    fn eq(&self, other: &Self) -> bool {
        self.total == other.total
    }
}

impl<F> Default for Counter<F> {
    fn default() -> Self {
        Self {
            total: 0,
            form: PhantomData,
        }
    }
}

impl<F: Form> Aggregate for Counter<F> {
    type Id = Uuid;
    const CATEGORY: &'static str = "Counter";
    const UNKNOWN_EVENTS: UnknownEvents = UnknownEvents::Error;
    const HANDLERS: HandlerTable<Self> =
        HandlerTable::new(const { &[Row::of::<Counted<F>>("on_counted")] });
}

impl<F: Form> Handles<Counted<F>> for Counter<F> {
    fn handle(&mut self, event: &Counted<F>, _: &RawMetadata) -> Result<(), ApplyError> {
        self.total += event.amount;
        Ok(())
    }
}

/// As it should be.
#[derive(Debug)]
pub(crate) struct Sound;

impl Form for Sound {
    fn write(value: &Counted<Self>, json: &mut JsonObject) -> Result<(), CodecError> {
        json.insert("Amount", &value.amount)
    }
}

/// Writes another amount each time it is written.
#[derive(Debug)]
pub(crate) struct Lossy;

impl Form for Lossy {
    fn write(value: &Counted<Self>, json: &mut JsonObject) -> Result<(), CodecError> {
        json.insert("Amount", &(value.amount / 2))
    }
}

/// Writes a field under a name that is not read.
#[derive(Debug)]
pub(crate) struct Misnamed;

impl Form for Misnamed {
    fn write(value: &Counted<Self>, json: &mut JsonObject) -> Result<(), CodecError> {
        json.insert("Amonut", &value.amount)
    }
}

/// Forgets the amount, and reads that as none.
#[derive(Debug)]
pub(crate) struct Forgetful;

impl Form for Forgetful {
    fn write(_: &Counted<Self>, json: &mut JsonObject) -> Result<(), CodecError> {
        json.insert("Amount", &0)
    }
}

/// The second revision of its shape; the first had another name for it.
#[derive(Debug)]
pub(crate) struct Second;

impl Form for Second {
    const INFO: EventInfo = EventInfo::new("Counted").with_revision(2, 1);

    fn write(value: &Counted<Self>, json: &mut JsonObject) -> Result<(), CodecError> {
        json.insert("Amount", &value.amount)
    }
}
