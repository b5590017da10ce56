//! `wire_struct!`: rows that keep what they do not know (R22).
//!
//! serde's `flatten` buffers every field of a row before it looks at one, and `untagged` does the same for values.
//! Both cost far more than R22 allows, so the rows are decoded by a visitor that reads a key, matches it, and decodes the
//! value straight into its field. A key that no field answers to goes to `extra`, with its value, and is written back.
//!
//! ```text
//! wire_struct! {
//!     /// Documentation of the row.
//!     pub struct Row {
//!         required { /** Always sent; an argument of `new`. */ id: u64 }
//!         optional { /** May be absent or null.          */ kind = "type" (with_kind): Kind }
//!         lists    { /** May be absent; `parts()` borrows. */ parts (with_parts): Part }
//!     }
//! }
//! ```
//!
//! * `required` fields are plain, in the order of `new`'s arguments. `optional` fields are `Option<_>`, `lists` are
//!   `Option<Vec<_>>` with an accessor of the field's name. The name in parentheses is the chainable setter.
//! * `= "name"` gives the name on the wire where it is not the field's.
//! * `null` decodes as unset, and what is unset is not written. A key that comes twice: the last one wins.
//! * An error says in which field or item it is (see [`place`](crate::place)).
//! * `DateTime<Utc>` travels as the service writes it (see [`RowTimestamp`](crate::timestamp::RowTimestamp)).

macro_rules! wire_struct {
    (
        $(#[$attribute:meta])*
        pub struct $name:ident $(<$parameter:ident>)? {
            required { $(
                $(#[$required_doc:meta])*
                $required:ident $(= $required_wire:literal)? : $required_type:ident $(<$($required_argument:ident),+>)?
            ),* $(,)? }
            optional { $(
                $(#[$optional_doc:meta])*
                $optional:ident $(= $optional_wire:literal)? ($optional_setter:ident)
                    : $optional_type:ident $(<$($optional_argument:ident),+>)?
            ),* $(,)? }
            lists { $(
                $(#[$list_doc:meta])*
                $list:ident $(= $list_wire:literal)? ($list_setter:ident) : $list_type:ident
            ),* $(,)? }
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub struct $name $(<$parameter>)? {
            $($(#[$required_doc])* pub $required: $required_type $(<$($required_argument),+>)?,)*
            $($(#[$optional_doc])* pub $optional: Option<$optional_type $(<$($optional_argument),+>)?>,)*
            $($(#[$list_doc])* pub $list: Option<Vec<$list_type>>,)*
            /// Fields that this version does not know, kept as they came and written back (R22).
            pub extra: serde_json::Map<String, serde_json::Value>,
        }

        impl $(<$parameter>)? $name $(<$parameter>)? {
            /// A row with the fields that are always there; everything else is unset.
            #[must_use]
            pub fn new($($required: $crate::wire_struct::argument!($required_type $(<$($required_argument),+>)?)),*) -> Self {
                Self {
                    $($required: $required.into(),)*
                    $($optional: None,)*
                    $($list: None,)*
                    extra: serde_json::Map::new(),
                }
            }

            $($crate::wire_struct::setter! {
                $optional_setter $optional $optional_type $(<$($optional_argument),+>)?
            })*

            $(
                #[doc = concat!("Sets [`", stringify!($list), "`](Self#structfield.", stringify!($list), ").")]
                #[must_use]
                pub fn $list_setter(mut self, $list: impl Into<Vec<$list_type>>) -> Self {
                    self.$list = Some($list.into());
                    self
                }

                #[doc = concat!("[`", stringify!($list), "`](Self#structfield.", stringify!($list), "), empty where absent.")]
                #[must_use]
                pub fn $list(&self) -> &[$list_type] {
                    self.$list.as_deref().unwrap_or_default()
                }
            )*

            /// Adds a field that this version does not know to [`extra`](Self#structfield.extra).
            #[must_use]
            pub fn with_extra(mut self, name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
                self.extra.insert(name.into(), value.into());
                self
            }
        }

        const _: () = {
            use std::fmt;
            use std::marker::PhantomData;

            use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
            use serde::ser::{Serialize, SerializeMap as _, Serializer};

            use $crate::wire_struct::wire_name;

            const NAMES: &[&str] = &[
                $(wire_name!($required $($required_wire)?),)*
                $(wire_name!($optional $($optional_wire)?),)*
                $(wire_name!($list $($list_wire)?),)*
            ];

            #[expect(non_camel_case_types, reason = "a variant is named after its field")]
            enum Key {
                $($required,)*
                $($optional,)*
                $($list,)*
                Unknown(String),
            }

            struct KeyVisitor;

            impl Visitor<'_> for KeyVisitor {
                type Value = Key;

                fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                    formatter.write_str("a field name")
                }

                fn visit_str<E>(self, name: &str) -> Result<Key, E> {
                    Ok(match name {
                        $(wire_name!($required $($required_wire)?) => Key::$required,)*
                        $(wire_name!($optional $($optional_wire)?) => Key::$optional,)*
                        $(wire_name!($list $($list_wire)?) => Key::$list,)*
                        unknown => Key::Unknown(unknown.to_owned()),
                    })
                }
            }

            impl<'de> Deserialize<'de> for Key {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    deserializer.deserialize_identifier(KeyVisitor)
                }
            }

            struct RowVisitor $(<$parameter>)? (PhantomData<fn() -> $name $(<$parameter>)?>);

            impl<'de $(, $parameter: Deserialize<'de>)?> Visitor<'de> for RowVisitor $(<$parameter>)? {
                type Value = $name $(<$parameter>)?;

                fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                    formatter.write_str(concat!("an object (", stringify!($name), ")"))
                }

                fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                    $(let mut $required: Option<$required_type $(<$($required_argument),+>)?> = None;)*
                    $(let mut $optional: Option<$optional_type $(<$($optional_argument),+>)?> = None;)*
                    $(let mut $list: Option<Vec<$list_type>> = None;)*
                    let mut extra = serde_json::Map::new();
                    while let Some(key) = map.next_key::<Key>()? {
                        match key {
                            $(Key::$required => {
                                $required = Some(
                                    $crate::wire_struct::next_required!(map, $required_type $(<$($required_argument),+>)?)
                                        .map_err(|error| $crate::place::in_field(wire_name!($required $($required_wire)?), error))?,
                                );
                            })*
                            $(Key::$optional => {
                                $optional =
                                    $crate::wire_struct::next_optional!(map, $optional_type $(<$($optional_argument),+>)?)
                                        .map_err(|error| $crate::place::in_field(wire_name!($optional $($optional_wire)?), error))?;
                            })*
                            $(Key::$list => {
                                $list = map
                                    .next_value::<Option<$crate::place::Listed<$list_type>>>()
                                    .map_err(|error| $crate::place::in_field(wire_name!($list $($list_wire)?), error))?
                                    .map(|list| list.0);
                            })*
                            Key::Unknown(name) => {
                                extra.insert(name, map.next_value()?);
                            }
                        }
                    }
                    Ok($name {
                        $($required: match $required {
                            Some(value) => value,
                            None => {
                                return Err(<A::Error as serde::de::Error>::missing_field(wire_name!($required $($required_wire)?)));
                            }
                        },)*
                        $($optional,)*
                        $($list,)*
                        extra,
                    })
                }
            }

            impl<'de $(, $parameter: Deserialize<'de>)?> Deserialize<'de> for $name $(<$parameter>)? {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    deserializer.deserialize_map(RowVisitor(PhantomData))
                }
            }

            impl $(<$parameter: Serialize>)? Serialize for $name $(<$parameter>)? {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    let mut map = serializer.serialize_map(None)?;
                    $($crate::wire_struct::write_entry!(
                        map, wire_name!($required $($required_wire)?), &self.$required,
                        $required_type $(<$($required_argument),+>)?
                    );)*
                    $(if let Some(value) = &self.$optional {
                        $crate::wire_struct::write_entry!(
                            map, wire_name!($optional $($optional_wire)?), value,
                            $optional_type $(<$($optional_argument),+>)?
                        );
                    })*
                    $(if let Some(value) = &self.$list {
                        map.serialize_entry(wire_name!($list $($list_wire)?), value)?;
                    })*
                    // A key put into `extra` by hand must not repeat a field's name: no document has a key twice.
                    for (name, value) in self.extra.iter().filter(|(name, _)| !NAMES.contains(&name.as_str())) {
                        map.serialize_entry(name, value)?;
                    }
                    map.end()
                }
            }
        };
    };
}

