//! Where in the text things stand, from the events of `saphyr-parser`.
//!
//! It says nothing of values: those are `serde_yaml`'s. Both keep document order, so the two can be
//! walked side by side.

use saphyr_parser::{Event, Parser, ScalarStyle};

/// The place of a value, with those of its parts in document order.
#[derive(Debug, Default)]
pub(in crate::config) struct Mark {
    /// Line of a key if the value has one, else of the value; from 1.
    pub(in crate::config) line: usize,
    /// How a scalar without quotes was written.
    pub(in crate::config) plain: Option<String>,
    /// The items of a list, the values of a mapping.
    pub(in crate::config) parts: Vec<Mark>,
}

/// The places in the first document of the text; `None` when its parser disagrees with `serde_yaml`
/// about whether the text is YAML.
pub(in crate::config) fn marks(text: &str) -> Option<Mark> {
    let mut parser = Parser::new_from_str(text);
    loop {
        match parser.next_event()?.ok()? {
            (Event::DocumentStart(_), _) => break,
            (Event::StreamEnd, _) => return None,
            _ => {}
        }
    }
    let first = parser.next_event()?.ok()?;
    mark(first.0, first.1.start.line(), &mut parser)
}

/// Recursion is bounded by `serde_yaml`, which reads the text before and allows 128 levels.
fn mark<'i, I: saphyr_parser::Input>(
    event: Event<'i>,
    line: usize,
    parser: &mut Parser<'i, I>,
) -> Option<Mark> {
    let mut mark = Mark { line, ..Mark::default() };
    match event {
        Event::Scalar(text, ScalarStyle::Plain, ..) => mark.plain = Some(text.into_owned()),
        Event::SequenceStart(..) => loop {
            match parser.next_event()?.ok()? {
                (Event::SequenceEnd, _) => break,
                (item, span) => mark.parts.push(self::mark(item, span.start.line(), parser)?),
            }
        },
        Event::MappingStart(..) => loop {
            match parser.next_event()?.ok()? {
                (Event::MappingEnd, _) => break,
                (key, span) => {
                    let key_line = span.start.line();
                    self::mark(key, key_line, parser)?;
                    let (value, _) = parser.next_event()?.ok()?;
                    mark.parts.push(self::mark(value, key_line, parser)?);
                }
            }
        },
        _ => {}
    }
    Some(mark)
}
