//! Whether a stored event is the one that is written once more: by value, since
//! the same value may have been written in other bytes.

use super::{ContentType, EncodedEvent, Event, EventInfo, NewEvent, RecordedEvent};
use crate::json::same_json;

/// What the type of an event knows of its stored forms.
#[derive(Clone, Copy)]
pub(super) struct Typed {
    info: &'static EventInfo,
    index: usize,
    recode: fn(usize, &EncodedEvent<'_>) -> Option<Vec<u8>>,
}

impl Typed {
    pub(super) fn of<E: Event>(event: &E) -> Option<Self> {
        let index = event.type_index();
        Some(Self {
            info: E::TYPES.get(index)?,
            index,
            recode: recode::<E>,
        })
    }
}

/// What is stored, as it would be written today.
fn recode<E: Event>(index: usize, stored: &EncodedEvent<'_>) -> Option<Vec<u8>> {
    let event = E::decode(index, stored).ok()?;
    let mut data = Vec::with_capacity(stored.data.len());
    event.encode(&mut data).ok()?;
    (event.type_index() == index).then_some(data)
}

impl NewEvent {
    /// Whether `stored`, which has the id of this event, is this event: of its
    /// type, by whichever name, with data of the same value. An earlier version
    /// may have written a set in another order, or under an older name.
    pub(crate) fn is_stored_as(&self, stored: &RecordedEvent) -> bool {
        let same_name = stored.event_type == *self.event_type();
        let has_name = |typed: &Typed| typed.info.aliases.contains(&stored.event_type.as_str());
        if !same_name && !self.typed().is_some_and(has_name) {
            return false;
        }
        stored.data == *self.data() || self.has_value_of(stored)
    }

    fn has_value_of(&self, stored: &RecordedEvent) -> bool {
        let same_revision = match stored.shape_revision {
            0 => stored.metadata.revision().ok(),
            known => Some(known),
        };
        let Some(revision) = same_revision else {
            return false;
        };
        let is_json = |content_type: &ContentType| content_type.is_json_text();
        if revision == self.shape_revision()
            && is_json(self.content_type())
            && is_json(&stored.content_type)
            && same_json(self.data(), &stored.data)
        {
            return true;
        }
        let encoded = EncodedEvent::new(
            stored.event_type.as_str(),
            &stored.content_type,
            revision,
            &stored.data,
        );
        let recoded = |typed: &Typed| (typed.recode)(typed.index, &encoded);
        let recoded = self.typed().and_then(recoded);
        recoded.is_some_and(|data| data == *self.data() || same_json(&data, self.data()))
    }
}
