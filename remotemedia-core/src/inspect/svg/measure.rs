//! How wide a text is, about, in a common sans-serif face.

/// The width of `text` in a face of `size` pixels.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(relative_width).sum::<f64>() * size
}

/// `text`, cut and closed with an ellipsis where it is wider than `most`.
pub(super) fn fit(text: &str, size: f64, most: f64) -> String {
    if width(text, size) <= most {
        return text.to_owned();
    }
    let mut room = most - width("…", size);
    let kept = text.chars().take_while(|c| {
        room -= relative_width(*c) * size;
        room >= 0.0
    });
    kept.chain(['…']).collect()
}

fn relative_width(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '\'' | '|' => 0.26,
        'f' | 't' | 'r' | ' ' | '.' | ',' | ':' | ';' | '!' | '/' | '(' | ')' | '[' | ']' | 'I' => 0.33,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 0.9,
        'A'..='Z' | '_' | '>' | '<' | '→' | '~' | '+' | '=' | '&' => 0.68,
        c if u32::from(c) >= 0x1100 => 1.0,
        _ => 0.57,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_to_the_room_there_is() {
        assert_eq!(fit("short", 12.0, 100.0), "short");
        let cut = fit(&"long".repeat(20), 12.0, 100.0);
        assert!(cut.ends_with('…') && width(&cut, 12.0) <= 100.0, "{cut}");
        assert_eq!(fit("x", 12.0, 0.0), "…");
    }
}
