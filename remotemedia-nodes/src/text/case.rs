//! Title case, as Python's `str.title` does it.

/// The text with each run of letters that have case beginning in title case and going on in lower case.
pub(super) fn title(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut titled = String::with_capacity(text.len());
    let mut in_word = false;
    for (index, &letter) in letters.iter().enumerate() {
        match (in_word, letter) {
            (true, 'Σ') => titled.push(if ends_word(&letters, index) { 'ς' } else { 'σ' }),
            (true, _) => titled.extend(letter.to_lowercase()),
            (false, _) => push_title(letter, &mut titled),
        }
        in_word = is_cased(letter);
    }
    titled
}

/// Whether the sigma at `index` takes its final form: a letter before it, none after it, marks left out.
fn ends_word(letters: &[char], index: usize) -> bool {
    let cased = |letter: Option<&char>| letter.is_some_and(|&letter| is_cased(letter));
    let before = letters[..index].iter().rfind(|&&letter| !is_ignorable(letter));
    let after = letters[index + 1..].iter().find(|&&letter| !is_ignorable(letter));
    cased(before) && !cased(after)
}

/// Letters that stand within a word without being part of its case, of those that are met in practice.
fn is_ignorable(letter: char) -> bool {
    matches!(
        letter,
        '\'' | '.' | ':' | '^' | '`' | '\u{ad}' | '\u{b7}' | '\u{2018}' | '\u{2019}' | '\u{300}'..='\u{36f}'
    )
}

fn is_cased(letter: char) -> bool {
    letter.is_lowercase() || letter.is_uppercase() || is_titlecase(letter)
}

/// Letters that are written as a capital and a small letter in one.
fn is_titlecase(letter: char) -> bool {
    matches!(letter, 'ǅ' | 'ǈ' | 'ǋ' | 'ǲ' | 'ᾈ'..='ᾏ' | 'ᾘ'..='ᾟ' | 'ᾨ'..='ᾯ' | 'ᾼ' | 'ῌ' | 'ῼ')
}

fn push_title(letter: char, titled: &mut String) {
    match letter {
        'Ǆ' | 'ǅ' | 'ǆ' => titled.push('ǅ'),
        'Ǉ' | 'ǈ' | 'ǉ' => titled.push('ǈ'),
        'Ǌ' | 'ǋ' | 'ǌ' => titled.push('ǋ'),
        'Ǳ' | 'ǲ' | 'ǳ' => titled.push('ǲ'),
        'ŉ' => titled.push_str("ʼN"),
        // Georgian has capitals for whole words alone.
        'ა'..='ჺ' | 'ჽ'..='ჿ' => titled.push(letter),
        'ᾀ'..='ᾇ' | 'ᾐ'..='ᾗ' | 'ᾠ'..='ᾧ' => titled.extend(char::from_u32(u32::from(letter) + 8)),
        'ᾳ' | 'ῃ' | 'ῳ' => titled.extend(char::from_u32(u32::from(letter) + 9)),
        _ if is_titlecase(letter) => titled.push(letter),
        _ => {
            let mut upper = letter.to_uppercase();
            titled.extend(upper.next());
            // A capital iota that comes after another letter was a mark below it, and stays one.
            let rest = |part: char| if part == 'Ι' { '\u{345}' } else { part };
            titled.extend(upper.map(rest).flat_map(char::to_lowercase));
        }
    }
}
