//! The border of the engine: everything that can happen to it, and everything that it can ask the outside to
//! do.

pub mod call;
pub mod effect;
pub mod event;
pub mod job;

pub use call::{
    AccountEdits, AccountInfo, Call, CallAnswer, CallId, CallRefused, CallResult, ChannelInfo, LoginProof,
    MembershipInfo, Page, ServerStatus, UserInfo,
};
pub use effect::{Effect, Effects, Level, LoginOutcome, Note, Span, Write};
pub use event::{CloseReason, Door, Event, Line, Now, Texts, Ticket};
pub use job::{
    HashJob, IpRefusal, IpVerdict, Job, JobAnswer, LoginVerdict, Mail, MailRoute, NetworkJob, Script,
    ScriptCall,
};
