//! The message of the day: splits the text of its file into lines and turns escapes such as `$b` into
//! formatting.

/// Color names of `$c[...]`, in the order of their mIRC numbers.
const COLORS: [&str; 16] = [
    "white",
    "black",
    "blue",
    "green",
    "red",
    "brown",
    "magenta",
    "orange",
    "yellow",
    "light green",
    "cyan",
    "light cyan",
    "light blue",
    "pink",
    "grey",
    "light grey",
];

/// Length of the longest line that fits into 372 with any names, in bytes.
const LINE_BYTES_MAX: usize = 400;

/// Splits the text into lines for 372.
pub fn lines(text: &str, formatted: bool) -> Vec<String> {
    let line = |raw: &str| {
        let raw = raw.trim_end_matches('\r').replace('\0', "");
        let shown = if formatted { format_escapes(&raw) } else { raw };
        crate::text::truncate(&shown, LINE_BYTES_MAX).to_owned()
    };
    text.strip_suffix('\n').unwrap_or(text).split('\n').map(line).collect()
}

/// Replaces escapes: `$b` bold, `$i` italic, `$u` underline, `$s` strikethrough, `$m` monospace, `$v`
/// reverse, `$r` reset, `$c[fg]` and `$c[fg,bg]` a color by name or number, any other `$c` the code alone
/// (before digits of the text, or to end a color), `$$` a dollar sign. Anything else is left unchanged.
fn format_escapes(raw: &str) -> String {
    let mut shown = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('$') {
        shown.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(escape) = rest.chars().next() else {
            shown.push('$');
            break;
        };
        let code = match escape {
            '$' => Some('$'),
            'b' => Some('\x02'),
            'i' => Some('\x1d'),
            'u' => Some('\x1f'),
            's' => Some('\x1e'),
            'm' => Some('\x11'),
            'v' => Some('\x16'),
            'r' => Some('\x0f'),
            'c' if !rest.starts_with("c[") => Some('\x03'),
            _ => None,
        };
        if let Some(code) = code {
            shown.push(code);
            rest = &rest[1..];
        } else if let Some((colors, after)) = color(rest) {
            shown.push_str(&colors);
            rest = after;
        } else {
            shown.push('$');
        }
    }
    shown.push_str(rest);
    shown
}

/// Reads `c[fg,bg]` and returns the control code and the rest of the text.
fn color(rest: &str) -> Option<(String, &str)> {
    let (names, after) = rest.strip_prefix("c[")?.split_once(']')?;
    let numbers: Option<Vec<String>> = names.split(',').map(color_number).collect();
    let numbers = numbers.filter(|numbers| numbers.len() <= 2)?;
    Some((format!("\x03{}", numbers.join(",")), after))
}

fn color_number(name: &str) -> Option<String> {
    let name = name.trim();
    if name == "default" {
        return Some("99".to_owned());
    }
    if let Some(number) = COLORS.iter().position(|&color| color == name) {
        return Some(format!("{number:02}"));
    }
    name.parse().ok().filter(|&number: &u8| number <= 99).map(|number| format!("{number:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_become_formatting() {
        let shown = format_escapes("$bBold$b $c[red,blue]x$r $c[12]y $$5 $q $c[nope] $");
        assert_eq!(shown, "\x02Bold\x02 \x0304,02x\x0f \x0312y $5 $q $c[nope] $");
        assert_eq!(format_escapes("$c1,8 two$c $c[default]x $vy"), "\x031,8 two\x03 \x0399x \x16y");
        assert_eq!(lines("a\r\n$bb\n", false), ["a", "$bb"]);
    }
}
