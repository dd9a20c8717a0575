//! Sanitizes player names for display. Depends on Unicode data only.

mod connectors;

use tickcast_protocol::PlayerName;
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use unicode_segmentation::UnicodeSegmentation;

use connectors::{is_connector, without_stray_connectors};

/// Maximum length of a name in grapheme clusters (user-perceived characters), so that it fits into a leaderboard.
const GRAPHEMES_MAX: usize = 16;
/// Maximum number of combining marks per base character: enough for living scripts, too few to overlap adjacent lines.
const MARKS_MAX: u32 = 2;

/// Sanitizes a name: Unicode normalization form C, at most 16 grapheme clusters and [`PlayerName::BYTES_MAX`] bytes, single
/// spaces, no bidirectional formatting, no stacks of combining marks, no invisible characters except connectors that have an
/// effect. `None` if nothing visible is left.
///
/// Emoji of several characters are kept or removed as a whole: joined emoji, skin tones, flags and keycaps.
#[must_use]
pub(super) fn sanitize(raw: &str) -> Option<PlayerName> {
    let visible: String = raw.chars().filter(|c| c.is_whitespace() || is_visible(*c) || is_connector(*c)).collect();
    let mut name = limited(&visible);
    // The removal of a character can make another character removable, so the loop repeats until it removes none. It ends,
    // because each repetition removes at least one character.
    loop {
        let shorter = limited(&name);
        if shorter == name {
            break;
        }
        name = shorter;
    }
    if name.is_empty() { None } else { name.try_into().ok() }
}

/// Removes what exceeds a limit or has no effect, and normalizes the rest.
fn limited(text: &str) -> String {
    let mut marks = Marks::default();
    let normalized = without_stray_connectors(text).nfc().filter(|c| marks.allow(*c)).collect::<String>();
    let words: Vec<&str> = normalized.split_whitespace().collect();
    truncated(&words.join(" "), GRAPHEMES_MAX, PlayerName::BYTES_MAX).trim_end().to_owned()
}

/// The leading grapheme clusters that fit both limits.
pub(super) fn truncated(text: &str, graphemes_max: usize, bytes_max: usize) -> &str {
    let mut ends = text.grapheme_indices(true).take(graphemes_max).map(|(start, grapheme)| start + grapheme.len());
    let mut end = 0;
    while let Some(next) = ends.next().filter(|next| *next <= bytes_max) {
        end = next;
    }
    &text[..end]
}

fn is_visible(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, Surrogate, Unassigned};
    let category = c.general_category();
    !matches!(category, Control | Format | LineSeparator | ParagraphSeparator | PrivateUse | Surrogate | Unassigned)
        && !is_blank(c)
}

/// Whether a character has no visible glyph although Unicode classifies it as a letter, symbol or mark. This includes
/// fillers and variation selectors.
const fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{16fe4}' | '\u{1d159}' | '\u{e0100}'..='\u{e01ef}'
    )
}

/// Limits the combining marks per base character.
#[derive(Default)]
struct Marks {
    /// Whether the marks follow a base character. False at the start of the name and after white space.
    has_base: bool,
    count: u32,
}

