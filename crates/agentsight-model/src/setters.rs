//! The chainable setters of what is written, each written once.

/// Chainable setters of `Option` fields; each takes what converts into the field's type.
macro_rules! setters {
    ($($(#[$attribute:meta])* $field:ident: $argument:ty),* $(,)?) => {
        $(
            $(#[$attribute])*
            #[must_use]
            pub fn $field(mut self, $field: $argument) -> Self {
                self.$field = Some($field.into());
                self
            }
        )*
    };
}

/// The three setters of a `metadata: MetadataDraft` field. They may be mixed; later keys win.
macro_rules! metadata_setters {
    () => {
        /// Sets one key of the metadata, to anything that serialises.
        #[must_use]
        pub fn metadata(mut self, key: impl Into<String>, value: impl serde::Serialize) -> Self {
            self.metadata.insert(key, value);
            self
        }

        /// Sets every key of a map or list of pairs in the metadata.
        #[must_use]
        pub fn metadata_all<K: Into<String>, V: serde::Serialize>(
            mut self,
            entries: impl IntoIterator<Item = (K, V)>,
        ) -> Self {
            self.metadata.insert_all(entries);
            self
        }

        /// Sets every key of something that serialises to an object in the metadata.
        #[must_use]
        pub fn metadata_from(mut self, value: &(impl serde::Serialize + ?Sized)) -> Self {
            self.metadata.insert_from(value);
            self
        }
    };
}

pub(crate) use {metadata_setters, setters};
