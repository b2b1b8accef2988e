//! Writes XML: escaped text and short numbers.

use std::fmt;

/// Text with everything escaped that has a meaning in XML, and characters that XML forbids replaced.
pub(super) struct Text<'a>(pub(super) &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' => f.write_str("\n")?,
                '\u{fffe}' | '\u{ffff}' => f.write_str("\u{fffd}")?,
                c if c.is_control() => f.write_str("\u{fffd}")?,
                c => write!(f, "{c}")?,
            }
        }
        Ok(())
    }
}

/// A number with at most one decimal.
#[derive(Clone, Copy)]
pub(super) struct Number(pub(super) f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Adding zero turns a negative zero into a positive one.
        write!(f, "{}", (self.0 * 10.0).round() / 10.0 + 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_text_does_not_become_markup() {
        let text = Text("<b onclick=\"x('1')\">&\u{0}\u{ffff}").to_string();
        assert_eq!(text, "&lt;b onclick=&quot;x(&#39;1&#39;)&quot;&gt;&amp;\u{fffd}\u{fffd}");
    }

    #[test]
    fn numbers_are_short() {
        let written = [1.0, 0.25, -0.04, 12.345].map(|number| Number(number).to_string());
        assert_eq!(written, ["1", "0.3", "0", "12.3"]);
    }
}