/// The type of an argument: integers as they are, so that a literal infers; anything else through `Into`.
macro_rules! argument {
    (u64) => { u64 };
    ($type:ident $(<$($argument:ident),+>)?) => { impl Into<$type $(<$($argument),+>)?> };
}

/// The chainable setter of an optional field.
macro_rules! setter {
    ($setter:ident $field:ident $($type:tt)+) => {
        #[doc = concat!("Sets [`", stringify!($field), "`](Self#structfield.", stringify!($field), ").")]
        #[must_use]
        pub fn $setter(mut self, $field: $crate::wire_struct::argument!($($type)+)) -> Self {
            self.$field = Some($field.into());
            self
        }
    };
}

/// The name on the wire: the given one, else the field's.
macro_rules! wire_name {
    ($field:ident $wire:literal) => {
        $wire
    };
    ($field:ident) => {
        stringify!($field)
    };
}

/// Decodes the value of a required field.
macro_rules! next_required {
    ($map:ident, DateTime<Utc>) => { $map.next_value::<$crate::timestamp::RowTimestamp>().map(|timestamp| timestamp.0) };
    ($map:ident, Vec<$item:ident>) => { $map.next_value::<$crate::place::Listed<$item>>().map(|list| list.0) };
    ($map:ident, $($type:tt)+) => { $map.next_value::<$($type)+>() };
}

/// Decodes the value of an optional field; `null` is unset.
macro_rules! next_optional {
    ($map:ident, DateTime<Utc>) => {
        $map.next_value::<Option<$crate::timestamp::RowTimestamp>>()
            .map(|value| value.map(|timestamp| timestamp.0))
    };
    ($map:ident, $($type:tt)+) => { $map.next_value::<Option<$($type)+>>() };
}

/// Writes one field.
macro_rules! write_entry {
    ($map:ident, $name:expr, $value:expr, DateTime<Utc>) => {
        $map.serialize_entry($name, &$crate::timestamp::RowTimestamp(*$value))?
    };
    ($map:ident, $name:expr, $value:expr, $($type:tt)+) => {
        $map.serialize_entry($name, $value)?
    };
}

pub(crate) use {argument, next_optional, next_required, setter, wire_name, wire_struct, write_entry};
