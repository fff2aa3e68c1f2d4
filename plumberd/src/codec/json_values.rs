use super::{CodecError, JsonObject};
use crate::value::{EventValue, Owned, Ref};

/// Values in the forms that they have inside events, without serde's traits.
impl JsonObject {
    /// Sets `key` to `value` as an event would store it, at its place when it
    /// is there, else at the end.
    ///
    /// # Errors
    ///
    /// [`CodecError`] when `value` has no stored form.
    ///
    /// # Examples
    ///
    /// ```
    /// use plumberd::{codec::JsonObject, prelude::*};
    ///
    /// #[derive(EventValue, Debug, PartialEq)]
    /// struct Price { amount: Decimal, currency: String }
    ///
    /// let mut json = JsonObject::parse(br#"{"Amount":1.50}"#)?;
    /// let amount = json.get_value("Amount")?.ok_or("no amount")?;
    /// json.remove("Amount");
    /// json.insert_value("Price", &Price { amount, currency: "EUR".into() })?;
    ///
    /// assert_eq!(json.to_string(), r#"{"Price":{"Amount":1.50,"Currency":"EUR"}}"#);
    /// # Ok::<(), plumberd::BoxError>(())
    /// ```
    pub fn insert_value<T: EventValue>(&mut self, key: &str, value: &T) -> Result<(), CodecError> {
        self.insert(key, &Ref(value))
    }

    /// The value of `key`, read as an event would read it; `None` when there is
    /// no such key.
    ///
    /// # Errors
    ///
    /// [`CodecError`] when the value is not a `T`.
    pub fn get_value<T: EventValue>(&self, key: &str) -> Result<Option<T>, CodecError> {
        let value = self.get_as::<Owned<T>>(key)?;
        Ok(value.map(|Owned(value)| value))
    }
}
