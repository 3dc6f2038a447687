//! Bans from the server: by address (D-lines) and by mask (K-lines).

/// What both kinds of ban say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BanInfo {
    /// The operator who set it.
    pub by: Box<str>,
    /// What the banned are told.
    pub reason: Box<str>,
    /// What only operators see.
    pub oper_reason: Box<str>,
    /// Whether logging in lifts it.
    pub require_sasl: bool,
    /// When it was set, milliseconds since 1970.
    pub at_ms: u64,
    /// For how long; `None` for good.
    pub duration_ms: Option<u64>,
}

impl BanInfo {
    /// Whether it still holds.
    pub fn holds(&self, wall_ms: u64) -> bool {
        self.duration_ms.is_none_or(|duration_ms| wall_ms < self.at_ms.saturating_add(duration_ms))
    }
}
