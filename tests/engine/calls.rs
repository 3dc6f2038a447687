//! Random calls of programs, for the simulation.

use ircd::auth::Secret;
use ircd::engine::{AccountEdits, Call, LoginProof};

use crate::simulation::{NAMES, Random};

/// Returns a random call.
pub fn random_call(random: &mut Random) -> Call {
    let account = random.one(&NAMES).to_owned();
    let passphrase = Secret::from(random.one(&["passphrase", "other", ""]));
    match random.below(9) {
        0 => Call::ListChannels { from: 0 },
        1 => Call::FindUser { nick: account },
        2 => Call::CheckLogin { account, proof: LoginProof::Passphrase(passphrase) },
        3 => Call::FindAccount { account },
        4 => Call::ListAccounts { after: account },
        5 => Call::CreateAccount { account, passphrase },
        6 => Call::SetPassphrase { account, passphrase },
        7 => Call::Defcon { level: [None, Some(5)][random.below(2)] },
        _ => {
            let always_on = Some([None, Some(false), Some(true)][random.below(3)]);
            let changes = AccountEdits { always_on, ..AccountEdits::default() };
            Call::ChangeAccount { account, changes }
        }
    }
}
