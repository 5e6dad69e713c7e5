//! Which member of a JSON object goes into which slot, said beside the struct.

/// Says for a struct into which slot each member goes, and reads it from any format. `strict` records are
/// configuration; their `requires` have to be there.
macro_rules! record {
    ($type:ident $(<$life:lifetime>)? { $($members:tt)* }) => {
        $crate::read::record!(@record $type $($life)? { $($members)* } {});
    };
    (strict $type:ident $(<$life:lifetime>)? { $($members:tt)* } requires { $($name:literal => $field:ident,)* }) => {
        $crate::read::record!(@record $type $($life)? { $($members)* } {
            fn is_strict(&self) -> bool {
                true
            }

            fn missing(&self) -> Option<&'static str> {
                $(if $crate::read::Unset::is_unset(&self.$field) {
                    return Some($name);
                })*
                None
            }
        });
    };
    (@record $type:ident $($life:lifetime)? { $($name:literal => $slot:ident($field:ident),)* } { $($more:tt)* }) => {
        impl<'de> $crate::read::Record<'de> for $crate::read::record!(@type $type $($life)?) {
            fn slot(&mut self, name: &str) -> Option<$crate::read::Slot<'_, 'de>> {
                Some(match name {
                    $($name => $crate::read::Slot::$slot(&mut self.$field),)*
                    _ => return None,
                })
            }

            $($more)*
        }

        $crate::read::record!(@deserialize $type $($life)?);
    };
    (@type $type:ident) => { $type };
    (@type $type:ident $life:lifetime) => { $type<'de> };
    (@deserialize $type:ident) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let mut record = Self::default();
                let slot = $crate::read::Slot::Record(&mut record);
                serde::de::DeserializeSeed::deserialize(slot, deserializer)?;
                Ok(record)
            }
        }
    };
    (@deserialize $type:ident $life:lifetime) => {
        impl<'de: $life, $life> serde::Deserialize<'de> for $type<$life> {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let mut record = $type::<'de>::default();
                let slot = $crate::read::Slot::Record(&mut record);
                serde::de::DeserializeSeed::deserialize(slot, deserializer)?;
                Ok(record)
            }
        }
    };
}
pub(crate) use record;
