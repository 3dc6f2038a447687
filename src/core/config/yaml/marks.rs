//! Finds the lines of a document's values, and their depth of nesting, from the events of `saphyr-parser`.
//!
//! The values themselves come from `serde_yaml`. Both keep document order, so they can be traversed in
//! parallel.

use saphyr_parser::{Event, Input, Parser, ScalarStyle};

/// The maximum depth of nesting; the configuration itself needs seven levels.
pub(super) const DEPTH_MAX: usize = 100;

/// The position of a value, with those of its parts in document order.
#[derive(Debug, Default)]
pub(super) struct Mark {
    /// Line of the key if the value has one, otherwise of the value; from 1.
    pub(super) line: usize,
    /// The text of a scalar without quotes.
    pub(super) plain: Option<String>,
    /// The items of a list or the values of a mapping.
    pub(super) parts: Vec<Mark>,
}

/// The result of a survey.
#[derive(Debug)]
pub(super) enum Survey {
    /// The positions of the first document, and the line on which a second one begins.
    Document(Mark, Option<usize>),
    /// The text contains no document.
    Empty,
    /// The text has more than [`DEPTH_MAX`] levels; with the line of the first value that is too deep.
    TooDeep(usize),
    /// This parser rejects the text. `serde_yaml` need not agree.
    Unreadable,
}

/// Reads the events of the first document.
///
/// Takes time proportional to the text, because it stops at [`DEPTH_MAX`]: each level costs the scanner
/// time on every token inside it.
pub(super) fn survey(text: &str) -> Survey {
    let mut parser = Parser::new_from_str(text);
    match document(&mut parser) {
        Ok(Some(mark)) => {
            let more = std::iter::from_fn(|| parser.next_event()?.ok()).find_map(|(event, span)| {
                matches!(event, Event::DocumentStart(_)).then(|| span.start.line())
            });
            Survey::Document(mark, more)
        }
        Ok(None) => Survey::Empty,
        Err(Stop::TooDeep(line)) => Survey::TooDeep(line),
        Err(Stop::Unreadable) => Survey::Unreadable,
    }
}

/// Why reading stopped.
enum Stop {
    TooDeep(usize),
    Unreadable,
}

type Events<'i, I> = Parser<'i, I>;

/// Returns the next event with its line.
fn next<'i, I: Input>(parser: &mut Events<'i, I>) -> Result<(Event<'i>, usize), Stop> {
    match parser.next_event() {
        Some(Ok((event, span))) => Ok((event, span.start.line())),
        Some(Err(_)) | None => Err(Stop::Unreadable),
    }
}

fn document<I: Input>(parser: &mut Events<'_, I>) -> Result<Option<Mark>, Stop> {
    loop {
        match next(parser)?.0 {
            Event::DocumentStart(_) => break,
            Event::StreamEnd => return Ok(None),
            _ => {}
        }
    }
    let (event, line) = next(parser)?;
    mark(event, line, DEPTH_MAX, parser).map(Some)
}

fn mark<'i, I: Input>(
    event: Event<'i>,
    line: usize,
    depth_left: usize,
    parser: &mut Events<'i, I>,
) -> Result<Mark, Stop> {
    let mut mark = Mark { line, ..Mark::default() };
    let is_nested = matches!(event, Event::SequenceStart(..) | Event::MappingStart(..));
    let depth_left = match depth_left.checked_sub(usize::from(is_nested)) {
        Some(left) => left,
        None => return Err(Stop::TooDeep(line)),
    };
    match event {
        Event::Scalar(text, ScalarStyle::Plain, ..) => mark.plain = Some(text.into_owned()),
        Event::SequenceStart(..) => loop {
            match next(parser)? {
                (Event::SequenceEnd, _) => break,
                (item, line) => mark.parts.push(self::mark(item, line, depth_left, parser)?),
            }
        },
        Event::MappingStart(..) => loop {
            match next(parser)? {
                (Event::MappingEnd, _) => break,
                (key, key_line) => {
                    self::mark(key, key_line, depth_left, parser)?;
                    let (value, _) = next(parser)?;
                    mark.parts.push(self::mark(value, key_line, depth_left, parser)?);
                }
            }
        },
        _ => {}
    }
    Ok(mark)
}
