//! The kinds of continuations, with the numbers under which they are stored: a row for each implementor of
//! [`Resume`], [`LongAnswer`] and [`ResumeCall`].

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::engine::account::register::{self, Responder};
use crate::engine::context::waiting::{
    AsLongAnswer, AsResume, AsResumeCall, LongAnswer, Resume, ResumeCall, Stored,
};
use crate::engine::service::{chanserv, histserv, nickserv};
use crate::engine::session::registration;
use crate::engine::{announce, api, command, door, history};
use crate::state::codec::{Malformed, put, take};

/// Makes the implementors of a trait storable. A number must never be reused for another kind.
macro_rules! kinds {
    ($trait:ident, $as:ident: $($number:literal => $kind:path),* $(,)?) => {
        $(
            impl Stored<$as> for $kind {
                fn put(&self, out: &mut Vec<u8>) {
                    out.push($number);
                    put(out, self);
                }
            }
        )*

        impl Serialize for dyn $trait {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut bytes = Vec::new();
                self.put(&mut bytes);
                serializer.serialize_bytes(&bytes)
            }
        }

        impl<'de> Deserialize<'de> for Box<dyn $trait> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Box<dyn $trait>, D::Error> {
                fn read(mut bytes: &[u8]) -> Result<Box<dyn $trait>, Malformed> {
                    match take(&mut bytes)? {
                        $($number => Ok(Box::new(take::<$kind>(&mut bytes)?)),)*
                        kind => Err(Malformed(format!("{} of kind {kind}", stringify!($trait)))),
                    }
                }
                read(Deserialize::deserialize(deserializer)?).map_err(D::Error::custom)
            }
        }
    };
}

kinds! { Resume, AsResume:
    1_u8 => registration::ServerPasswordCompared,
    2 => door::lookups::Lookup,
    3 => command::authenticate::SaslPassphraseChecked,
    4 => command::authenticate::CertificateChecked,
    5 => command::user::PassPassphraseChecked,
    6 => command::webirc::WebircClaim,
    7 => command::oper::PasswordCompared,
    8 => command::rehash::Reloaded,
    9 => history::targets::Wanted,
    10 => history::reading::Pages,
    11 => history::redaction::Redaction,
    12 => register::PassphraseHashed,
    13 => register::RegistrationCodeMailed,
    14 => nickserv::identify::IdentifyPassphraseChecked,
    15 => nickserv::identify::CertificateJudged,
    16 => nickserv::email::EmailPassphraseChecked,
    17 => nickserv::email::EmailCodeMailed,
    18 => nickserv::password::OldPassphraseCompared,
    19 => nickserv::password::NewPassphraseHashed,
    20 => nickserv::password::ResetMailed,
    21 => histserv::export::Exported,
}

kinds! { LongAnswer, AsLongAnswer:
    1_u8 => command::list::ListCursor,
    2 => announce::names::NamesCursor,
    3 => command::who::WhoCursor,
    4 => history::reading::Pages,
    5 => chanserv::list::ChannelsCursor,
    6 => histserv::forget::ForgetCursor,
    7 => nickserv::info::AccountsCursor,
}

kinds! { ResumeCall, AsResumeCall:
    1_u8 => api::Reloaded,
    2 => api::LoginChecked,
    3 => api::PassphraseHashed,
}

/// The commands that register accounts, by the name of [`Responder`].
const RESPONDERS: [Responder; 3] =
    [command::register::RESPONDER, nickserv::register::RESPONDER, nickserv::register::OTHER_RESPONDER];

impl<'de> Deserialize<'de> for Responder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Responder, D::Error> {
        let name = <&str>::deserialize(deserializer)?;
        let known = RESPONDERS.into_iter().find(|responder| responder.name == name);
        known.ok_or_else(|| D::Error::custom("unknown command that registers accounts"))
    }
}
