use super::{CodecError, excerpt, nesting::write_json};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{
    collections::{HashMap, HashSet},
    fmt, mem,
};

/// A JSON object whose values stay the text they were: numbers keep their
/// digits, keys their order, and an untouched value is written back as read.
///
/// Metadata is one, and an upcaster works on one. Of a key that occurs twice,
/// the last value counts.
///
/// # Examples
///
/// ```
/// use plumberd::codec::JsonObject;
///
/// let mut json = JsonObject::parse(br#"{"Amount":1.50,"Note":"x"}"#)?;
/// json.rename("Amount", "Total");
/// json.insert("Currency", "EUR")?;
/// assert_eq!(json.to_string(), r#"{"Total":1.50,"Note":"x","Currency":"EUR"}"#);
/// # Ok::<(), plumberd::BoxError>(())
/// ```
#[derive(Clone, Default)]
pub struct JsonObject(Vec<Entry>);

type Entry = (String, Box<RawValue>);

/// Up to so many keys are compared with each other: quicker than to hash them.
const FEW: usize = 16;

impl JsonObject {
    /// An object without keys.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Reads an object; no bytes at all are an empty one, as .NET writes it.
    ///
    /// # Errors
    ///
    /// [`CodecError`] when the bytes are not one JSON object.
    pub fn parse(json: &[u8]) -> Result<Self, CodecError> {
        if json.is_empty() {
            return Ok(Self::new());
        }
        serde_json::from_slice(json).map_err(|error| CodecError::reading(json, &error))
    }

    /// Reads an object of which no key may be there twice: one that is read
    /// further as a value, where it is an error.
    pub(crate) fn parse_distinct(json: &[u8]) -> Result<Self, CodecError> {
        if json.is_empty() {
            return Ok(Self::new());
        }
        let Entries(entries) =
            serde_json::from_slice(json).map_err(|error| CodecError::reading(json, &error))?;
        let mut seen = HashSet::with_capacity(entries.len());
        match entries.iter().find(|(key, _)| !seen.insert(key.as_str())) {
            Some((key, _)) => {
                let key = excerpt(key);
                Err(CodecError::new(format!("the key `{key}` is there twice")))
            }
            None => Ok(Self(entries)),
        }
    }

    /// The value of `key`, as text.
    pub fn get(&self, key: &str) -> Option<&RawValue> {
        self.index(key).map(|index| &*self.0[index].1)
    }

    /// The value of `key`, read as a `T`; `None` when there is no such key.
    ///
    /// # Errors
    ///
    /// [`CodecError`] when the value is not a `T`.
    pub fn get_as<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, CodecError> {
        self.get(key)
            .map(|raw| {
                serde_json::from_str(raw.get())
                    .map_err(|error| CodecError::reading_key(key, raw.get().as_bytes(), &error))
            })
            .transpose()
    }

    /// The value of `key` when it is a string.
    pub fn get_str(&self, key: &str) -> Option<String> {
        self.get(key)
            .and_then(|raw| serde_json::from_str(raw.get()).ok())
    }

    /// Sets `key`, at its place when it is there, else at the end.
    ///
    /// # Errors
    ///
    /// [`CodecError`] when `value` has no JSON form, or makes the object deeper
    /// than [`MAX_NESTING`](super::MAX_NESTING).
    pub fn insert<T: Serialize + ?Sized>(
        &mut self,
        key: &str,
        value: &T,
    ) -> Result<(), CodecError> {
        let mut json = Vec::new();
        write_json(value, 1, &mut json)?;
        let json = String::from_utf8(json).map_err(|error| CodecError::new(error.to_string()))?;
        self.insert_raw(key, RawValue::from_string(json)?);
        Ok(())
    }

    /// Sets `key` to a value that is JSON text already.
    pub fn insert_raw(&mut self, key: &str, value: Box<RawValue>) {
        match self.index(key) {
            Some(index) => self.0[index].1 = value,
            None => self.0.push((key.to_owned(), value)),
        }
    }

    pub(crate) fn insert_number(&mut self, key: &str, value: u64) {
        if let Ok(raw) = RawValue::from_string(value.to_string()) {
            self.insert_raw(key, raw);
        }
    }

    /// Takes `key` out.
    pub fn remove(&mut self, key: &str) -> Option<Box<RawValue>> {
        self.index(key).map(|index| self.0.remove(index).1)
    }

    /// Gives the value of `key` another name, at the same place; what had that
    /// name before is gone. Says whether `key` was there.
    pub fn rename(&mut self, key: &str, name: &str) -> bool {
        if key == name {
            return self.contains(key);
        }
        if !self.contains(key) {
            return false;
        }
        self.remove(name);
        if let Some(index) = self.index(key) {
            name.clone_into(&mut self.0[index].0);
        }
        true
    }

    /// Whether `key` is there.
    pub fn contains(&self, key: &str) -> bool {
        self.index(key).is_some()
    }

    /// The keys and their values, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(key, value)| (key.as_str(), &**value))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets every key of `other`.
    pub fn extend(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
        settle(&mut self.0);
    }

    /// The object as JSON text, compact but for what its values were read as.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_string().into_bytes()
    }

    fn index(&self, key: &str) -> Option<usize> {
        self.0.iter().position(|(name, _)| name == key)
    }
}

/// Leaves of the entries of one key the first, with the value of the last.
///
/// Takes time by the number of entries, not by its square: the text may come
/// from an attacker who wants it to take long.
fn settle(entries: &mut Vec<Entry>) {
    let taken = |(at, (key, _)): (usize, &Entry)| entries[..at].iter().any(|(name, _)| name == key);
    if entries.len() <= FEW && !entries.iter().enumerate().any(taken) {
        return;
    }
    let mut first_of = HashMap::with_capacity(entries.len());
    let firsts: Vec<usize> = entries
        .iter()
        .enumerate()
        .map(|(at, (key, _))| *first_of.entry(key.as_str()).or_insert(at))
        .collect();
    for (at, first) in firsts.iter().copied().enumerate() {
        if let Some((before, [(_, last), ..])) = entries.split_at_mut_checked(at)
            && let Some((_, value)) = before.get_mut(first)
        {
            mem::swap(value, last);
        }
    }
    let mut at = 0..;
    entries.retain(|_| at.next().is_some_and(|at| firsts.get(at) == Some(&at)));
}

impl fmt::Display for JsonObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, (key, value)) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            let key = serde_json::to_string(key).map_err(|_| fmt::Error)?;
            write!(f, "{key}:{}", value.get())?;
        }
        f.write_str("}")
    }
}

impl fmt::Debug for JsonObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for JsonObject {
    /// The same keys with the same texts in the same order.
    fn eq(&self, other: &Self) -> bool {
        self.iter()
            .map(|(key, raw)| (key, raw.get()))
            .eq(other.iter().map(|(key, raw)| (key, raw.get())))
    }
}

impl<'de> Deserialize<'de> for JsonObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Entries(mut entries) = Deserialize::deserialize(deserializer)?;
        settle(&mut entries);
        Ok(Self(entries))
    }
}

/// The entries of an object as they are read.
struct Entries(Vec<Entry>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

impl Serialize for JsonObject {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}
