//! Where a person was, by IP address.

use crate::wire_struct::wire_struct;

wire_struct! {
    /// Where the person of a conversation was, by IP address (wire: 1.8).
    #[derive(Default)]
    pub struct GeoLocation {
        required {}
        optional {
            /// The address that was looked up.
            ip_address (with_ip_address): String,
            /// The city.
            city (with_city): String,
            /// The country's code or name, as the service spells it.
            country (with_country): String,
            /// The IANA name of the time zone, such as `Europe/Berlin`.
            timezone_name (with_timezone_name): String,
        }
        lists {}
    }
}
