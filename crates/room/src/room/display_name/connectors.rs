//! Connectors: characters without a glyph that change the glyphs of their neighbours, such as the zero-width joiner.

use unicode_normalization::char::canonical_combining_class;
use unicode_properties::UnicodeEmoji;

const ZERO_WIDTH_NON_JOINER: char = '\u{200c}';
const ZERO_WIDTH_JOINER: char = '\u{200d}';
const TEXT_PRESENTATION: char = '\u{fe0e}';
const EMOJI_PRESENTATION: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';
const BLACK_FLAG: char = '🏴';
/// What follows the black flag in the flags of England, Scotland and Wales, the only such flags that Unicode recommends.
const FLAG_TAGS: [&str; 3] = [
    "\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    "\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}",
];
/// Canonical combining class of viramas, which suppress the vowel of an Indic consonant.
const VIRAMA: u8 = 9;

pub(super) const fn is_connector(c: char) -> bool {
    matches!(
        c,
        ZERO_WIDTH_NON_JOINER | ZERO_WIDTH_JOINER | TEXT_PRESENTATION | EMOJI_PRESENTATION | '\u{e0020}'..='\u{e007f}'
    )
}

/// Removes the connectors that do not change the glyphs of their neighbours.
pub(super) fn without_stray_connectors(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if !is_connector(c) || is_effective(c, kept.chars().next_back(), rest.clone().next()) {
            kept.push(c);
        }
        if c == BLACK_FLAG
            && let Some(tags) = FLAG_TAGS.iter().find(|tags| rest.as_str().starts_with(**tags))
        {
            kept.push_str(tags);
            rest = rest.as_str()[tags.len()..].chars();
        }
    }
    kept
}

/// Whether a connector changes the glyphs of its neighbours.
fn is_effective(c: char, before: Option<char>, after: Option<char>) -> bool {
    let Some(before) = before else { return false };
    // After a virama, each of the two joiners (U+200C and U+200D) has an effect: see RFC 5892, appendices A.1 and A.2.
    let follows_virama = canonical_combining_class(before) == VIRAMA;
    match c {
        ZERO_WIDTH_JOINER => follows_virama || (ends_emoji(before) && after.is_some_and(is_pictograph)),
        // Between Arabic letters, it selects unconnected forms, for example in Persian compounds.
        ZERO_WIDTH_NON_JOINER => follows_virama || (is_arabic_letter(before) && after.is_some_and(is_arabic_letter)),
        TEXT_PRESENTATION => is_pictograph(before),
        EMOJI_PRESENTATION => is_pictograph(before) || (before.is_emoji_char() && after == Some(KEYCAP)),
        _ => false,
    }
}

/// Whether a character is an emoji by itself. Digits, regional indicators and skin tones are not.
fn is_pictograph(c: char) -> bool {
    c.is_emoji_char() && !c.is_emoji_component()
}

/// Whether an emoji can end with a character: a pictograph, a skin tone, or the selector of the emoji presentation.
fn ends_emoji(c: char) -> bool {
    is_pictograph(c) || matches!(c, '\u{1f3fb}'..='\u{1f3ff}' | EMOJI_PRESENTATION)
}

const fn is_arabic_letter(c: char) -> bool {
    matches!(
        c,
        '\u{620}'..='\u{63f}' | '\u{641}'..='\u{64a}' | '\u{66e}' | '\u{66f}' | '\u{671}'..='\u{6d3}' | '\u{750}'..='\u{77f}'
    )
}