impl Marks {
    fn allow(&mut self, c: char) -> bool {
        if is_connector(c) {
            return true;
        }
        match c.general_category() {
            GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark => {
                self.count += 1;
                self.has_base && self.count <= MARKS_MAX
            }
            GeneralCategory::SpacingMark => self.has_base,
            _ => {
                *self = Self { has_base: !c.is_whitespace(), count: 0 };
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::is_nfc;

    use super::*;

    fn sanitized(raw: &str) -> Option<String> {
        sanitize(raw).map(String::from)
    }

    #[track_caller]
    fn check(raw: &str, expected: &str) {
        assert_eq!(sanitized(raw).as_deref(), Some(expected));
    }

    #[test]
    fn ordinary_names_are_unchanged() {
        for name in
            ["Ada", "Zoë", "Łukasz 7", "ज़िंदगी", "李小龙", "مريم", "שלום", "สมชาย", "x_X<b>&", "❤️ Bo 🚀", "🇳🇱 Jan", "1️⃣"]
        {
            check(name, name);
        }
    }

    #[test]
    fn names_are_normalized_to_form_c() {
        check("Zoe\u{308}", "Zoë");
        check("e\u{200d}\u{301}", "é");
        check("\u{212b}", "Å");
    }

    #[test]
    fn white_space_is_collapsed_and_trimmed() {
        check(" \t Ada \u{3000}\n Love\u{a0}lace\r\n", "Ada Love lace");
    }

    #[test]
    fn bidirectional_formatting_is_removed() {
        check("\u{202e}evil\u{202c}", "evil");
        check("a\u{2066}b\u{2067}c\u{2068}d\u{2069}e\u{200e}f\u{200f}g\u{61c}h\u{202a}i\u{202b}j\u{202d}k", "abcdefghijk");
    }

    #[test]
    fn invisible_characters_are_removed() {
        check("A\u{200b}d\u{200c}a\u{feff}\u{ad}\u{2060}\u{3164}\u{0}\u{7f}\u{85}\u{e0041}\u{e0101}\u{fff9}", "Ada");
        check("A\u{e000}d\u{10fffd}a\u{378}\u{10ffff}", "Ada");
        check("line\u{2028}and\u{2029}paragraph", "line and paragra");
    }

    #[test]
    fn a_name_without_visible_characters_is_rejected() {
        for raw in ["", "  ", "\u{200b}\u{202e}", "\u{3164}\u{2800}", "\u{301}\u{302}", " \u{301} ", "\u{fe0f}", "\u{e000}"]
        {
            assert_eq!(sanitized(raw), None, "{raw:?}");
        }
    }

    #[test]
    fn combining_marks_are_limited() {
        let zalgo = format!("H{}i{}", "\u{321}\u{335}\u{322}\u{338}".repeat(10), "\u{35c}".repeat(40));
        check(&zalgo, "H\u{335}\u{338}i\u{35c}\u{35c}");
        check("\u{301}a \u{301}b", "a b");
    }

    #[test]
    fn names_are_truncated_to_sixteen_grapheme_clusters() {
        check("abcdefghijklmnopqrst", "abcdefghijklmnop");
        check("abcdefghijklmno pq", "abcdefghijklmno");
        check(&"👍🏽".repeat(20), &"👍🏽".repeat(8));
        check(&"🇳🇱".repeat(20), &"🇳🇱".repeat(8));
        check(&"é".repeat(20), &"é".repeat(16));
    }

    #[test]
    fn emoji_sequences_are_unchanged() {
        for emoji in [
            "👨\u{200d}👩\u{200d}👧",
            "👩🏽\u{200d}🚀",
            "🏳\u{fe0f}\u{200d}🌈",
            "❤\u{fe0f}\u{200d}🔥",
            "🧔🏿\u{200d}♂\u{fe0f}",
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            "🇳🇱",
            "#\u{fe0f}\u{20e3}",
            "☎\u{fe0e}",
        ] {
            check(emoji, emoji);
            check(&format!("Bo {emoji}"), &format!("Bo {emoji}"));
        }
    }

    #[test]
    fn emoji_sequences_are_truncated_as_a_whole() {
        let family = "👨\u{200d}👩\u{200d}👧\u{200d}👦";
        check(&format!("fifteen letters{}", family.repeat(2)), &format!("fifteen letters{family}"));
        check(&family.repeat(3), &family.repeat(2));
        assert_eq!(sanitized(&["👨"; 10].join("\u{200d}")), None, "a single emoji of 67 bytes");
    }

    #[test]
    fn joiners_that_scripts_need_are_unchanged() {
        for name in ["ක්\u{200d}රිෂ්", "क्\u{200d}ष", "می\u{200c}خواهم"] {
            check(name, name);
        }
    }

    #[test]
    fn connectors_without_an_effect_are_removed() {
        check("A\u{200d}d\u{200c}a\u{fe0f}", "Ada");
        check("\u{200d}👨\u{200d}", "👨");
        check("👨\u{200d}\u{200d}👩", "👨\u{200d}👩");
        check("👨\u{200d}a", "👨a");
        check("👨\u{fe0f}\u{fe0f}", "👨\u{fe0f}");
        check("1\u{fe0f}2", "12");
        check("🏴\u{e0067}\u{e007f}", "🏴");
        check("a\u{200d}\u{301}\u{302}\u{200d}\u{303}", "á\u{302}\u{303}");
        check("می\u{200c}", "می");
    }

    #[test]
    fn a_grapheme_cluster_longer_than_the_limit_is_rejected() {
        assert_eq!(sanitized(&"\u{1100}".repeat(50)), None);
    }

    /// Regular expression: arbitrary text, or text of characters that are often abused in names.
    const TRICKY: &str = concat!(
        "\\PC*|.{0,80}|[\u{0}-\u{ff}\u{300}-\u{36f}\u{200b}-\u{206f}🏽🇳👨\u{fe0f} ]{0,60}",
        "|[aक़\u{94d}\u{951}م1👨❤🏽🏴\u{200c}\u{200d}\u{fe0e}\u{fe0f}\u{20e3}\u{e0067}\u{e007f}\u{301} ]{0,40}"
    );

    proptest! {
        #[test]
        fn sanitizing_is_idempotent_and_respects_all_limits(raw in TRICKY) {
            if let Some(name) = sanitize(&raw) {
                prop_assert_eq!(sanitize(name.as_str()), Some(name.clone()));
                prop_assert!(is_nfc(name.as_str()));
                prop_assert!(name.as_str().graphemes(true).count() <= GRAPHEMES_MAX);
                prop_assert!(name.as_str().chars().all(|c| c == ' ' || is_visible(c) || is_connector(c)));
            }
        }
    }
}
