//! The archive as a whole: intake, spool, database and answers.
