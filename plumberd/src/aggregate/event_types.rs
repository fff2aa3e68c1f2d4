use super::IntoEvents;
use crate::event::{Event, EventInfo};

/// The stored types of the events that a decision may raise, whatever it
/// decides: what [`IntoEvents::event_types`] tells.
///
/// # Examples
///
/// ```
/// use plumberd::{aggregate::EventTypes, prelude::*};
///
/// #[derive(Event)]
/// struct Opened {}
///
/// #[derive(Event)]
/// #[event(alias = "Closed")]
/// struct Ended {}
///
/// #[derive(Default)]
/// struct Account;
///
/// #[aggregate]
/// impl Account {
///     #[event_sourcing_handler]
///     fn on_opened(&mut self, _: &Opened) {}
///     #[event_sourcing_handler]
///     fn on_ended(&mut self, _: &Ended) {}
/// }
///
/// let types = EventTypes::of::<Account, Option<Ended>>();
/// assert!(types.contains("Ended") && types.contains("Closed"));
/// assert!(!types.contains("Opened"));
/// assert!(EventTypes::of::<Account, (Opened, Vec<Ended>)>().contains("Opened"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventTypes {
    known: Vec<&'static EventInfo>,
    any: bool,
}

impl EventTypes {
    /// The types that a decision `D` of the aggregate `A` may raise.
    pub fn of<A, D: IntoEvents<A>>() -> Self {
        let mut types = Self::default();
        D::event_types(&mut types);
        types
    }

    /// Adds those of the event `E`.
    pub fn add<E: Event>(&mut self) {
        for info in E::TYPES {
            if !self.known.contains(&info) {
                self.known.push(info);
            }
        }
    }

    /// Adds every type there is: for a decision that cannot say which.
    pub const fn add_any(&mut self) {
        self.any = true;
    }

    /// Whether an event that is stored under this name may be one of these, by
    /// its name or an older one.
    pub fn contains(&self, name: &str) -> bool {
        self.any || self.names().any(|known| known == name)
    }

    /// The names of those that are known, each as it is written.
    pub fn written(&self) -> impl Iterator<Item = &'static str> {
        self.known.iter().map(|info| info.name)
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.known.iter().flat_map(|info| info.names())
    }
}
