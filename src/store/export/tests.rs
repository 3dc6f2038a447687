//! Exports as text: written and read back, and rejected files.

use super::*;

fn example() -> Export {
    let record = |key: &str, value: &str| (key.to_owned(), value.as_bytes().to_vec());
    Export {
        schema: 1,
        cloak_secret: "s3cret".into(),
        records: vec![
            record("account/alice", r#"{"name":"Alice","at":18446744073709551615,"x":1.50}"#),
            record("channel/#tèst\"", r#"{"topic":"line\nbreak \u0007"}"#),
            record("mark/1", "null"),
        ],
    }
}

fn text(export: &Export) -> String {
    let mut out = Vec::new();
    export.write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn problems(text: &str) -> Vec<String> {
    Export::read(text.as_bytes()).unwrap_err()
}

#[test]
fn an_export_is_json_lines_and_is_read_back_byte_for_byte() {
    let text = text(&example());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], r#"{"key":"meta/export","value":{"schema":1,"lines":4}}"#);
    assert_eq!(lines[1], r#"{"key":"meta/cloak-secret","value":"s3cret"}"#);
    assert_eq!(
        lines[2],
        r#"{"key":"account/alice","value":{"name":"Alice","at":18446744073709551615,"x":1.50}}"#
    );
    assert_eq!(lines.len(), 5);
    assert_eq!(Export::read(text.as_bytes()).unwrap(), example());
}

#[test]
fn a_value_of_several_lines_is_written_on_one() {
    let mut export = example();
    export.records = vec![("a".into(), b"{\n  \"b\": 1\r\n}".to_vec())];
    let text = text(&export);
    assert_eq!(text.lines().count(), 3);
    Export::read(text.as_bytes()).unwrap();
}

#[test]
fn a_value_that_is_not_json_is_an_error_with_its_key() {
    for value in [&b"{"[..], b"\xff", b"", b"1 2"] {
        let mut export = example();
        export.records = vec![("account/bob".into(), value.to_vec())];
        let error = export.write(&mut Vec::new()).unwrap_err().to_string();
        assert!(error.starts_with("record account/bob: "), "{error}");
    }
}

#[test]
fn every_problem_is_reported_with_its_line() {
    let mut lines: Vec<String> = text(&example()).lines().map(str::to_owned).collect();
    lines[2] = r#"{"key":"account/alice","value":{}"#.into();
    lines[3] = r#"{"key":"mark/1","value":1}"#.into();
    lines.push(r#"{"key":"meta/other","value":1}"#.into());
    lines.push(r#"{"key":"a","value":1,"more":2}"#.into());
    let found = problems(&lines.join("\n"));
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found[0].starts_with("line 3: EOF while parsing"), "{found:?}");
    assert_eq!(found[1], "line 5: duplicate key mark/1");
    assert_eq!(found[2], "line 6: expected the key of a record, found \"meta/other\"");
    assert!(found[3].starts_with("line 7: unknown field `more`"), "{found:?}");
}

#[test]
fn a_file_that_is_truncated_anywhere_is_rejected() {
    let text = text(&example());
    let whole = text.len() - 1;
    for end in (0..whole).filter(|end| text.is_char_boundary(*end)) {
        assert!(!problems(&text[..end]).is_empty(), "cut at {end}");
    }
    assert_eq!(Export::read(&text.as_bytes()[..whole]).unwrap(), example());
}

#[test]
fn another_file_is_rejected_at_its_first_line() {
    let found = problems("hello\nworld\n");
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("line 1: not an export of ircd: "), "{found:?}");
    assert_eq!(
        problems("{\"key\":\"a\",\"value\":1}\n"),
        ["line 1: not an export of ircd: expected the key meta/export"]
    );
    assert_eq!(problems(""), ["line 1: the file is empty"]);
}
