//! Event impls by hand, until they can be derived.
use super::{AccountClosed, AccountCredited, AccountDebited, AccountOpened};
use plumberd::codec::{CodecError, JsonObject};
use plumberd::event::*;
macro_rules! event {
    ($t:ident { $($f:ident $k:literal $s:literal),* }) => {
        impl Event for $t {
            const TYPES: &'static [EventInfo] = &[EventInfo::new(stringify!($t))];
            fn type_index(&self) -> usize { 0 }
            fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                #[allow(unused_mut)]
                let mut json = JsonObject::new();
                $(json.insert($k, &self.$f).map_err(|e| EncodeError::new(stringify!($t), e))?;)*
                out.extend(json.to_bytes());
                Ok(())
            }
            fn decode(_: usize, e: &EncodedEvent<'_>) -> Result<Self, DecodeError> {
                let malformed = |source| DecodeError::Malformed { event_type: stringify!($t).into(), source };
                let _json = JsonObject::parse(e.data).map_err(malformed)?;
                Ok(Self { $($f: _json.get_as($k).map_err(malformed)?.ok_or_else(|| malformed(CodecError::new("missing")))?),* })
            }
            fn shape(_: usize, _: &mut ShapeBuilder) -> Shape {
                Shape::Object(vec![$(($k, Shape::Scalar($s))),*])
            }
        }
    };
}
event!(AccountOpened { owner "Owner" "text" });
event!(AccountCredited { amount "Amount" "number", balance "Balance" "number" });
event!(AccountDebited { amount "Amount" "number", balance "Balance" "number" });
event!(AccountClosed {});
