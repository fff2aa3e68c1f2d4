//! What later versions of a program made of the event [`Sound`](crate::domain::Sound).

use crate::domain::{Counted, Form, Second};
use plumberd::{
    codec::{CodecError, JsonObject},
    event::{EventInfo, Shape},
};

/// The amount became text.
#[derive(Debug)]
pub(crate) struct Retyped;

impl Form for Retyped {
    fn write(value: &Counted<Self>, json: &mut JsonObject) -> Result<(), CodecError> {
        json.insert("Amount", &value.amount)
    }

    fn shape() -> Vec<(&'static str, Shape)> {
        vec![
            ("Amount", Shape::Scalar("text")),
            ("Unit", Shape::Scalar("text")),
        ]
    }
}

/// A field was added that may be missing.
#[derive(Debug)]
pub(crate) struct Extended;

impl Form for Extended {
    fn write(value: &Counted<Self>, json: &mut JsonObject) -> Result<(), CodecError> {
        json.insert("Amount", &value.amount)?;
        json.insert("Note", &None::<String>)
    }

    fn shape() -> Vec<(&'static str, Shape)> {
        let note = Shape::Optional(Box::new(Shape::Scalar("text")));
        vec![("Amount", Shape::Scalar("number")), ("Note", note)]
    }
}

/// A field was added that may not be missing.
#[derive(Debug)]
pub(crate) struct Demanding;

impl Form for Demanding {
    fn write(value: &Counted<Self>, json: &mut JsonObject) -> Result<(), CodecError> {
        json.insert("Amount", &value.amount)?;
        json.insert("Unit", "piece")
    }

    fn read(_: u32, json: &JsonObject) -> Result<u64, CodecError> {
        let unit: Option<String> = json.get_as("Unit")?;
        unit.ok_or_else(|| CodecError::new("no `Unit`"))?;
        json.get_as("Amount")?
            .ok_or_else(|| CodecError::new("no `Amount`"))
    }

    fn shape() -> Vec<(&'static str, Shape)> {
        vec![
            ("Amount", Shape::Scalar("number")),
            ("Unit", Shape::Scalar("text")),
        ]
    }
}

/// [`Second`], with an upcaster that reads the old amount another way.
#[derive(Debug)]
pub(crate) struct Reinterpreted;

impl Form for Reinterpreted {
    const INFO: EventInfo = Second::INFO;

    fn write(value: &Counted<Self>, json: &mut JsonObject) -> Result<(), CodecError> {
        json.insert("Amount", &value.amount)
    }

    fn read(revision: u32, json: &JsonObject) -> Result<u64, CodecError> {
        let amount = Second::read(revision, json)?;
        Ok(if revision == 1 { amount * 100 } else { amount })
    }
}

/// Dropped the upcaster from revision 1.
#[derive(Debug)]
pub(crate) struct Dropped;

impl Form for Dropped {
    const INFO: EventInfo = EventInfo::new("Counted").with_revision(2, 2);

    fn write(value: &Counted<Self>, json: &mut JsonObject) -> Result<(), CodecError> {
        json.insert("Amount", &value.amount)
    }

    fn read(revision: u32, json: &JsonObject) -> Result<u64, CodecError> {
        if revision < 2 {
            return Err(CodecError::new("upcasters lead on only from 2"));
        }
        Second::read(revision, json)
    }
}

/// Writes a key more, and says nothing about it.
#[derive(Debug)]
pub(crate) struct Rewritten;

impl Form for Rewritten {
    fn write(value: &Counted<Self>, json: &mut JsonObject) -> Result<(), CodecError> {
        json.insert("Amount", &value.amount)?;
        json.insert("Extra", &true)
    }
}

/// The event under another stored name.
#[derive(Debug)]
pub(crate) struct Renamed;

impl Form for Renamed {
    const INFO: EventInfo = EventInfo::new("com.myco/Tallied");

    fn write(value: &Counted<Self>, json: &mut JsonObject) -> Result<(), CodecError> {
        json.insert("Amount", &value.amount)
    }
}
